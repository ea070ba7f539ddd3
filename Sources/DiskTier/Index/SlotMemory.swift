internal import Glibc

/// The memory of one index table: zeroed slots, given back to the system as soon as the table has moved. From the heap
/// a table that grows step by step would leave a hole behind at each, and the holes cost as much as the records.
struct SlotMemory: ~Copyable {
    let slots: UnsafeMutableBufferPointer<IndexSlot>
    private let mapped: Int

    /// Traps when there is no memory, as an array would.
    init(count: Int) {
        let bytes = count * MemoryLayout<IndexSlot>.stride
        mapped = bytes
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { fatalError("no memory for the disk tier's index") }
        // New pages are zero, and a slot of zeros is an empty one.
        slots = UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: IndexSlot.self, capacity: count), count: count)
    }

    deinit { munmap(slots.baseAddress, mapped) }
}

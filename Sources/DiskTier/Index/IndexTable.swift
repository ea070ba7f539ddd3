/// An open-addressing table of slots: linear probing, deletion by shifting back, between half and four fifths full, so
/// that with 24-byte slots a record costs 30 to 48 bytes, over many tables of different sizes 37. Digests are the
/// output of a keyed hash and spread by themselves.
struct IndexTable: ~Copyable {
    private var memory: SlotMemory
    private(set) var count = 0
    private let smallest: Int

    /// - Parameter smallest: slots of the empty table; it grows by half each time. Tables that begin with different
    ///   ones grow at different counts, so that never all of them grow, or are at their emptiest, together.
    init(smallest: Int) {
        self.smallest = smallest
        memory = SlotMemory(count: smallest)
    }

    // Safe because the memory lives as long as the table, which is used under its shard's lock alone.
    private var slots: UnsafeMutableBufferPointer<IndexSlot> { memory.slots }

    /// Bytes held.
    var footprint: Int { slots.count * MemoryLayout<IndexSlot>.stride }

    /// The top bits chose the shard; the rest chooses the place.
    private func home(_ digest: UInt64) -> Int {
        Int((digest << DiskIndex.shardBits).multipliedFullWidth(by: UInt64(slots.count)).high)
    }

    private func next(_ at: Int) -> Int { at + 1 == slots.count ? 0 : at + 1 }

    private func find(_ digest: UInt64) -> (at: Int, found: Bool) {
        var at = home(digest)
        while slots[at].segment != 0 {
            if slots[at].digest == digest { return (at, true) }
            at = next(at)
        }
        return (at, false)
    }

    subscript(digest: UInt64) -> IndexSlot? {
        let (at, found) = find(digest)
        return found ? slots[at] : nil
    }

    /// Puts the slot in; gives back the one that it replaced.
    mutating func insert(_ slot: IndexSlot) -> IndexSlot? {
        let (at, found) = find(slot.digest)
        if found {
            defer { slots[at] = slot }
            return slots[at]
        }
        slots[at] = slot
        count += 1
        if count * 5 > slots.count * 4 { resize(slots.count + slots.count / 2) }
        return nil
    }

    mutating func remove(_ digest: UInt64) -> IndexSlot? {
        var (hole, found) = find(digest)
        guard found else { return nil }
        let removed = slots[hole]
        var at = next(hole)
        while slots[at].segment != 0 {
            let distance = wrapped(at - home(slots[at].digest))
            if distance >= wrapped(at - hole) {
                slots[hole] = slots[at]
                hole = at
            }
            at = next(at)
        }
        slots[hole] = .empty
        count -= 1
        if slots.count > smallest, count * 2 < slots.count { resize(max(smallest, slots.count * 2 / 3)) }
        return removed
    }

    /// Marks the record as hit if it still is where it was.
    mutating func markHit(_ digest: UInt64, at place: Place) {
        let (at, found) = find(digest)
        guard found, slots[at].place == place else { return }
        // In place it would be one line; Swift 6.3 makes code of it that its thread sanitizer can't read.
        var slot = slots[at]
        slot.wasHit = true
        slots[at] = slot
    }

    /// Looks at up to 1024 places, and takes up to `limit` slots from them.
    func page(from start: Int, limit: Int) -> (slots: [IndexSlot], next: Int?) {
        var found: [IndexSlot] = []
        var at = start
        let end = min(slots.count, start.addingReportingOverflow(1024).partialValue)
        while at < end, found.count < max(1, limit) {
            if slots[at].segment != 0 { found.append(slots[at]) }
            at += 1
        }
        return (found, at < slots.count ? at : nil)
    }

    func all(in segment: UInt32) -> [IndexSlot] { slots.filter { $0.segment == segment } }

    /// Every record, in the order of the digests but for those that wrapped around.
    func all() -> [IndexSlot] {
        var found: [IndexSlot] = []
        found.reserveCapacity(count)
        for slot in slots where slot.segment != 0 { found.append(slot) }
        return found
    }

    /// Makes room for so many records in an empty table, by the steps in which it would have grown.
    mutating func reserve(_ records: Int) {
        var capacity = slots.count
        while records * 5 > capacity * 4 { capacity += capacity / 2 }
        if count == 0, capacity > slots.count { memory = SlotMemory(count: capacity) }
    }

    private func wrapped(_ distance: Int) -> Int { distance < 0 ? distance + slots.count : distance }

    private mutating func resize(_ capacity: Int) {
        var old = SlotMemory(count: capacity)
        swap(&old, &memory)
        let slots = slots
        for slot in old.slots where slot.segment != 0 {
            var at = home(slot.digest)
            while slots[at].segment != 0 { at = next(at) }
            slots[at] = slot
        }
    }
}

/// Entries that left, in the exact order in which they left, found by fingerprint and bounded in bytes by whoever
/// keeps it.
struct GhostList: Sendable {
    private struct Node: LinkedNode {
        var links = SlotLinks()
        var fingerprint: UInt32 = 0
        var size: UInt32 = 0
    }

    private var nodes: [Node] = []
    private var free: [UInt32] = []
    private var queue = SlotQueue()
    private var table = FingerprintTable()
    /// The sum of the sizes.
    private(set) var bytes = 0

    var count: Int { queue.count }

    var footprint: Int {
        nodes.capacity * MemoryLayout<Node>.stride + free.capacity * MemoryLayout<UInt32>.stride + table.footprint
    }

    mutating func insert(_ fingerprint: UInt32, size: UInt32) {
        _ = remove(fingerprint)
        let slot = free.popLast() ?? UInt32(nodes.count)
        nodes.extend(to: Int(slot), filler: Node())
        nodes[Int(slot)] = Node(fingerprint: fingerprint, size: size)
        queue.push(slot, in: &nodes)
        table.insert(fingerprint, slot: slot)
        bytes += Int(size)
    }

    /// Forgets it. Returns whether it was there.
    mutating func remove(_ fingerprint: UInt32) -> Bool {
        guard let slot = table.slot(of: fingerprint) else { return false }
        forget(slot)
        return true
    }

    mutating func removeOldest() {
        if queue.oldest != SlotLinks.none { forget(queue.oldest) }
    }

    private mutating func forget(_ slot: UInt32) {
        table.remove(nodes[Int(slot)].fingerprint)
        bytes -= Int(nodes[Int(slot)].size)
        queue.unlink(slot, in: &nodes)
        free.append(slot)
    }

    func checkInvariants() -> [String] {
        let (slots, faults) = queue.walk(nodes)
        let sum = slots.reduce(0) { $0 + Int(nodes[Int($1)].size) }
        return faults + table.checkInvariants()
            + (sum == bytes ? [] : ["ghosts hold \(sum) bytes, \(bytes) are counted"])
            + (table.count == queue.count ? [] : ["\(table.count) ghosts are found, \(queue.count) are queued"])
            + (slots.contains { table.slot(of: nodes[Int($0)].fingerprint) != $0 } ? ["a ghost is lost"] : [])
    }
}

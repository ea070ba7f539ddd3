/// Least recently used: one queue in the order of use; the victim is what was not used for the longest time.
package struct LRU: EvictionPolicy {
    private var nodes: [SlotLinks] = []
    private var queue = SlotQueue()

    package init(capacity: Int) {}

    package var count: Int { queue.count }
    package var footprint: Int { nodes.capacity * MemoryLayout<SlotLinks>.stride }

    package mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        nodes.extend(to: Int(slot), filler: SlotLinks())
        queue.push(slot, in: &nodes)
    }

    package mutating func hit(_ slot: UInt32) {
        guard queue.newest != slot else { return }
        queue.unlink(slot, in: &nodes)
        queue.push(slot, in: &nodes)
    }

    package mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) { hit(slot) }

    package mutating func remove(_ slot: UInt32) { queue.unlink(slot, in: &nodes) }

    package mutating func evict() -> UInt32? {
        let victim = queue.oldest
        guard victim != SlotLinks.none else { return nil }
        queue.unlink(victim, in: &nodes)
        return victim
    }

    package func checkInvariants() -> [String] { queue.walk(nodes).faults }
}

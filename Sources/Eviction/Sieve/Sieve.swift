/// SIEVE (Zhang, Yang, Yue, Vigfusson and Rashmi, "SIEVE is simpler than LRU: an efficient turn-key eviction algorithm
/// for web caches", NSDI 2024): one queue in the order of arrival, and a hand that goes from its old end to its new one
/// over and over. It takes a mark from what was used and evicts what was not. A use only sets the mark.
///
/// The newcomer enters the queue with the call after its own, so that it does not fall to the hand that makes its room.
package struct Sieve: EvictionPolicy {
    private struct Node: LinkedNode {
        var links = SlotLinks()
        var wasUsed = false
    }

    private var nodes: [Node] = []
    private var queue = SlotQueue()
    private var newcomer = SlotLinks.none
    /// Where the next search begins; none: at the old end.
    private var hand = SlotLinks.none

    /// The most entries that one call of `evict` passes over: it can't hold its lock for long.
    package static let longestSearch = 4096

    package init(capacity: Int) {}

    package var count: Int { queue.count + (newcomer == SlotLinks.none ? 0 : 1) }
    package var footprint: Int { nodes.capacity * MemoryLayout<Node>.stride }

    package mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        nodes.extend(to: Int(slot), filler: Node())
        if newcomer != SlotLinks.none { queue.push(newcomer, in: &nodes) }
        nodes[Int(slot)] = Node()
        newcomer = slot
    }

    package mutating func hit(_ slot: UInt32) { nodes[Int(slot)].wasUsed = true }

    package mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) { hit(slot) }

    package mutating func remove(_ slot: UInt32) {
        if slot == newcomer {
            newcomer = SlotLinks.none
            return
        }
        if slot == hand { hand = nodes[Int(slot)].links.newer }
        queue.unlink(slot, in: &nodes)
    }

    package mutating func evict() -> UInt32? {
        guard queue.count > 0 else {
            defer { newcomer = SlotLinks.none }
            return newcomer == SlotLinks.none ? nil : newcomer
        }
        var victim = hand == SlotLinks.none ? queue.oldest : hand
        var passed = 0
        while nodes[Int(victim)].wasUsed, passed < Self.longestSearch {
            passed += 1
            nodes[Int(victim)].wasUsed = false
            victim = nodes[Int(victim)].links.newer
            if victim == SlotLinks.none { victim = queue.oldest }
        }
        hand = nodes[Int(victim)].links.newer
        queue.unlink(victim, in: &nodes)
        return victim
    }

    package func checkInvariants() -> [String] {
        let (slots, faults) = queue.walk(nodes)
        let handStands = hand == SlotLinks.none || slots.contains(hand)
        return faults + (handStands ? [] : ["the hand points at \(hand), which is not queued"])
            + (slots.contains(newcomer) ? ["the newcomer is queued"] : [])
    }
}

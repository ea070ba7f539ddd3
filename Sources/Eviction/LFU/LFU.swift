/// Least frequently used (the independent reference model's optimum: Aho, Denning and Ullman, "Principles of optimal
/// page replacement", Journal of the ACM 18, 1971): the victim is what was used least since it came, and of those the
/// one whose last use is longest ago. It forgets nothing of a resident and everything of who left.
package struct LFU: EvictionPolicy {
    /// | uses 24 | time of the last use 40 |      the order of victims
    private typealias Rank = UInt64

    private struct Order: Ranker {
        func rank(of rank: Rank) -> Rank { rank }
    }

    private var ranks: [Rank] = []
    private var heap = LazyHeap<Order>()
    private var clock: UInt64 = 0

    private static let oneUse: Rank = 1 << 40
    private static let clockMask: Rank = oneUse - 1
    private static let mostUses: Rank = (1 << 24 - 1) << 40

    package init(capacity: Int) {}

    package var count: Int { heap.count }
    package var footprint: Int { ranks.capacity * MemoryLayout<Rank>.stride + heap.footprint }

    /// 2^40 requests take days at the greatest speed there is; after them old times look new once.
    private mutating func tick() -> UInt64 {
        clock = (clock + 1) & Self.clockMask
        return clock
    }

    package mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        ranks.extend(to: Int(slot), filler: 0)
        heap.add(slot, ranks, by: Order())
        ranks[Int(slot)] = Self.oneUse | tick()
    }

    package mutating func hit(_ slot: UInt32) {
        let uses = ranks[Int(slot)] & ~Self.clockMask
        ranks[Int(slot)] = (uses < Self.mostUses ? uses + Self.oneUse : uses) | tick()
    }

    package mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) { hit(slot) }

    package mutating func remove(_ slot: UInt32) { heap.remove(slot) }

    package mutating func evict() -> UInt32? { heap.popLeast(ranks, by: Order())?.slot }

    package func checkInvariants() -> [String] { heap.checkInvariants(ranks, by: Order()) }
}

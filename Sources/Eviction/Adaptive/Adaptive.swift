/// The default (docs/decisions/0005, 0015 and 0017): GreedyDual-Size-Frequency with a price on bytes and a memory of the uses of who
/// left, and a tournament that puts another ranking in its place while that would do better.
///
/// A use costs what it costs in `RankedStore`; one of a sampled object is shown to the tournament's shadows. As long as
/// nothing had to go there is no tournament.
package struct Adaptive: EvictionPolicy {
    private var store = RankedStore(.balanced, hasGhosts: true)
    private var tournament: Tournament?
    private let capacity: Int

    package init(capacity: Int) { self.capacity = capacity }

    package var count: Int { store.count }
    package var footprint: Int { store.footprint + (tournament?.footprint ?? 0) }

    package mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        let fingerprint = GhostQueue.fingerprint(hash)
        store.insert(slot, fingerprint: fingerprint, size: size, cost: 1)
        if tournament?.samples(fingerprint, size: size) == true {
            store.track(slot, true)
            record(slot)
        }
    }

    package mutating func hit(_ slot: UInt32) {
        if store.hit(slot) { record(slot) }
    }

    package mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) {
        store.update(slot, size: size, cost: 1)
        let isTracked = tournament?.samples(store.nodes[Int(slot)].fingerprint, size: size) ?? false
        store.track(slot, isTracked)
        if isTracked { record(slot) }
    }

    package mutating func remove(_ slot: UInt32) { store.remove(slot) }

    package mutating func evict() -> UInt32? {
        if tournament?.suits(stored: store.count) != true { startTournament() }
        return store.evict()
    }

    @inline(never)
    private mutating func record(_ slot: UInt32) {
        let node = store.nodes[Int(slot)]
        if let leader = tournament?.record(node.fingerprint, size: node.size) { store.change(to: leader) }
    }

    /// Starts it, or another one with another sample under the same leader.
    @inline(never)
    private mutating func startTournament() {
        var tournament = Tournament(capacity: capacity, stored: store.count, leader: store.ranking)
        var sample: [UInt32] = []
        for slot in store.slots {
            let isIn = tournament.samples(store.nodes[Int(slot)].fingerprint, size: store.nodes[Int(slot)].size)
            store.track(slot, isIn)
            if isIn { sample.append(slot) }
        }
        // In the order of their last use, so that LRU's shadow begins as LRU would.
        for slot in sample.sorted(by: { store.nodes[Int($0)].base < store.nodes[Int($1)].base }) {
            tournament.seed(store.nodes[Int(slot)].fingerprint, size: store.nodes[Int(slot)].size)
        }
        self.tournament = tournament
    }

    package func checkInvariants() -> [String] { store.checkInvariants() + (tournament?.checkInvariants() ?? []) }
}

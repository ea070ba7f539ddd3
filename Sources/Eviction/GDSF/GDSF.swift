/// GreedyDual-Size with frequency (Cherkasova, "Improving WWW proxies performance with Greedy-Dual-Size-Frequency caching
/// policy", HP Laboratories HPL-98-69R1, 1998): uses × cost ÷ size, above a floor that rises with each victim. Best by
/// objects where sizes differ, and among the worst by bytes.
package struct GDSF: EvictionPolicy {
    private var store = RankedStore(.objects, hasGhosts: false)

    package init(capacity: Int) {}

    package var count: Int { store.count }
    package var footprint: Int { store.footprint }

    package mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        store.insert(slot, fingerprint: 0, size: size, cost: max(1, cost))
    }

    package mutating func hit(_ slot: UInt32) { _ = store.hit(slot) }

    package mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) {
        store.update(slot, size: size, cost: max(1, cost))
    }

    package mutating func remove(_ slot: UInt32) { store.remove(slot) }

    package mutating func evict() -> UInt32? { store.evict() }

    package func checkInvariants() -> [String] { store.checkInvariants() }
}

/// A cache that holds no bytes: it plays a sample of the requests through one ranking, to learn how that would do.
///
/// The sample is of keys, and larger objects are in it more often: with a chance of size ÷ `unit`, and from `unit` on
/// always. An object stands for as many of its size as make the chance up to one, so it takes `unit` bytes at least,
/// and the shadow has at most capacity ÷ `unit` entries. (Sampling keys by their hash: Waldspurger, Park, Garthwaite and
/// Ahmad, "Efficient MRC construction with SHARDS", FAST 2015; by size, so that the few large objects which carry the
/// bytes are all there: Duffield, Lund and Thorup, "Priority sampling for estimation of arbitrary subset sums",
/// Journal of the ACM 54, 2007.)
struct Shadow: Sendable {
    private var store: RankedStore
    private var table: SlotTable
    private var free: [UInt32] = []
    private var bytes = 0
    private let capacity: Int
    private let unit: Int

    init(_ ranking: Ranking, capacity: Int, unit: Int) {
        store = RankedStore(ranking, hasGhosts: ranking.remembers)
        self.capacity = capacity
        self.unit = unit
        // One more: he comes before another leaves.
        table = SlotTable(slots: capacity / unit + 1)
    }

    var ranking: Ranking { store.ranking }
    var footprint: Int { store.footprint + table.footprint + free.capacity * MemoryLayout<UInt32>.stride }

    /// Returns whether it was a hit; stores it if it was not.
    mutating func request(_ fingerprint: UInt32, size: UInt32) -> Bool {
        if let slot = table.slot(of: fingerprint, in: store.nodes) {
            _ = store.hit(slot)
            return true
        }
        let slot = free.popLast() ?? UInt32(store.nodes.count)
        store.insert(slot, fingerprint: fingerprint, size: size, cost: 1)
        table.insert(slot, in: store.nodes)
        bytes += weight(slot)
        while bytes > capacity, let victim = store.evict() {
            table.remove(victim, in: store.nodes)
            bytes -= weight(victim)
            free.append(victim)
        }
        return false
    }

    private func weight(_ slot: UInt32) -> Int { max(unit, Int(store.nodes[Int(slot)].size)) }

    func checkInvariants() -> [String] {
        let slots = store.slots
        let sum = slots.reduce(0) { $0 + weight($1) }
        return store.checkInvariants() + table.checkInvariants(store.nodes)
            + (sum == bytes && sum <= capacity ? [] : ["a shadow holds \(sum) bytes of \(capacity), counted \(bytes)"])
            + (table.count == slots.count ? [] : ["a shadow finds \(table.count) of \(slots.count) entries"])
    }
}

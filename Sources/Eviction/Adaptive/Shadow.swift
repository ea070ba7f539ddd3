/// A cache that holds no bytes: it plays a sample of the requests through one ranking, to learn how that would do.
struct Shadow: Sendable {
    private var store: RankedStore
    private var table: SlotTable
    private var free: [UInt32] = []
    private var bytes = 0
    private let sample: Sample

    init(_ ranking: Ranking, _ sample: Sample) {
        store = RankedStore(ranking, hasGhosts: ranking.remembers)
        self.sample = sample
        // One more: he comes before another leaves.
        table = SlotTable(slots: sample.most + 1)
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
        while bytes > sample.capacity || table.count > sample.most, let victim = store.evict() {
            table.remove(victim, in: store.nodes)
            bytes -= weight(victim)
            free.append(victim)
        }
        return false
    }

    private func weight(_ slot: UInt32) -> Int { sample.weight(ofSize: store.nodes[Int(slot)].size) }

    func checkInvariants() -> [String] {
        let slots = store.slots
        let sum = slots.reduce(0) { $0 + weight($1) }
        return store.checkInvariants() + table.checkInvariants(store.nodes)
            + (sum == bytes && sum <= sample.capacity
                ? [] : ["a shadow holds \(sum) bytes of \(sample.capacity), counted \(bytes)"])
            + (table.count == slots.count ? [] : ["a shadow finds \(table.count) of \(slots.count) entries"])
    }
}

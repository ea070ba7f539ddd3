/// W-TinyLFU from its papers' words: three lists, counters that are numbers, and a window that climbs.
struct ModelWTinyLFU: ModelPolicy {
    /// The oldest first.
    private var window: [ModelEntry] = []
    private var probation: [ModelEntry] = []
    private var protected: [ModelEntry] = []
    private var sketch = ModelSketch()
    private var windowShare: Int
    private var protectedShare: Int
    /// Of `probation`: who fell out of the window and has not been judged; who stands behind him has not either.
    private var candidate: UInt32?

    private var lastRatio = 0.0
    private var step: Double
    private let firstStep: Double
    private var sample: [Bool] = []

    init(capacity: Int) {
        windowShare = Int(Double(capacity) * 0.01)
        protectedShare = Int(Double(capacity - windowShare) * 0.8)
        firstStep = Double(capacity) / 16
        step = -firstStep
    }

    private var count: Int { window.count + probation.count + protected.count }
    private func bytes(_ list: [ModelEntry]) -> Int { list.reduce(0) { $0 + $1.size } }

    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32) {
        let entry = ModelEntry(slot: slot, hash: hash, size: Int(size))
        window.append(entry)
        sketch.grow(to: count)
        record(entry, hit: false)
    }

    mutating func hit(_ slot: UInt32) {
        if let at = window.firstIndex(where: { $0.slot == slot }) {
            let entry = window.remove(at: at)
            window.append(entry)
            record(entry, hit: true)
            return
        }
        guard let entry = (probation + protected).first(where: { $0.slot == slot }) else { return }
        remove(slot)
        protected.append(entry)
        while protected.count > 1, bytes(protected) > protectedShare { probation.append(protected.removeFirst()) }
        record(entry, hit: true)
    }

    mutating func update(_ slot: UInt32, size: UInt32) {
        for at in window.indices where window[at].slot == slot { window[at].size = Int(size) }
        for at in protected.indices where protected[at].slot == slot { protected[at].size = Int(size) }
        for at in probation.indices where probation[at].slot == slot { probation[at].size = Int(size) }
        hit(slot)
    }

    mutating func remove(_ slot: UInt32) {
        if slot == candidate, let at = probation.firstIndex(where: { $0.slot == slot }) {
            candidate = at + 1 < probation.count ? probation[at + 1].slot : nil
        }
        window.removeAll { $0.slot == slot }
        probation.removeAll { $0.slot == slot }
        protected.removeAll { $0.slot == slot }
    }

    mutating func evict() -> UInt32? {
        while window.count > 1, bytes(window) > windowShare {
            let demoted = window.removeFirst()
            probation.append(demoted)
            candidate = candidate ?? demoted.slot
        }
        guard var victim = probation.first ?? protected.first ?? window.first else { return nil }
        if let challenger = probation.first(where: { $0.slot == candidate }), challenger.slot != victim.slot,
            sketch.frequency(challenger.mark) <= sketch.frequency(victim.mark)
        {
            victim = challenger
        }
        remove(victim.slot)
        return victim.slot
    }

    private mutating func record(_ entry: ModelEntry, hit: Bool) {
        sketch.add(entry.mark)
        sample.append(hit)
        guard sample.count >= 10 * count else { return }
        let ratio = Double(sample.count { $0 }) / Double(sample.count)
        let amount = ratio >= lastRatio ? step : -step
        let jumped = abs(ratio - lastRatio) >= 0.05
        step = jumped ? (amount >= 0 ? firstStep : -firstStep) : amount * 0.98
        lastRatio = ratio
        sample = []
        guard Int(amount) != 0 else { return }
        let both = windowShare + protectedShare
        windowShare = min(max(1, windowShare + Int(amount)), both)
        protectedShare = both - windowShare
    }
}

/// Four counters for each hash, of at most 15, halved after ten additions for each sixteen of them.
struct ModelSketch {
    private var counters = [Int](repeating: 0, count: 64 * 16)
    private var additions = 0

    mutating func grow(to entries: Int) {
        while counters.count / 16 < entries {
            counters = [Int](repeating: 0, count: counters.count * 2)
            additions = 0
        }
    }

    /// Where a hash has its counters: what the real one mixes, as rows of sixteen.
    private func places(_ mark: UInt64) -> [Int] {
        (0..<4 as Range<UInt64>).map { row in
            var mixed = mark &* 0x9e37_79b9_7f4a_7c15 &+ row &* 0xd1b5_4a32_d192_ed03
            mixed = (mixed ^ mixed >> 32) &* 0xbf58_476d_1ce4_e5b9
            return Int(mixed >> 32 % UInt64(counters.count / 16)) * 16 + Int(mixed >> 28 % 16)
        }
    }

    func frequency(_ mark: UInt64) -> Int { places(mark).map { counters[$0] }.min() ?? 0 }

    mutating func add(_ mark: UInt64) {
        var added = false
        for place in places(mark) where counters[place] < 15 {
            counters[place] += 1
            added = true
        }
        additions += added ? 1 : 0
        guard additions >= 10 * counters.count / 16 else { return }
        counters = counters.map { $0 / 2 }
        additions /= 2
    }
}

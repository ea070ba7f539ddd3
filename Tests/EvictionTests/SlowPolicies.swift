import Eviction

/// The other policies from their papers' words, with lists that are searched from end to end. Each spares the newcomer in
/// the evictions that make his room.
struct ModelEntry {
    var slot: UInt32
    var hash: UInt64
    var size: Int
    var uses = 1
    /// As much of the hash as ghosts are told apart by.
    var mark: UInt64 { (hash >> 20) % (1 << 28) }
}

struct ModelLFU: ModelPolicy {
    /// The one whose last use is longest ago first.
    private var order: [ModelEntry] = []
    private var newcomer: UInt32?

    init(capacity: Int) {}

    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32) {
        order.append(ModelEntry(slot: slot, hash: hash, size: Int(size)))
        newcomer = slot
    }

    mutating func hit(_ slot: UInt32) {
        guard let at = order.firstIndex(where: { $0.slot == slot }) else { return }
        var entry = order.remove(at: at)
        entry.uses += 1
        order.append(entry)
    }

    mutating func update(_ slot: UInt32, size: UInt32) { hit(slot) }
    mutating func remove(_ slot: UInt32) { order.removeAll { $0.slot == slot } }

    mutating func evict() -> UInt32? {
        let least = order.filter { $0.slot != newcomer }.map(\.uses).min()
        let victim = order.first { $0.slot != newcomer && $0.uses == least } ?? order.first
        if let victim { remove(victim.slot) }
        return victim?.slot
    }
}

/// The floor rises with victims; a request adds a hair to it, so that no two ranks are equal.
struct ModelGDSF: ModelPolicy {
    struct Ranked {
        var entry: ModelEntry
        var base: Double
    }

    private var entries: [Ranked] = []
    private var newcomer: UInt32?
    private var floor = 0.0
    private var mean = 0.0
    private var newcomers = 0.0

    init(capacity: Int) {}

    private func rank(_ ranked: Ranked) -> Double {
        ranked.base + Double(ranked.entry.uses) * Double(Float(1 / Double(max(1, ranked.entry.size))))
    }

    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32) {
        newcomers = min(newcomers + 1, 1000)
        mean += (Double(size) - mean) / newcomers
        floor += 1e-7 / max(1, mean)
        entries.append(Ranked(entry: ModelEntry(slot: slot, hash: hash, size: Int(size)), base: floor))
        newcomer = slot
    }

    mutating func hit(_ slot: UInt32) {
        floor += 1e-7 / max(1, mean)
        guard let at = entries.firstIndex(where: { $0.entry.slot == slot }) else { return }
        entries[at].entry.uses += 1
        entries[at].base = floor
    }

    mutating func update(_ slot: UInt32, size: UInt32) {
        for at in entries.indices where entries[at].entry.slot == slot { entries[at].entry.size = Int(size) }
        hit(slot)
    }

    mutating func remove(_ slot: UInt32) { entries.removeAll { $0.entry.slot == slot } }

    mutating func evict() -> UInt32? {
        let others = entries.filter { $0.entry.slot != newcomer }
        guard let victim = (others.isEmpty ? entries : others).min(by: { rank($0) < rank($1) }) else { return nil }
        floor = max(floor, rank(victim))
        remove(victim.entry.slot)
        return victim.entry.slot
    }
}

struct ModelSieve: ModelPolicy {
    /// The oldest first.
    private var queue: [(slot: UInt32, used: Bool)] = []
    private var newcomer: (slot: UInt32, used: Bool)?
    private var hand: UInt32?

    init(capacity: Int) {}

    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32) {
        if let newcomer { queue.append(newcomer) }
        newcomer = (slot, false)
    }

    mutating func hit(_ slot: UInt32) {
        if newcomer?.slot == slot { newcomer?.used = true }
        for at in queue.indices where queue[at].slot == slot { queue[at].used = true }
    }

    mutating func update(_ slot: UInt32, size: UInt32) { hit(slot) }

    mutating func remove(_ slot: UInt32) {
        if newcomer?.slot == slot { newcomer = nil }
        guard let at = queue.firstIndex(where: { $0.slot == slot }) else { return }
        if hand == slot { hand = at + 1 < queue.count ? queue[at + 1].slot : nil }
        queue.remove(at: at)
    }

    mutating func evict() -> UInt32? {
        guard !queue.isEmpty else {
            defer { newcomer = nil }
            return newcomer?.slot
        }
        var at = queue.firstIndex { $0.slot == hand } ?? 0
        while queue[at].used {
            queue[at].used = false
            at = (at + 1) % queue.count
        }
        hand = queue[at].slot
        let victim = queue[at].slot
        remove(victim)
        return victim
    }
}

struct ModelARC: ModelPolicy {
    private var recent: [ModelEntry] = []
    private var frequent: [ModelEntry] = []
    private var recentGhosts: [ModelEntry] = []
    private var frequentGhosts: [ModelEntry] = []
    private var share = 0
    private var newcomer: UInt32?
    private var wasFrequent = false
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    private func bytes(_ list: [ModelEntry]) -> Int { list.reduce(0) { $0 + $1.size } }

    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32) {
        let entry = ModelEntry(slot: slot, hash: hash, size: Int(size))
        let (first, second) = (bytes(recentGhosts), bytes(frequentGhosts))
        newcomer = slot
        wasFrequent = false
        if let at = recentGhosts.firstIndex(where: { $0.mark == entry.mark }) {
            recentGhosts.remove(at: at)
            share = min(capacity, share + Int(Double(size) * max(1, Double(second) / Double(max(1, first)))))
            frequent.append(entry)
        } else if let at = frequentGhosts.firstIndex(where: { $0.mark == entry.mark }) {
            frequentGhosts.remove(at: at)
            share = max(0, share - Int(Double(size) * max(1, Double(first) / Double(max(1, second)))))
            wasFrequent = true
            frequent.append(entry)
        } else {
            recent.append(entry)
        }
    }

    mutating func hit(_ slot: UInt32) {
        guard let entry = (recent + frequent).first(where: { $0.slot == slot }) else { return }
        let keeps = newcomer
        remove(slot)
        newcomer = keeps
        frequent.append(entry)
    }

    mutating func update(_ slot: UInt32, size: UInt32) {
        hit(slot)
        frequent[frequent.count - 1].size = Int(size)
    }

    mutating func remove(_ slot: UInt32) {
        recent.removeAll { $0.slot == slot }
        frequent.removeAll { $0.slot == slot }
        if newcomer == slot { newcomer = nil }
    }

    mutating func evict() -> UInt32? {
        let alone = recent.count + frequent.count == 1
        let first = recent.filter { alone || $0.slot != newcomer }
        let second = frequent.filter { alone || $0.slot != newcomer }
        let bytesOfFirst = bytes(first)
        let goes = bytesOfFirst > share || (wasFrequent && bytesOfFirst == share)
        if let victim = first.first, goes || second.isEmpty {
            remove(victim.slot)
            recentGhosts.removeAll { $0.mark == victim.mark }
            recentGhosts.append(victim)
            trim()
            return victim.slot
        }
        guard let victim = second.first else { return nil }
        remove(victim.slot)
        frequentGhosts.removeAll { $0.mark == victim.mark }
        frequentGhosts.append(victim)
        trim()
        return victim.slot
    }

    private mutating func trim() {
        while !recentGhosts.isEmpty, bytes(recent) + bytes(recentGhosts) > capacity { recentGhosts.removeFirst() }
        while !frequentGhosts.isEmpty,
            bytes(recent) + bytes(frequent) + bytes(recentGhosts) + bytes(frequentGhosts) > 2 * capacity
        { frequentGhosts.removeFirst() }
    }
}

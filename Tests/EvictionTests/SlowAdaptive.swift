/// `Ranking` and `RankedStore` from ADR 0005's words: a list that is searched from end to end.
struct ModelRanked {
    enum Kind: CaseIterable { case balanced, bytes, objects, recency, incumbents }

    struct Entry {
        var slot: UInt32
        var mark: UInt64
        var size: Int
        var base: Double
        var worth: Double
        var uses: Int
        var isTracked = false
    }

    private(set) var kind: Kind
    private(set) var entries: [Entry] = []
    private var ghosts: ModelGhosts?
    private var newcomer: UInt32?
    private var floor = 0.0
    private var creep = 0.0
    private var mean = 0.0
    private var newcomers = 0.0
    private var calls = 0
    private var hasEvicted = false

    init(_ kind: Kind, hasGhosts: Bool) {
        self.kind = kind
        ghosts = hasGhosts ? ModelGhosts() : nil
    }

    static func remembers(_ kind: Kind) -> Bool { kind == .balanced || kind == .bytes }

    private func worth(_ size: Int) -> Double {
        let mean = max(1, mean)
        let price = kind == .balanced ? 0.3 : kind == .bytes ? 3 : 0
        return Double(Float(kind == .recency ? 1 : 1 / Double(max(1, size)) + price / mean))
    }

    private func unit(_ kind: Kind) -> Double { kind == .recency ? 1 : 1 / max(1, mean) }

    private func rank(_ entry: Entry) -> Double {
        switch kind {
        case .incumbents: max(0.5, Double(min(entry.uses, 15))) * entry.worth
        case .recency: entry.base + entry.worth
        case .balanced, .bytes, .objects: entry.base + Double(entry.uses) * entry.worth
        }
    }

    mutating func insert(_ slot: UInt32, mark: UInt64, size: Int) {
        newcomers = min(newcomers + 1, 1000)
        mean += (Double(size) - mean) / newcomers
        calls += 1
        creep = 1e-7 * unit(kind)
        floor += creep
        let departed = ghosts?.forget(mark)
        var uses = kind != .incumbents || !hasEvicted ? 1 : 0
        if Self.remembers(kind), let departed { uses = departed + 1 }
        entries.append(Entry(slot: slot, mark: mark, size: size, base: floor, worth: worth(size), uses: uses))
        newcomer = slot
    }

    private func place(_ slot: UInt32) -> Int? { entries.firstIndex { $0.slot == slot } }

    subscript(slot: UInt32) -> Entry? { place(slot).map { entries[$0] } }

    mutating func hit(_ slot: UInt32) {
        calls += 1
        floor += creep
        guard let at = place(slot) else { return }
        entries[at].uses += 1
        entries[at].base = floor
    }

    mutating func update(_ slot: UInt32, size: Int) {
        guard let at = place(slot) else { return }
        entries[at].size = size
        entries[at].worth = worth(size)
        hit(slot)
    }

    mutating func track(_ slot: UInt32, _ isTracked: Bool) {
        if let at = place(slot) { entries[at].isTracked = isTracked }
    }

    mutating func remove(_ slot: UInt32) {
        entries.removeAll { $0.slot == slot }
        if newcomer == slot { newcomer = nil }
    }

    mutating func evict() -> Entry? {
        hasEvicted = true
        ghosts?.makeRoom(for: 3 * entries.count)
        if kind == .incumbents, calls > 16 * entries.count {
            calls = 0
            for at in entries.indices { entries[at].uses = min(entries[at].uses, 15) / 2 }
        }
        let others = entries.filter { $0.slot != newcomer }
        guard let victim = (others.isEmpty ? entries : others).min(by: { rank($0) < rank($1) }) else { return nil }
        if kind != .incumbents { floor = max(floor, rank(victim)) }
        ghosts?.remember(victim.mark, uses: victim.uses)
        remove(victim.slot)
        return victim
    }

    mutating func change(to kind: Kind) {
        let factor = unit(kind) / unit(self.kind)
        self.kind = kind
        calls = 0
        floor *= factor
        creep *= factor
        for at in entries.indices {
            entries[at].base *= factor
            entries[at].worth = worth(entries[at].size)
        }
    }
}

/// `Tournament`: a small cache for each ranking, which plays the larger objects and a sample of the smaller ones.
struct ModelTournament {
    private struct Player {
        var cache: ModelRanked
        var hits = 0.0
        var hitBytes = 0.0
        var next: UInt32 = 0
    }

    private var players: [Player]
    private var requests = 0.0
    private var bytes = 0.0
    private(set) var leader: ModelRanked.Kind
    private let capacity: Int
    private let unit: Int
    private let period: Int
    /// Entries of the cache when the sample was chosen.
    let stored: Int
    private var left: Int

    init(capacity: Int, stored: Int, leader: ModelRanked.Kind) {
        period = min(max(capacity / 32_768, 192), 512)
        unit = max(1, capacity / period)
        left = 4 * period
        self.capacity = capacity
        self.stored = stored
        self.leader = leader
        players = ModelRanked.Kind.allCases.map {
            Player(cache: ModelRanked($0, hasGhosts: ModelRanked.remembers($0)))
        }
    }

    func samples(_ mark: UInt64, _ size: Int) -> Bool {
        size >= unit ? size <= capacity : Double(mark) / Double(1 << 28) < chance(size)
    }

    private func chance(_ size: Int) -> Double {
        min(1, max(Double(max(1, size)) / Double(unit), min(1, 64 / Double(max(1, stored)))))
    }

    private mutating func play(_ player: Int, _ mark: UInt64, _ size: Int) -> Bool {
        if let entry = players[player].cache.entries.first(where: { $0.mark == mark }) {
            players[player].cache.hit(entry.slot)
            return true
        }
        players[player].cache.insert(players[player].next, mark: mark, size: size)
        players[player].next += 1
        func bytes() -> Int {
            players[player].cache.entries.reduce(0) { $0 + Int(Double(max(1, $1.size)) / chance($1.size)) }
        }
        while bytes() > capacity || players[player].cache.entries.count > period + 128 {
            _ = players[player].cache.evict()
        }
        return false
    }

    mutating func seed(_ mark: UInt64, _ size: Int) {
        for player in players.indices { _ = play(player, mark, size) }
    }

    /// Returns whether there is another leader.
    mutating func record(_ mark: UInt64, _ size: Int) -> Bool {
        let weight = 1 / chance(size)
        requests += weight
        bytes += weight * Double(size)
        for player in players.indices where play(player, mark, size) {
            players[player].hits += weight
            players[player].hitBytes += weight * Double(size)
        }
        left -= 1
        return left <= 0 && judge()
    }

    private mutating func judge() -> Bool {
        left = period
        let floor = players.first { $0.cache.kind == .recency }!.hitBytes / max(1, bytes)
        let worths = players.map { player in
            let share = player.hitBytes / max(1, bytes)
            return player.hits / max(1, requests) + 0.1 * share - 5 * max(0, floor - share - 0.001)
        }
        let best = worths.indices.max { worths[$0] < worths[$1] }!
        let current = players.firstIndex { $0.cache.kind == leader }!
        requests *= 0.9
        bytes *= 0.9
        for player in players.indices {
            players[player].hits *= 0.9
            players[player].hitBytes *= 0.9
        }
        guard worths[best] > worths[current] + 0.01 else { return false }
        leader = players[best].cache.kind
        return true
    }
}

struct ModelAdaptive: ModelPolicy {
    private var store = ModelRanked(.balanced, hasGhosts: true)
    private var tournament: ModelTournament?
    private let capacity: Int
    private(set) var leaderChanges = 0

    init(capacity: Int) { self.capacity = capacity }

    mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32) {
        store.insert(slot, mark: ModelGhosts.mark(hash), size: Int(size))
        look(slot)
    }

    mutating func hit(_ slot: UInt32) {
        store.hit(slot)
        if store[slot]?.isTracked == true { record(slot) }
    }

    mutating func update(_ slot: UInt32, size: UInt32) {
        store.update(slot, size: Int(size))
        look(slot)
    }

    mutating func remove(_ slot: UInt32) { store.remove(slot) }

    mutating func evict() -> UInt32? {
        let suits = tournament.map { store.entries.count <= 2 * $0.stored && 4 * store.entries.count >= $0.stored }
        if suits != true {
            var new = ModelTournament(capacity: capacity, stored: store.entries.count, leader: store.kind)
            for entry in store.entries.sorted(by: { $0.base < $1.base }) {
                let isIn = new.samples(entry.mark, entry.size)
                store.track(entry.slot, isIn)
                if isIn { new.seed(entry.mark, entry.size) }
            }
            tournament = new
        }
        return store.evict()?.slot
    }

    private mutating func look(_ slot: UInt32) {
        guard let entry = store[slot], let tournament else { return }
        store.track(slot, tournament.samples(entry.mark, entry.size))
        if tournament.samples(entry.mark, entry.size) { record(slot) }
    }

    private mutating func record(_ slot: UInt32) {
        guard let entry = store[slot], tournament?.record(entry.mark, entry.size) == true else { return }
        leaderChanges += 1
        store.change(to: tournament!.leader)
    }
}

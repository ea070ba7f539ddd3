/// Which ranking suits the traffic: each plays a sample of it in a shadow, and the one that would have done best of late
/// leads. Best is: most object hits, as long as byte hits are not below those of LRU, which is one of the players.
struct Tournament: Sendable {
    private var shadows: [Shadow]
    private var scores: [Score]
    private var total = Score()
    private(set) var leader: Ranking
    private let sample: Sample
    /// Requests of the sample until the next look at the scores.
    private var untilJudged: Int
    private let period: Int

    private struct Score: Sendable {
        var objects = 0.0
        var bytes = 0.0

        mutating func add(_ weight: Double, _ size: UInt32) {
            objects += weight
            bytes += weight * Double(size)
        }

        mutating func fade() {
            objects *= Tournament.kept
            bytes *= Tournament.kept
        }
    }

    /// Of the scores at each look, so that about the last ten periods count.
    private static let kept = 0.9
    /// A share of byte hits below LRU's costs as much as five times as large a share of object hits.
    private static let bytePenalty = 5.0
    /// Byte hits break ties between those who are above LRU.
    private static let byteBonus = 0.1
    /// By how much a player must be better to lead.
    private static let margin = 0.01
    /// Periods before the first look: who only keeps what is in when the tournament begins looks good for a while.
    private static let firstPeriods = 4
    /// Of LRU's share of byte hits: so much below is not below.
    private static let tolerance = 0.001
    /// Entries of a shadow, from its capacity: one for each 32 KB.
    private static let entries = 192...512
    private static let bytesPerEntry = 32 << 10

    /// - Parameter stored: entries of the cache.
    init(capacity: Int, stored: Int, leader: Ranking) {
        let entries = min(max(capacity / Self.bytesPerEntry, Self.entries.lowerBound), Self.entries.upperBound)
        self.leader = leader
        period = entries
        untilJudged = entries * Self.firstPeriods
        let sample = Sample(capacity: capacity, entries: entries, stored: stored)
        self.sample = sample
        shadows = Ranking.allCases.map { Shadow($0, sample) }
        scores = shadows.map { _ in Score() }
    }

    var footprint: Int { shadows.reduce(0) { $0 + $1.footprint } }

    /// Whether the sample is right for a cache of so many entries.
    func suits(stored: Int) -> Bool { sample.suits(stored: stored) }

    /// Whether the sample has the object.
    func samples(_ fingerprint: UInt32, size: UInt32) -> Bool { sample.has(fingerprint, size: size) }

    /// Shows the shadows what is in the cache when the tournament begins.
    mutating func seed(_ fingerprint: UInt32, size: UInt32) {
        for index in shadows.indices { _ = shadows[index].request(fingerprint, size: size) }
    }

    /// A request for an object of the sample. Returns the new leader when he changes.
    mutating func record(_ fingerprint: UInt32, size: UInt32) -> Ranking? {
        let weight = 1 / sample.chance(ofSize: size)
        total.add(weight, size)
        for index in shadows.indices where shadows[index].request(fingerprint, size: size) {
            scores[index].add(weight, size)
        }
        untilJudged -= 1
        return untilJudged > 0 ? nil : judge()
    }

    private mutating func judge() -> Ranking? {
        untilJudged = period
        let worths = shadows.indices.map { worth($0) }
        defer {
            total.fade()
            for index in scores.indices { scores[index].fade() }
        }
        guard let best = worths.indices.max(by: { worths[$0] < worths[$1] }),
            let current = shadows.firstIndex(where: { $0.ranking == leader }),
            worths[best] > worths[current] + Self.margin
        else { return nil }
        leader = shadows[best].ranking
        return leader
    }

    private func worth(_ index: Int) -> Double {
        let lru = shadows.firstIndex { $0.ranking == .recency }.map { scores[$0].bytes } ?? 0
        let objects = scores[index].objects / max(1, total.objects)
        let bytes = scores[index].bytes / max(1, total.bytes)
        let missing = max(0, lru / max(1, total.bytes) - bytes - Self.tolerance)
        return objects + Self.byteBonus * bytes - Self.bytePenalty * missing
    }

    func checkInvariants() -> [String] { shadows.flatMap { $0.checkInvariants() } }
}

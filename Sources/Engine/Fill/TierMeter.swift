package import CacheModel
internal import Synchronization

/// Why a response was not offered to a tier. The raw values are counter names.
package enum TierReject: String, Sendable, CaseIterable {
    /// Its body is above the tier's `max_object`.
    case tooLarge = "too_large"
    /// A rule says `write: off` for the tier.
    case rule
    /// This instance did not hear of the invalidations of others: its word is not for all to trust.
    case blind
}

/// What the engine counts of one slower tier in one partition, beside what the tier counts itself. Any thread.
package final class TierMeter: Sendable {
    private let reads = SharedHistogram()
    private let writes = SharedHistogram()
    private let hits = Atomic<UInt64>(0)
    private let misses = Atomic<UInt64>(0)
    private let promoted = Atomic<UInt64>(0)
    private let stored = Atomic<UInt64>(0)
    private let superseded = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)
    private let tooLarge = Atomic<UInt64>(0)
    private let ruledOut = Atomic<UInt64>(0)
    private let blind = Atomic<UInt64>(0)

    /// Counts the same, and what others of the tier count.
    package let total: TierMeter?

    package init(total: TierMeter? = nil) { self.total = total }

    /// It was read from: of one lookup there may be several reads, for a list of variants and for them.
    func read(_ time: Duration) {
        reads.count(microseconds: time.microseconds)
        total?.read(time)
    }

    /// A lookup came to its end: it had the answer, or it had none that this request may have.
    func lookedUp(isHit: Bool) {
        if isHit { hits.add(1, ordering: .relaxed) } else { misses.add(1, ordering: .relaxed) }
        total?.lookedUp(isHit: isHit)
    }

    func wrote(_ outcome: TierWrite, _ time: Duration) {
        total?.wrote(outcome, time)
        writes.count(microseconds: time.microseconds)
        switch outcome {
        case .stored: stored.add(1, ordering: .relaxed)
        case .superseded: superseded.add(1, ordering: .relaxed)
        case .dropped: dropped.add(1, ordering: .relaxed)
        }
    }

    /// What was to be stored in it came to nothing before it was offered.
    func lostBody() {
        total?.lostBody()
        dropped.add(1, ordering: .relaxed)
    }

    /// A hit of this tier was copied to the faster ones.
    func promotedHit() {
        promoted.add(1, ordering: .relaxed)
        total?.promotedHit()
    }

    func rejected(_ reason: TierReject) {
        total?.rejected(reason)
        switch reason {
        case .tooLarge: tooLarge.add(1, ordering: .relaxed)
        case .rule: ruledOut.add(1, ordering: .relaxed)
        case .blind: blind.add(1, ordering: .relaxed)
        }
    }

    package var figures: TierFigures {
        var figures = TierFigures()
        figures.readTimes = reads.summary
        figures.writeTimes = writes.summary
        figures.hits = hits.load(ordering: .relaxed)
        figures.misses = misses.load(ordering: .relaxed)
        figures.promotions = promoted.load(ordering: .relaxed)
        figures.fillsStored = stored.load(ordering: .relaxed)
        figures.fillsSuperseded = superseded.load(ordering: .relaxed)
        figures.fillsDropped = dropped.load(ordering: .relaxed)
        figures.rejects = [
            .tooLarge: tooLarge.load(ordering: .relaxed), .rule: ruledOut.load(ordering: .relaxed),
            .blind: blind.load(ordering: .relaxed),
        ]
        return figures
    }
}

/// A tier's figures at one moment. Counters only grow.
package struct TierFigures: Sendable, Equatable {
    /// Of the requests' own lookups: whether the tier had what answered them. What purges look for is not among them.
    package var hits: UInt64 = 0
    package var misses: UInt64 = 0
    /// From asking the tier to its answer, on the loop that asked.
    package var readTimes = TimeSummary()
    package var writeTimes = TimeSummary()
    /// Hits that were copied to the faster tiers.
    package var promotions: UInt64 = 0
    /// What came of the writes that were offered to the tier.
    package var fillsStored: UInt64 = 0
    package var fillsSuperseded: UInt64 = 0
    package var fillsDropped: UInt64 = 0
    /// Responses that were not offered.
    package var rejects: [TierReject: UInt64] = [:]

    package init() {}
}

extension Duration {
    fileprivate var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}

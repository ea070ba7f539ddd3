/// The tiers, by the words that `Cache-Status`, logs and statistics use.
package enum TierName: String, Sendable, CaseIterable {
    case memory, redis, disk
}

/// A slower tier: Redis or disk. Records go in and come out whole; what is in them is the engine's business.
///
/// Promises of every implementation (`TierConformance` in the tests checks them):
/// - No call blocks. Each callback fires exactly once, on the given loop, within the tier's time budget
///   (`writeBehind`: within a bound of the tier's).
/// - `read` compares the full key; a record that does not decode, or is another key's, is a miss and a counter.
/// - `write` never replaces a record with a higher `asOf.n` of the same epoch (invalidation.md rule 7).
/// - A tier that is down, slow or full answers `.unavailable` or `.dropped` at once (circuit breaker); it recovers
///   by itself.
package protocol Tier: AnyObject, Sendable {
    var name: TierName { get }
    /// Records with a body above this many bytes are not offered to the tier.
    var maxObject: Int { get }

    func read(_ key: TierKey, on loop: any EngineLoop, _ done: @escaping @Sendable (TierRead) -> Void)

    /// Files the record under its key for at most `ttlMilliseconds` (the tier's own cap may be lower).
    func write(
        _ record: Record, key: TierKey, ttlMilliseconds: Int64, on loop: any EngineLoop,
        _ done: @escaping @Sendable (TierWrite) -> Void)

    /// The same where nobody waits for the callback: a tier may take longer than its time budget before it gives up.
    func writeBehind(
        _ record: Record, key: TierKey, ttlMilliseconds: Int64, on loop: any EngineLoop,
        _ done: @escaping @Sendable (TierWrite) -> Void)

    /// Deletes the record. With `entryID` only if the record there is that entry (invalidation.md rule 7).
    /// Calls back with whether one was deleted; nil: the tier could not tell.
    func remove(
        _ key: TierKey, entryID: UInt64?, on loop: any EngineLoop, _ done: @escaping @Sendable (Bool?) -> Void)

    /// A snapshot; any thread.
    func statistics() -> TierStatistics

    /// Finishes queued writes within the bound, then closes. Calls back from any thread.
    func shutdown(withinMilliseconds bound: Int64, _ done: @escaping @Sendable () -> Void)
}

extension Tier {
    package func writeBehind(
        _ record: Record, key: TierKey, ttlMilliseconds: Int64, on loop: any EngineLoop,
        _ done: @escaping @Sendable (TierWrite) -> Void
    ) {
        write(record, key: key, ttlMilliseconds: ttlMilliseconds, on: loop, done)
    }
}

/// The disk tier, which also takes bodies that were spooled to it while they arrived.
package protocol SpoolingTier: Tier, BodySpoolFactory {
    /// Makes the spooled body the body of `response` (whose own body is ignored and may be empty) and files it.
    /// Consumes the spool in every outcome.
    func commit(
        _ spool: any BodySpool, as response: StoredResponse, key: TierKey, ttlMilliseconds: Int64,
        on loop: any EngineLoop, _ done: @escaping @Sendable (TierWrite) -> Void)

    /// Files `response` with the body of the record that is under the key, if that is the entry `entryID` and its body
    /// came out as `.external`; else `.dropped(.refused)`. A body that has a file of its own is not copied. Until the
    /// new record is there the old one stays.
    func refile(
        _ response: StoredResponse, replacing entryID: UInt64, key: TierKey, ttlMilliseconds: Int64,
        on loop: any EngineLoop, _ done: @escaping @Sendable (TierWrite) -> Void)
}

package enum TierRead: Sendable {
    case hit(Record)
    case miss
    case unavailable(TierFailure)
}

package enum TierWrite: Sendable, Equatable {
    case stored
    /// A record with a higher position is there already.
    case superseded
    /// Refused or lost, and counted under that reason.
    case dropped(TierFailure)
}

/// Why a tier could not answer. The raw values are log words and counter names.
package enum TierFailure: String, Sendable, CaseIterable, Error {
    case timeout
    case breakerOpen = "breaker_open"
    case disconnected
    case queueFull = "queue_full"
    case tooLarge = "too_large"
    case corrupt
    case ioError = "io_error"
    case full
    case refused
    case closed
}

/// What is known of a tier at one moment. Counters only grow; sizes are bytes.
package struct TierStatistics: Sendable {
    package enum State: String, Sendable {
        case up, down, probing
        /// It answers, but takes nothing new (a full disk).
        case degraded
    }

    package var state: State = .up
    /// What is wrong with it, while something is.
    package var reason: TierFailure?
    package var hits: UInt64 = 0
    package var misses: UInt64 = 0
    package var writes: UInt64 = 0
    package var evictions: UInt64 = 0
    package var removals: UInt64 = 0
    /// Reads or writes that came to nothing, by reason.
    package var failures: [TierFailure: UInt64] = [:]
    /// Entries in the tier, nil where it can't be told (a shared Redis).
    package var entries: UInt64?
    package var bytes: UInt64?
    package var capacity: UInt64?
    /// What only this kind of tier counts, by the names that statistics show.
    package var details: [String: UInt64] = [:]

    package init() {}
}

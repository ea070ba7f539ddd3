internal import CacheModel
internal import Synchronization

/// One loop's counters; summed when statistics are asked for. The lock is all but never contended.
final class Counters: Sendable {
    struct Values: Sendable {
        var leases = LeaseCounts()
        var hits: UInt64 = 0
        var misses: UInt64 = 0
        var writes: UInt64 = 0
        var superseded: UInt64 = 0
        var removals: UInt64 = 0
        var failures: [TierFailure: UInt64] = [:]
        var corruptRecords: [RecordError: UInt64] = [:]

        mutating func add(_ other: Values) {
            hits += other.hits
            misses += other.misses
            writes += other.writes
            superseded += other.superseded
            leases.granted += other.leases.granted
            leases.held += other.leases.held
            leases.filled += other.leases.filled
            leases.unavailable += other.leases.unavailable
            leases.timeouts += other.leases.timeouts
            removals += other.removals
            failures.merge(other.failures, uniquingKeysWith: +)
            corruptRecords.merge(other.corruptRecords, uniquingKeysWith: +)
        }
    }

    private let values = Mutex(Values())

    var snapshot: Values { values.withLock { $0 } }

    func update(_ body: (inout Values) -> Void) { values.withLock { body(&$0) } }

    func count(_ failure: TierFailure) { values.withLock { $0.failures[failure, default: 0] += 1 } }

    /// A value that is no record of its key: a miss, and never an error.
    func count(_ error: RecordError) {
        values.withLock {
            $0.misses += 1
            $0.failures[.corrupt, default: 0] += 1
            $0.corruptRecords[error, default: 0] += 1
        }
    }
}

/// What became of questions for leases; only grows.
package struct LeaseCounts: Sendable, Equatable {
    package var granted: UInt64 = 0
    /// Answers that another instance holds it.
    package var held: UInt64 = 0
    /// Answers that the entry has come meanwhile.
    package var filled: UInt64 = 0
    package var unavailable: UInt64 = 0
    /// Waits for a holder that took too long.
    package var timeouts: UInt64 = 0
}

internal import Synchronization

/// What the table says of an entry (invalidation.md, "Words").
package enum Verdict: Sendable, Equatable {
    case valid
    /// Soft-selected: stale.
    case stale
    /// Hard-selected: absent.
    case gone
    /// It may have been purged and nobody can tell: validated before any use, never served stale.
    case unknown
}

/// The truth about invalidations: for each selector the newest hard and the newest soft record (invalidation.md).
/// One object for the life of one epoch of the log. Readers on every loop, one applier at a time.
///
/// Rule 5 orders the two: the applier changes the table first and publishes `head` after; a reader loads `head`,
/// judges, and marks the entry as checked up to the value it loaded.
package final class InvalidationTable: Sendable {
    package let epoch: UInt64
    private let published: Atomic<UInt64>
    private let records: Mutex<TableRecords>

    /// - Parameters:
    ///   - records: what the log still holds, in order.
    ///   - head: the newest `n` of the log, also when its record was dropped since.
    ///   - floor: entries with an `asOf` below it are unknown (rule 13).
    package init(epoch: UInt64, records: [InvalidationRecord] = [], head: UInt64 = 0, floor: UInt64 = 0) {
        self.epoch = epoch
        var state = TableRecords(floor: floor)
        for record in records { state.apply(record) }
        published = Atomic(max(head, records.last?.n ?? 0))
        self.records = Mutex(state)
    }

    /// The newest applied `n`. On a quiet log comparing it with an entry's mark is the whole check.
    @inline(__always)
    package var head: UInt64 { published.load(ordering: .acquiring) }

    package var position: Position { Position(epoch: epoch, n: head) }

    /// Applies the next record. The log calls it in order, after the record is durable, from one thread at a time.
    package func apply(_ record: InvalidationRecord) {
        records.withLock { $0.apply(record) }
        published.store(record.n, ordering: .releasing)
    }

    /// Judges an entry that was requested at `asOf`. Also returns the head that the verdict is good for.
    /// - Parameter mark: an earlier call found that no record up to this one selects the entry; prefixes and globs of
    ///   those are not matched again.
    package func judge(
        _ subject: InvalidationSubject, asOf: Position, checkedUpTo mark: UInt64 = 0
    ) -> (verdict: Verdict, upTo: UInt64) {
        let upTo = head
        guard asOf.epoch == epoch else { return (.unknown, upTo) }
        guard asOf.n < upTo else { return (.valid, upTo) }
        return (records.withLock { $0.judge(subject, asOf: asOf.n, checkedUpTo: max(mark, asOf.n)) }, upTo)
    }

    /// Drops records accepted before `time` and, oldest first, those beyond `maxRecords` that still say something, and
    /// raises the floor to the newest that was dropped (rule 13). Records of unsafe methods have a tenth of that number
    /// for themselves and raise nothing (rule 21). Returns the floor.
    @discardableResult
    package func trim(acceptedBefore time: Int64, maxRecords: Int) -> UInt64 {
        records.withLock { $0.trim(acceptedBefore: time, maxRecords: maxRecords) }
    }

    /// What a log must keep to rebuild this table: floor and live records, in order.
    package func snapshot() -> (floor: UInt64, records: [InvalidationRecord], head: UInt64) {
        // The lock first: a head published after it covers every record that the snapshot holds.
        records.withLock { ($0.floor, $0.liveRecords(), head) }
    }

    /// Records of unsafe methods that were dropped early, for their quota.
    package var droppedUnsafeMethods: UInt64 { records.withLock { $0.droppedUnsafeMethods } }

    /// Selectors with a live record.
    package var count: Int { records.withLock { $0.count } }
}

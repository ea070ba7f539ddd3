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
/// One object for the life of the process, through every epoch of the log. Readers on every loop, one applier at a time.
///
/// Rule 5 orders the two: the applier changes the table first and publishes `stamp` after; a reader loads `stamp`,
/// judges, and marks the entry as checked up to the value it loaded. A stamp counts the changes that this process's
/// table went through, whatever their epoch: so one comparison tells a hit that nothing came since, also when the log
/// began a new life in between.
package final class InvalidationTable: Sendable {
    /// Random; names this process in what it stores (rule 17).
    package let instance: UInt64
    private let published: Atomic<UInt64>
    private let localNumbers = Atomic<UInt64>(0)
    private let contactEnd: Atomic<Int64>
    private let state: Mutex<State>

    fileprivate struct State {
        var epoch: UInt64
        /// The newest applied `n`.
        var head: UInt64
        var records: TableRecords
        /// Accepted here and not in the log yet. Their `n` is a local number.
        var pending = TableRecords(floor: 0)
        var pendingCount = 0
    }

    /// - Parameters:
    ///   - records: what the log still holds, in order.
    ///   - head: the newest `n` of the log, also when its record was dropped since.
    ///   - floor: entries with an `asOf` below it are unknown (rule 13).
    ///   - contactEnd: see `contact(until:)`. By default the log is never out of reach: a journal.
    package init(
        epoch: UInt64, records: [InvalidationRecord] = [], head: UInt64 = 0, floor: UInt64 = 0,
        contactEnd: Int64 = .max
    ) {
        instance = .random(in: 1 ... .max)
        var table = TableRecords(floor: floor)
        for record in records { table.apply(record, stamp: 0) }
        let head = max(head, records.last?.n ?? 0)
        published = Atomic(head)
        self.contactEnd = Atomic(contactEnd)
        state = Mutex(State(epoch: epoch, head: head, records: table))
    }

    // MARK: Looking

    /// The number of the newest published change. On a quiet log comparing it with an entry's mark is the whole check.
    @inline(__always)
    package var stamp: UInt64 { published.load(ordering: .acquiring) }

    /// The newest applied `n` of the epoch.
    package var head: UInt64 { state.withLock { $0.head } }
    package var epoch: UInt64 { state.withLock { $0.epoch } }
    package var position: Position { state.withLock { Position(epoch: $0.epoch, n: $0.head) } }
    package var floor: UInt64 { state.withLock { $0.records.floor } }

    /// Judges an entry. Also returns the stamp that the verdict is good for.
    /// - Parameters:
    ///   - asOf: the position at which it was requested.
    ///   - localNumber: the number of that request, if this process made it; 0 for another's (rule 17).
    ///   - checkedBelow: the entry's mark: an earlier call found that no change with a lower stamp selects it. Prefixes
    ///     and globs of those are not matched again.
    package func judge(
        _ subject: InvalidationSubject, asOf: Position, localNumber: UInt64 = 0, checkedBelow: UInt64 = 0
    ) -> (verdict: Verdict, upTo: UInt64) {
        let upTo = stamp
        let verdict = state.withLock {
            $0.judge(subject, asOf: asOf, localNumber: localNumber, checkedBelow: checkedBelow)
        }
        return (verdict, upTo)
    }

    // MARK: Local numbers

    /// Numbers the requests of this process, and what it accepts while cut off, in one order (rule 17).
    package func nextLocalNumber() -> UInt64 { localNumbers.add(1, ordering: .acquiringAndReleasing).newValue }

    // MARK: Changing: the log does, one thread at a time

    /// Applies the next record of the epoch, in order, once it is durable. If it was accepted here while cut off, it
    /// takes the place of `pending` in the same step.
    package func apply(_ record: InvalidationRecord, inPlaceOf pending: InvalidationRecord? = nil) {
        change(record, inPlaceOf: pending)
        publish()
    }

    /// The first half of `apply`, apart for tests that look in between.
    package func change(_ record: InvalidationRecord, inPlaceOf pending: InvalidationRecord? = nil) {
        state.withLock { state in
            state.records.apply(record, stamp: published.load(ordering: .relaxed))
            state.head = record.n
            if let pending { state.settle(pending) }
        }
    }

    /// The second half of `apply`.
    package func publish() { published.add(1, ordering: .releasing) }

    /// A position of the log that names nothing: it counts and selects nothing.
    package func pass(_ n: UInt64) {
        state.withLock { $0.head = n }
        publish()
    }

    /// A record accepted here that is not in the log (yet): until `settle` it selects every entry but those that this
    /// process requests from now on (rule 17). Returns it as it has to be named to `settle`.
    package func applyPending(_ record: InvalidationRecord) -> InvalidationRecord {
        var local = record
        // A number later than every request so far; a request numbered later is also sent later.
        state.withLock { state in
            local.n = nextLocalNumber()
            state.pending.apply(local, stamp: published.load(ordering: .relaxed))
            state.pendingCount += 1
        }
        publish()
        return local
    }

    /// It is in the log by now, in a table that was read whole, or it was given up.
    package func settle(_ pending: InvalidationRecord) { state.withLock { $0.settle(pending) } }

    /// What the log holds, read whole: another epoch, or the same one past a gap.
    /// - Parameter records: in order.
    package func replace(epoch: UInt64, records: [InvalidationRecord], head: UInt64, floor: UInt64) {
        var table = TableRecords(floor: floor)
        for record in records { table.apply(record, stamp: 0) }
        let replaced = state.withLock { state in
            table.installedAt = published.load(ordering: .relaxed)
            swap(&state.records, &table)
            state.epoch = epoch
            state.head = head
            return table
        }
        publish()
        // A million records are let go outside of the lock.
        _ = consume replaced
    }

    /// Whoever asked the log dropped the records of purges up to this one (rule 13).
    package func raise(floor: UInt64) { state.withLock { $0.records.raise(floor: floor) } }

    // MARK: Contact

    /// Until when what is applied may be taken for all there is: milliseconds of CLOCK_BOOTTIME (rule 15). A moment in
    /// the past once the log is out of reach for `purge.max_blind`; never for a journal.
    package func contact(until end: Int64) { contactEnd.store(end, ordering: .releasing) }

    /// Every lookup asks, with a clock read for it: no timer has to run for an instance to know that it is blind.
    @inline(__always)
    package func isBlind(now: Int64) -> Bool { now >= contactEnd.load(ordering: .acquiring) }

    /// Whether contact can be lost at all; without, no clock is read.
    @inline(__always)
    package var canBeBlind: Bool { contactEnd.load(ordering: .relaxed) != .max }

    // MARK: Keeping it small

    /// Drops records accepted before `time` and, oldest first, those beyond `maxRecords` that still say something, and
    /// raises the floor to the newest that was dropped (rule 13). Records of unsafe methods have a tenth of that number
    /// for themselves and raise nothing (rule 21). Returns the floor.
    @discardableResult
    package func trim(acceptedBefore time: Int64, maxRecords: Int) -> UInt64 {
        state.withLock { $0.records.trim(acceptedBefore: time, maxRecords: maxRecords) }
    }

    /// What `trim` would drop, at most `limit` records of each kind: the log has to drop them first (`raise`, `drop`).
    package func trimmable(acceptedBefore time: Int64, maxRecords: Int, limit: Int) -> TrimmedRecords {
        state.withLock { $0.records.trimmable(acceptedBefore: time, maxRecords: maxRecords, limit: limit) }
    }

    /// The log dropped these records of unsafe methods.
    package func drop(unsafeMethods: [InvalidationRecord]) {
        guard !unsafeMethods.isEmpty else { return }
        state.withLock { state in
            for record in unsafeMethods { state.records.remove(record) }
        }
    }

    /// What a log must keep to rebuild this table: floor and live records, in order.
    package func snapshot() -> (floor: UInt64, records: [InvalidationRecord], head: UInt64) {
        state.withLock { ($0.records.floor, $0.records.liveRecords(), $0.head) }
    }

    /// Records of unsafe methods that were dropped early, for their quota.
    package var droppedUnsafeMethods: UInt64 { state.withLock { $0.records.droppedUnsafeMethods } }

    /// Bytes that selectors and records take.
    package var footprint: Int { state.withLock { $0.records.footprint + $0.pending.footprint } }

    /// Selectors with a live record.
    package var count: Int { state.withLock { $0.records.count } }

    /// Records that were accepted here and are not in the log yet.
    package var pendingCount: Int { state.withLock { $0.pendingCount } }
}

extension InvalidationTable.State {
    fileprivate func judge(
        _ subject: InvalidationSubject, asOf: Position, localNumber: UInt64, checkedBelow: UInt64
    ) -> Verdict {
        let pendingVerdict =
            pendingCount == 0
            ? .valid : pending.judge(subject, asOf: localNumber, checkedBelow: checkedBelow)
        if pendingVerdict == .gone { return .gone }
        // An entry ahead of this reader comes from a record that it has not seen: rule 7.
        guard asOf.epoch == epoch, asOf.n <= head else { return .unknown }
        if asOf.n == head, asOf.n >= records.floor { return pendingVerdict }
        let verdict = records.judge(subject, asOf: asOf.n, checkedBelow: checkedBelow)
        return verdict == .valid ? pendingVerdict : verdict
    }

    fileprivate mutating func settle(_ pending: InvalidationRecord) {
        guard pendingCount > 0 else { return }
        pendingCount -= 1
        // The last one to go takes what others superseded along.
        if pendingCount == 0 { self.pending = TableRecords(floor: 0) } else { self.pending.remove(pending) }
    }
}

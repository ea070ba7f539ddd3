/// What an instance knows of the log in Redis from one life to the next.
package struct RememberedLog: Sendable {
    /// Which log it followed; nil: none before.
    package var home: String?
    /// That log's life was replaced where the home had changed (rule 19).
    package var isSettled: Bool
    package var applied: AppliedMark?
    /// The epochs before that of `applied`, the newest last.
    package var left: [UInt64] = []
    /// The id of the process before among the members.
    package var member: UInt64?
    /// Accepted here; those without a position are not known to be in the log.
    package var own: [OwnRecord]

    package init(
        home: String? = nil, isSettled: Bool = false, applied: AppliedMark? = nil, member: UInt64? = nil,
        own: [OwnRecord] = []
    ) {
        self.home = home
        self.isSettled = isSettled
        self.applied = applied
        self.member = member
        self.own = own
    }
}

/// A record that this instance accepted.
package struct OwnRecord: Sendable, Equatable {
    /// Its `n` says nothing.
    package var record: InvalidationRecord
    package var position: Position?

    package init(record: InvalidationRecord, position: Position? = nil) {
        self.record = record
        self.position = position
    }
}

extension RememberedLog {
    /// So many epochs are remembered.
    package static let maxLeft = 4096

    package mutating func note(_ mark: AppliedMark) {
        if let applied, applied.epoch != mark.epoch {
            left.removeAll { $0 == applied.epoch }
            left.append(applied.epoch)
            if left.count > Self.maxLeft { left.removeFirst() }
        }
        applied = mark
    }
}

/// Where it is kept: a file in `state`. Calls back from any thread, in the order of the calls.
package protocol LogMemory: AnyObject, Sendable {
    /// What was there at the start.
    var remembered: RememberedLog { get }

    /// Which log is followed now, by which member; synced.
    func begin(home: String, isSettled: Bool, member: UInt64, _ done: @escaping @Sendable (LogFailure?) -> Void)

    /// Keeps an accepted record; synced. Calls back with why not.
    func keep(_ record: InvalidationRecord, _ done: @escaping @Sendable (LogFailure?) -> Void)

    /// The record is in the log; not synced: sending it again does no harm.
    func confirm(nonce: UInt64, at position: Position)

    /// Remembers how far the log was applied.
    /// - Parameter synced: entries may survive the power's failing that carry this position.
    func note(_ applied: AppliedMark, synced: Bool, _ done: @escaping @Sendable (LogFailure?) -> Void)

    func close(_ done: @escaping @Sendable () -> Void)
}

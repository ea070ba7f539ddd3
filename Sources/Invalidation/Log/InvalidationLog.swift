/// The one totally ordered log of invalidations (design.md section 5). Its homes are a journal file and Redis.
package protocol InvalidationLog: AnyObject, Sendable {
    /// The table that this log feeds; the same object for the life of the process.
    var table: InvalidationTable { get }

    /// Appends one record. Calls back, from any thread, once the record is applied to `table` here and either in the
    /// log or, while the log is out of reach, kept on this instance's disk to be sent later; or with the failure when
    /// nothing was written.
    /// - Parameter wait: milliseconds to wait until the other live instances have applied it, too.
    func append(
        mode: InvalidationMode, cause: InvalidationCause, selectors: [Selector], wait: Int64,
        _ done: @escaping @Sendable (Result<LogReceipt, LogFailure>) -> Void)

    /// How the log is, for the admin API. Any thread.
    var status: LogStatus { get }

    /// Writes what is queued and closes. Calls back from any thread.
    func close(_ done: @escaping @Sendable () -> Void)
}

extension InvalidationLog {
    /// Appends what someone who may purge asked for.
    package func append(
        mode: InvalidationMode, selectors: [Selector], wait: Int64 = 0,
        _ done: @escaping @Sendable (Result<LogReceipt, LogFailure>) -> Void
    ) {
        append(mode: mode, cause: .purge, selectors: selectors, wait: wait, done)
    }
}

/// What became of an accepted invalidation. It is applied on the instance that accepted it.
package struct LogReceipt: Sendable, Equatable {
    /// Its place in the log. Nil: the log is out of reach, or did not say in time; the record is on this instance's
    /// disk and is sent until it is in the log (rule 17).
    package var position: Position?
    package var instances: InstanceCounts
    /// Logged, and applied wherever the caller asked to wait: 200 and not 202.
    package var isComplete: Bool

    package init(position: Position?, instances: InstanceCounts, isComplete: Bool) {
        self.position = position
        self.instances = instances
        self.isComplete = isComplete
    }

    /// On an installation of one instance with a log of its own.
    package static func alone(_ position: Position) -> LogReceipt {
        LogReceipt(position: position, instances: InstanceCounts(live: 1, applied: 1, silent: 0), isComplete: true)
    }
}

/// Instances, as an answer counts them (rule 16).
package struct InstanceCounts: Sendable, Equatable {
    /// Instances that may serve from their tiers without asking: this one, and those heard of lately.
    package var live: Int
    /// Those of them that have applied the record.
    package var applied: Int
    /// Instances not heard of for `purge.max_blind` and more: they are gone, or validate whatever they serve.
    package var silent: Int

    package init(live: Int, applied: Int, silent: Int) {
        self.live = live
        self.applied = applied
        self.silent = silent
    }
}

/// How the log is at one moment.
package struct LogStatus: Sendable, Equatable {
    /// `journal` or `redis`.
    package var home: String
    /// The log can be reached; what is applied is all there is.
    package var isInContact: Bool
    /// Out of contact for `purge.max_blind`: everything is validated before use.
    package var isBlind: Bool
    /// Accepted here, and not in the log yet.
    package var pending: Int
    /// Instances that are live, this one included, and silent ones.
    package var live: Int
    package var silent: Int
    /// For the operator: what may lose purges (rule 18).
    package var warnings: [String]

    package init(
        home: String, isInContact: Bool = true, isBlind: Bool = false, pending: Int = 0, live: Int = 1,
        silent: Int = 0, warnings: [String] = []
    ) {
        self.home = home
        self.isInContact = isInContact
        self.isBlind = isBlind
        self.pending = pending
        self.live = live
        self.silent = silent
        self.warnings = warnings
    }
}

/// Why an invalidation could not be accepted.
package struct LogFailure: Error, Sendable, Equatable {
    /// For people: what failed and where.
    package var text: String

    package init(_ text: String) { self.text = text }

    /// Of what `RecordBytes.fits` refuses.
    package static var selectorsDoNotFit: LogFailure {
        LogFailure("a purge names from one to \(RecordBytes.maxSelectors) selectors, 16 MB in all")
    }
}

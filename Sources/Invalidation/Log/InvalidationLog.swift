/// The one totally ordered log of invalidations (design.md section 5). Its homes are a journal file and Redis.
package protocol InvalidationLog: AnyObject, Sendable {
    /// The table that this log feeds.
    var table: InvalidationTable { get }

    /// Appends one record. Calls back, from any thread, once the record is durable and applied to `table` here, with
    /// its position; or with the failure when nothing was written.
    func append(
        mode: InvalidationMode, cause: InvalidationCause, selectors: [Selector],
        _ done: @escaping @Sendable (Result<Position, LogFailure>) -> Void)

    /// Writes what is queued and closes. Calls back from any thread.
    func close(_ done: @escaping @Sendable () -> Void)
}

extension InvalidationLog {
    /// Appends what someone who may purge asked for.
    package func append(
        mode: InvalidationMode, selectors: [Selector],
        _ done: @escaping @Sendable (Result<Position, LogFailure>) -> Void
    ) {
        append(mode: mode, cause: .purge, selectors: selectors, done)
    }
}

/// Why an invalidation could not be accepted.
package struct LogFailure: Error, Sendable, Equatable {
    /// For people: what failed and where.
    package var text: String

    package init(_ text: String) { self.text = text }
}

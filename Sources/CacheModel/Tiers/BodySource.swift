package import NIOCore

/// A complete body in a file, read in pieces by whoever sends it. Keeps the file readable while it is referenced, even
/// when its entry is evicted meanwhile.
package protocol BodySource: AnyObject, Sendable {
    /// Bytes in all.
    var length: Int { get }
    /// Reads up to `count` bytes from `offset` and calls back on `loop`. `offset + count` may pass the end.
    /// Never blocks the caller.
    func read(
        from offset: Int, count: Int, on loop: any EngineLoop,
        _ done: @escaping @Sendable (Result<ByteBuffer, TierFailure>) -> Void)
}

/// A body on its way to a file while it is being fetched (design.md section 4: what exceeds the window of a flight goes
/// to disk as it arrives). Made by the disk tier, or in `state` as an unlinked file where there is none.
/// Calls of one spool come from one thread at a time.
package protocol BodySpool: AnyObject, Sendable {
    /// Queues the bytes for writing, in order, and returns at once.
    func append(_ bytes: ByteBuffer)
    /// Bytes appended and not yet written: the fetch is paused above `BodySpoolLimits.high` until `whenDrained` fires.
    var backlog: Int { get }
    /// Writing has failed: what comes from now on is not taken. What was appended before can still be read.
    var hasFailed: Bool { get }
    /// Calls back on `loop` once the backlog is below `BodySpoolLimits.low`, or at once when writing has failed.
    func whenDrained(on loop: any EngineLoop, _ done: @escaping @Sendable () -> Void)
    /// Reads bytes that were appended, whether they are written yet or not; at least 1 byte unless `offset` is where
    /// appending stands. Calls back on `loop`.
    func read(
        from offset: Int, count: Int, on loop: any EngineLoop,
        _ done: @escaping @Sendable (Result<ByteBuffer, TierFailure>) -> Void)
    /// Stops writing and gives the space back once no reader is left. Also what dropping the last reference does.
    func discard()
}

package enum BodySpoolLimits {
    package static let high = 4 << 20
    package static let low = 1 << 20
}

/// Who makes spools.
package protocol BodySpoolFactory: AnyObject, Sendable {
    /// Nil when there is no room or no folder; the flight then passes the body on without storing it.
    /// - Parameter expectedLength: from Content-Length, when known.
    func makeSpool(expectedLength: Int?) -> (any BodySpool)?
}

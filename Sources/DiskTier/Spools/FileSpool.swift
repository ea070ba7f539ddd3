internal import CacheModel
internal import NIOCore
internal import Synchronization

/// A body that is written to a file while it arrives and can be read meanwhile: what is not written yet is served from
/// the queue. Memory holds the queue, and four bytes for every piece written. No call blocks: the file is made, written
/// and removed on workers.
final class FileSpool: BodySpool {
    struct Waiter: Sendable {
        var loop: any EngineLoop
        var done: @Sendable () -> Void
    }

    struct State {
        /// Made with the first byte.
        var file: OpenFile?
        /// Appended and not written, in order.
        var queue: [ByteBuffer] = []
        /// Bytes in the file.
        var written = 0
        /// Bytes in the queue.
        var queued = 0
        var pieces = PieceTable()
        var failure: TierFailure?
        /// A worker has the queue, or is asked to take it.
        var draining = false
        /// The file is a record's now, or gone.
        var released = false
        /// Released by being given up.
        var discarded = false
        var waiters: [Waiter] = []
        var finished: (@Sendable (Result<WrittenBody, TierFailure>) -> Void)?

        /// Nothing in the queue will be written any more.
        mutating func dropQueue() {
            queue = []
            queued = 0
        }
    }

    /// Who made it; only that one commits it.
    let owner: ObjectIdentifier
    let place: BodyPlace
    let space: any SpaceKeeper
    let writers: WorkPool
    let readers: WorkPool
    /// A body above it fails.
    let limit: Int
    /// What it will hold, if that is known.
    let expected: Int?
    /// Milliseconds for a read.
    let budget: Int64
    let breaker: Guard
    /// Holds a ticket for a removal that is on its way.
    let inFlight: Monitor<Int>
    /// Told once why writing failed, and of each read that came to nothing.
    let counting: @Sendable (TierFailure) -> Void
    let state = Mutex(State())

    init(
        _ place: BodyPlace, owner: ObjectIdentifier, space: any SpaceKeeper, writers: WorkPool, readers: WorkPool,
        limit: Int, expected: Int?, budget: Int64, breaker: Guard, inFlight: Monitor<Int>,
        counting: @escaping @Sendable (TierFailure) -> Void
    ) {
        self.place = place
        self.owner = owner
        self.space = space
        self.writers = writers
        self.readers = readers
        self.limit = limit
        self.expected = expected
        self.budget = budget
        self.breaker = breaker
        self.inFlight = inFlight
        self.counting = counting
    }

    deinit {
        giveBack()
        // The last close of a large file without a name takes time: not on a loop.
        if let file = state.withLock({ $0.file }) { _ = readers.submitAlways { _ = file } }
    }

    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    var backlog: Int { state.withLock { $0.queued } }

    func append(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        let start = state.withLock { state -> Bool in
            guard state.failure == nil, !state.released else { return false }
            state.queue.append(bytes)
            state.queued += bytes.readableBytes
            defer { state.draining = true }
            return !state.draining
        }
        if start { schedule() }
    }

    func whenDrained(on loop: any EngineLoop, _ done: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state -> Bool in
            if state.queued < BodySpoolLimits.low || state.failure != nil || state.released { return true }
            state.waiters.append(Waiter(loop: loop, done: done))
            return false
        }
        if isNow { loop.execute(done) }
    }

    func discard() { giveBack() }

    /// Calls back from a worker once all that was appended is written. After it nothing may be appended, and the file
    /// belongs to whoever got it: dropping the spool leaves it.
    func finish(_ done: @escaping @Sendable (Result<WrittenBody, TierFailure>) -> Void) {
        let start = state.withLock { state -> Bool in
            state.finished = done
            defer { state.draining = true }
            return !state.draining
        }
        if start { schedule() }
    }

    private func giveBack() {
        let (freed, quiet) = state.withLock { state -> (Int?, Bool) in
            guard !state.released else { return (nil, false) }
            state.released = true
            state.discarded = true
            // After a failure it holds what readers can find nowhere else, until the last of them lets go.
            if state.failure == nil { state.dropQueue() }
            return (state.written, !state.draining)
        }
        guard let freed else { return }
        let place = place
        let space = space
        let ticket = Ticket(inFlight)
        let removal: @Sendable () -> Void = {
            place.unlink()
            space.release(freed)
            withExtendedLifetime(ticket) {}
        }
        if !writers.submitAlways(removal) { removal() }
        // A worker that has the queue tells the waiters itself.
        if quiet { settle() }
    }
}

internal import CacheModel
internal import NIOCore
internal import Synchronization

/// A body that is written to a file while it arrives and can be read meanwhile: what is not written yet is served from
/// the queue. Memory holds the queue, and four bytes for every piece written.
final class FileSpool: BodySpool {
    /// The file and how it disappears.
    struct Target: Sendable {
        var file: OpenFile
        /// Of a file with a name; an unlinked one needs none.
        var number: UInt64
        /// Takes the name away.
        var unlink: @Sendable () -> Void
    }

    /// What is in the file when writing is done.
    struct Written: Sendable {
        var target: Target
        var pieces: PieceTable
    }

    private struct Waiter: Sendable {
        var loop: any EngineLoop
        var done: @Sendable () -> Void
    }

    private struct State {
        /// Appended and not written, in order.
        var queue: [ByteBuffer] = []
        var written = 0
        var queued = 0
        var pieces = PieceTable()
        var failure: TierFailure?
        var draining = false
        /// The file is another's business now, or gone.
        var released = false
        /// Released by being given up.
        var discarded = false
        var waiters: [Waiter] = []
        var finished: (@Sendable (Result<Written, TierFailure>) -> Void)?
    }

    let owner: ObjectIdentifier
    private let target: Target
    private let space: any SpaceKeeper
    private let writers: WorkPool
    private let readers: WorkPool
    private let limit: Int
    private let budget: Int64
    private let state = Mutex(State())

    /// - Parameters:
    ///   - owner: who made it; only that one commits it.
    ///   - limit: a body above it fails.
    init(
        _ target: Target, owner: ObjectIdentifier, space: any SpaceKeeper, writers: WorkPool, readers: WorkPool,
        limit: Int, budget: Int64
    ) {
        self.target = target
        self.owner = owner
        self.space = space
        self.writers = writers
        self.readers = readers
        self.limit = limit
        self.budget = budget
    }

    deinit { giveBack() }

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
        let now = state.withLock { state -> Bool in
            if state.queued < BodySpoolLimits.low || state.failure != nil || state.released { return true }
            state.waiters.append(Waiter(loop: loop, done: done))
            return false
        }
        if now { loop.execute(done) }
    }

    func discard() { giveBack() }

    /// Calls back from a worker once all that was appended is written. After it nothing may be appended, and the file
    /// belongs to whoever got it: dropping the spool leaves it.
    func finish(_ done: @escaping @Sendable (Result<Written, TierFailure>) -> Void) {
        let start = state.withLock { state -> Bool in
            state.finished = done
            defer { state.draining = true }
            return !state.draining
        }
        if start { schedule() }
    }

    // MARK: Writing

    private func schedule() {
        guard !writers.submitAlways({ [self] in drain() }) else { return }
        fail(.closed)
    }

    /// Writes a share of the queue, then lets other spools have the thread.
    private func drain() {
        let share = state.withLock { state -> [ByteBuffer] in
            guard state.failure == nil, !state.released else { return [] }
            var count = 0
            return Array(state.queue.prefix { bytes in
                defer { count += bytes.readableBytes }
                return count < Self.share
            })
        }
        for bytes in share {
            do throws(FileFailure) {
                try write(bytes)
            } catch {
                return fail(error.tierFailure)
            }
        }
        settle()
    }

    private func write(_ bytes: ByteBuffer) throws(FileFailure) {
        let count = bytes.readableBytes
        let at = state.withLock { $0.written }
        guard at + count <= limit else { throw .tooLarge }
        guard space.reserve(count) else { throw .noRoom }
        do throws(FileFailure) {
            try put(bytes, at: at)
        } catch {
            space.release(count)
            throw error
        }
        let kept = state.withLock { state -> Bool in
            bytes.withUnsafeReadableBytes { state.pieces.update($0) }
            state.written += count
            // Discarded while it was written: what was reserved for it is given back here.
            guard !state.released else { return false }
            state.queue.removeFirst()
            state.queued -= count
            return true
        }
        if !kept { space.release(count) }
        if (at + count) / Self.writeback > at / Self.writeback {
            target.file.startWriteback(from: at / Self.writeback * Self.writeback, count: Self.writeback)
        }
    }

    private func put(_ bytes: ByteBuffer, at offset: Int) throws(FileFailure) {
        func once() throws(FileFailure) {
            try bytes.withUnsafeReadableBytes { (raw) throws(FileFailure) in try target.file.write(raw, at: offset) }
        }
        do throws(FileFailure) {
            try once()
        } catch {
            guard case .system = error, error.tierFailure == .full, space.makeWay() else { throw error }
            try once()
        }
    }

    /// After a share: goes on, or tells those who wait.
    private func settle() {
        let (goesOn, waiters, finished) = state.withLock { state -> (Bool, [Waiter], (() -> Void)?) in
            var waiters: [Waiter] = []
            if state.queued < BodySpoolLimits.low || state.failure != nil || state.released {
                swap(&waiters, &state.waiters)
            }
            guard state.queue.isEmpty else { return (true, waiters, nil) }
            state.draining = false
            guard let done = state.finished else { return (false, waiters, nil) }
            state.finished = nil
            if let failure = state.failure { return (false, waiters, { done(.failure(failure)) }) }
            guard !state.released else { return (false, waiters, { done(.failure(.closed)) }) }
            state.pieces.finish()
            state.released = true
            let written = Written(target: target, pieces: state.pieces)
            return (false, waiters, { done(.success(written)) })
        }
        for waiter in waiters { waiter.loop.execute(waiter.done) }
        if goesOn { return schedule() }
        finished?()
    }

    private func fail(_ failure: TierFailure) {
        state.withLock { state in
            if state.failure == nil { state.failure = failure }
            state.queue = []
            state.queued = 0
        }
        settle()
    }

    private func giveBack() {
        let freed = state.withLock { state -> Int? in
            guard !state.released else { return nil }
            state.released = true
            state.discarded = true
            state.queue = []
            state.queued = 0
            return state.written
        }
        guard let freed else { return }
        target.unlink()
        space.release(freed)
        // Not while draining: that thread tells the waiters itself.
        if state.withLock({ !$0.draining }) { settle() }
    }

    /// Bytes written before other spools have their turn.
    private static let share = 1 << 20
    /// The kernel is asked to write back this often, so that a large body does not fill memory with dirty pages.
    private static let writeback = 8 << 20
}

// MARK: Reading

extension FileSpool {
    private enum Source {
        case answer(Result<ByteBuffer, TierFailure>)
        case file(length: Int, checksums: ArraySlice<UInt32>)
    }

    func read(
        from offset: Int, count: Int, on loop: any EngineLoop,
        _ done: @escaping @Sendable (Result<ByteBuffer, TierFailure>) -> Void
    ) {
        let reply = Reply<Result<ByteBuffer, TierFailure>>(on: loop, abandoned: .failure(.closed), done)
        switch state.withLock({ source(in: $0, from: offset, count: count) }) {
        case .answer(let answer): reply.finish(answer)
        case .file(let length, let checksums):
            reply.limit(milliseconds: budget) { .failure(.timeout) }
            let reader = PieceReader(file: target.file, base: 0)
            let queued = readers.submit {
                guard reply.isOpen else { return }
                do throws(FileFailure) {
                    reply.finish(
                        .success(try reader.read(from: offset, count: count, length: length, checksums: checksums)))
                } catch {
                    reply.finish(.failure(error.tierFailure))
                }
            }
            if !queued { reply.finish(.failure(.queueFull)) }
        }
    }

    private func source(in state: borrowing State, from offset: Int, count: Int) -> Source {
        guard offset >= 0, count > 0 else { return .answer(.success(ByteBuffer())) }
        if offset < state.written {
            let pieces = PieceReader.pieces(from: offset, count: count, length: state.written)
            let known = pieces.clamped(to: 0..<state.pieces.checksums.count)
            // A copy of the few that are needed: holding the whole list would make the writer copy it.
            return .file(length: state.written, checksums: ArraySlice(Array(state.pieces.checksums[known])))
        }
        if let failure = state.failure { return .answer(.failure(failure)) }
        guard !state.discarded else { return .answer(.failure(.closed)) }
        var at = state.written
        for bytes in state.queue {
            let length = bytes.readableBytes
            if offset < at + length {
                let start = bytes.readerIndex + offset - at
                let slice = bytes.getSlice(at: start, length: min(count, at + length - offset))
                return .answer(.success(slice ?? ByteBuffer()))
            }
            at += length
        }
        return .answer(.success(ByteBuffer()))
    }
}

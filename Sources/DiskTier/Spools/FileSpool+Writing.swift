internal import CacheModel
internal import NIOCore
internal import Synchronization

/// The worker's side. One worker at a time has the queue of a spool.
extension FileSpool {
    func schedule() {
        guard !writers.submitAlways({ [self] in drain() }) else { return }
        fail(.closed)
    }

    /// Writes a share of the queue, then lets other spools have the thread.
    private func drain() {
        let share = state.withLock { state -> [ByteBuffer] in
            guard state.failure == nil, !state.released else { return [] }
            var count = 0
            return Array(
                state.queue.prefix { bytes in
                    defer { count += bytes.readableBytes }
                    return count < Self.share
                })
        }
        do throws(FileFailure) {
            let file = try file()
            for bytes in share { try write(bytes, to: file) }
            if !share.isEmpty { breaker.came(nil) }
            settle()
        } catch {
            breaker.came(error)
            fail(error.tierFailure)
        }
    }

    private func file() throws(FileFailure) -> OpenFile {
        if let file = state.withLock({ $0.file }) { return file }
        let file = try place.open()
        let gone = state.withLock { state -> Bool in
            state.file = file
            return state.discarded
        }
        // Given up before there was a file to remove.
        if gone { place.unlink() }
        return file
    }

    private func write(_ bytes: ByteBuffer, to file: OpenFile) throws(FileFailure) {
        let count = bytes.readableBytes
        let at = state.withLock { $0.written }
        guard at + count <= limit else { throw .tooLarge }
        guard space.reserve(count) else { throw .noRoom }
        do throws(FileFailure) {
            try put(bytes, in: file, at: at)
        } catch {
            space.release(count)
            throw error
        }
        let isKept = state.withLock { state -> Bool in
            guard !state.discarded else { return false }
            bytes.withUnsafeReadableBytes { state.pieces.update($0) }
            state.written += count
            state.queue.removeFirst()
            state.queued -= count
            return true
        }
        // Given up meanwhile: what was reserved before was given back, this was not.
        guard isKept else { return space.release(count) }
        let chunk = Self.writeback
        if (at + count) / chunk > at / chunk { file.startWriteback(from: at / chunk * chunk, count: chunk) }
    }

    private func put(_ bytes: ByteBuffer, in file: OpenFile, at offset: Int) throws(FileFailure) {
        func once() throws(FileFailure) {
            try bytes.withUnsafeReadableBytes { (raw) throws(FileFailure) in try file.write(raw, at: offset) }
        }
        while true {
            do throws(FileFailure) {
                return try once()
            } catch {
                let length = max(expected ?? 0, offset + bytes.readableBytes)
                guard case .system = error, error.tierFailure == .full,
                    space.makeWay(forBody: length, isKnown: expected == length, written: offset)
                else { throw error }
            }
        }
    }

    /// After a share, or when nothing is left to write: goes on, or tells those who wait.
    func settle() {
        let (goesOn, waiters, tell) = state.withLock { state -> (Bool, [Waiter], (@Sendable () -> Void)?) in
            var waiters: [Waiter] = []
            if state.queued < BodySpoolLimits.low || state.failure != nil || state.released {
                swap(&waiters, &state.waiters)
            }
            guard state.queue.isEmpty || state.failure != nil else { return (true, waiters, nil) }
            state.draining = false
            return (false, waiters, outcome(&state))
        }
        for waiter in waiters { waiter.loop.execute(waiter.done) }
        if goesOn { return schedule() }
        tell?()
    }

    /// What whoever waits for the end is told.
    private func outcome(_ state: inout State) -> (@Sendable () -> Void)? {
        guard let done = state.finished else { return nil }
        state.finished = nil
        guard state.failure == nil, !state.released, let file = state.file else {
            let failure = state.failure ?? .closed
            return { done(.failure(failure)) }
        }
        state.pieces.finish()
        state.released = true
        let written = WrittenBody(place: place, file: file, pieces: state.pieces)
        return { done(.success(written)) }
    }

    private func fail(_ failure: TierFailure) {
        let isFirst = state.withLock { state -> Bool in
            guard state.failure == nil else { return false }
            state.failure = failure
            return true
        }
        if isFirst { counting(failure) }
        settle()
    }

    /// Bytes written before other spools have their turn.
    private static let share = 1 << 20
    /// The kernel is asked to write back this often, so that a large body does not fill memory with dirty pages.
    private static let writeback = 8 << 20
}

internal import CacheModel
internal import NIOCore
internal import Synchronization

extension FileSpool {
    private enum Source {
        case answer(Result<ByteBuffer, TierFailure>)
        case file(OpenFile, length: Int, checksums: ArraySlice<UInt32>)
    }

    func read(
        from offset: Int, count: Int, on loop: any EngineLoop,
        _ done: @escaping @Sendable (Result<ByteBuffer, TierFailure>) -> Void
    ) {
        let reply = Reply<Result<ByteBuffer, TierFailure>>(on: loop, abandoned: .failure(.closed), done)
        switch state.withLock({ source(in: $0, from: offset, count: count) }) {
        case .answer(let answer): reply.finish(answer)
        case .file(let file, let length, let checksums):
            reply.limit(milliseconds: budget, .failure(.timeout)) { [counting] in counting(.timeout) }
            // The spool is kept while it is read: dropping it is what gives it back.
            let queued = readers.submit { [self] in
                guard reply.isOpen else { return }
                do throws(FileFailure) {
                    let bytes = try PieceReader(file: file, base: 0).read(
                        from: offset, count: count, length: length, checksums: checksums)
                    reply.finish(.success(bytes))
                } catch {
                    if error.isDeviceFault { breaker.came(error) }
                    reply.finish(.failure(error.tierFailure)) { counting(error.tierFailure) }
                }
            }
            if !queued { reply.finish(.failure(.queueFull)) { counting(.queueFull) } }
        }
    }

    private func source(in state: borrowing State, from offset: Int, count: Int) -> Source {
        guard offset >= 0, count > 0 else { return .answer(.success(ByteBuffer())) }
        if offset < state.written, let file = state.file {
            let pieces = PieceReader.pieces(from: offset, count: count, length: state.written)
            let known = pieces.clamped(to: 0..<state.pieces.checksums.count)
            // A copy of the few that are needed: holding the whole list would make the writer copy it.
            let checksums = ArraySlice(Array(state.pieces.checksums[known]))
            return .file(file, length: state.written, checksums: checksums)
        }
        if let failure = state.failure {
            guard offset < state.written + state.queued else { return .answer(.failure(failure)) }
            return .answer(.success(Self.slice(of: state.queue, from: offset - state.written, count: count)))
        }
        guard !state.discarded else { return .answer(.failure(.closed)) }
        return .answer(.success(Self.slice(of: state.queue, from: offset - state.written, count: count)))
    }

    /// What the queue holds from `offset` on, up to the end of one buffer.
    private static func slice(of queue: [ByteBuffer], from offset: Int, count: Int) -> ByteBuffer {
        var at = 0
        for bytes in queue {
            let length = bytes.readableBytes
            if offset < at + length {
                let start = bytes.readerIndex + offset - at
                return bytes.getSlice(at: start, length: min(count, at + length - offset)) ?? ByteBuffer()
            }
            at += length
        }
        return ByteBuffer()
    }
}

internal import CacheModel
internal import NIOCore

/// A stored body in a file of its own or in a segment. Every piece is verified before it is handed out; one that fails
/// is a `.corrupt` answer, and the record is forgotten.
final class FileBody: BodySource {
    let length: Int
    private let reader: PieceReader
    private let checksums: [UInt32]
    private let workers: WorkPool
    private let budget: Int64
    private let onFault: @Sendable (TierFailure, FileFailure?) -> Void

    /// - Parameter onFault: told of each read that came to nothing: why, and what the device said if it said something.
    init(
        _ reader: PieceReader, length: Int, checksums: [UInt32], workers: WorkPool, budget: Int64,
        onFault: @escaping @Sendable (TierFailure, FileFailure?) -> Void
    ) {
        self.reader = reader
        self.length = length
        self.checksums = checksums
        self.workers = workers
        self.budget = budget
        self.onFault = onFault
    }

    deinit {
        // The last close of a large file that was dropped takes time: not on a loop.
        let reader = reader
        _ = workers.submitAlways { _ = reader }
    }

    func read(
        from offset: Int, count: Int, on loop: any EngineLoop,
        _ done: @escaping @Sendable (Result<ByteBuffer, TierFailure>) -> Void
    ) {
        let reply = Reply<Result<ByteBuffer, TierFailure>>(on: loop, abandoned: .failure(.closed), done)
        guard offset >= 0, offset < length, count > 0 else {
            reply.finish(.success(ByteBuffer()))
            return
        }
        reply.limit(milliseconds: budget, .failure(.timeout)) { [onFault] in onFault(.timeout, nil) }
        let queued = workers.submit { [self] in
            guard reply.isOpen else { return }
            let pieces = PieceReader.pieces(from: offset, count: count, length: length)
            do throws(FileFailure) {
                let bytes = try reader.read(from: offset, count: count, length: length, checksums: checksums[pieces])
                reply.finish(.success(bytes))
            } catch {
                reply.finish(.failure(error.tierFailure)) { onFault(error.tierFailure, error) }
            }
        }
        if !queued { reply.finish(.failure(.queueFull)) { onFault(.queueFull, nil) } }
    }
}

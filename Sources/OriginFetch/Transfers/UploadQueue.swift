import CacheModel
import NIOCore

/// The request body between the handler's `send` and libcurl's read callback.
struct UploadQueue {
    enum Taken {
        case bytes(Int)
        /// Nothing here yet.
        case wait
        case end
        /// The handler promised another length.
        case wrongLength
    }

    private let body: OriginRequest.Body
    /// Nil while there never was one, as for most requests.
    private var pieces: CircularBuffer<ByteBuffer>?
    private(set) var queued = 0
    private var taken: Int64 = 0
    private var isFinished: Bool
    /// Bytes given since the handler was last told to go on.
    private var unreported = 0

    init(_ body: OriginRequest.Body) {
        self.body = body
        isFinished = body == .none || body == .length(0)
    }

    /// Whether libcurl has all of the body.
    var isDone: Bool {
        switch body {
        case .none: true
        case .length(let length): taken >= length
        case .chunked: isFinished && queued == 0
        }
    }

    mutating func append(_ bytes: ByteBuffer) {
        guard !isFinished else { return }
        queued += bytes.readableBytes
        unreported += bytes.readableBytes
        if pieces == nil { pieces = CircularBuffer() }
        pieces!.append(bytes)
    }

    mutating func finish() { isFinished = true }

    /// Whether to tell the handler to go on: the queue is short, and since the last time so much was given that a
    /// handler which stops at the window may be waiting.
    mutating func wantsMore() -> Bool {
        let low = OriginRequest.uploadWindow / 2
        guard !isFinished, queued < low, unreported >= low else { return false }
        unreported = 0
        return true
    }

    mutating func take(into memory: UnsafeMutableRawBufferPointer) -> Taken {
        if case .length(let length) = body {
            if Int64(queued) > length - taken { return .wrongLength }
            if queued == 0, isFinished, taken < length { return .wrongLength }
        }
        if queued == 0 { return isFinished || isDone ? .end : .wait }
        var count = 0
        while count < memory.count, var piece = pieces?.first {
            let part = min(piece.readableBytes, memory.count - count)
            piece.readWithUnsafeReadableBytes { bytes in
                memory[count...].copyBytes(from: bytes.prefix(part))
                return part
            }
            count += part
            if piece.readableBytes == 0 { pieces!.removeFirst() } else { pieces![pieces!.startIndex] = piece }
        }
        queued -= count
        taken += Int64(count)
        return .bytes(count)
    }
}

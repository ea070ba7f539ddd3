import Glibc
import NIOCore

/// Plays an answer's steps on its connection: waits by timers, bodies in pieces while the peer reads.
/// Everything on the connection's loop.
final class AnswerPlayer {
    private static let piece: Int64 = 64 << 10
    /// How often a body with a rate sends.
    private static let beat: Int64 = 50

    private var steps: ArraySlice<Answer.Step>
    private var onEnd: (() -> Void)?
    private var timer: Scheduled<Void>?
    private var waiting = false
    private var isCancelled = false

    init(_ answer: Answer, onEnd: @escaping () -> Void) {
        steps = answer.steps[...]
        self.onEnd = onEnd
    }

    func cancel() {
        isCancelled = true
        timer?.cancel()
        steps = []
        onEnd = nil
    }

    /// Goes on as far as it can; called again when the channel is writable.
    func play(_ context: ChannelHandlerContext) {
        while !waiting, context.channel.isWritable, let step = steps.popFirst() {
            switch step {
            case .bytes(let bytes):
                write(ByteBuffer(bytes: bytes), context)
            case .wait(let milliseconds):
                wait(milliseconds, context)
            case .body(let body, let range, let rate, let chunked):
                playBody(body, range, rate: rate, chunked: chunked, context)
            case .hang:
                waiting = true
            case .reset:
                reset(context)
            }
        }
        if steps.isEmpty, !waiting { end(context) }
    }

    private func playBody(
        _ body: PageBody, _ range: Range<Int64>, rate: Int64?, chunked: Bool, _ context: ChannelHandlerContext
    ) {
        guard !range.isEmpty else { return }
        let most = rate.map { max(1, $0 * Self.beat / 1000) } ?? Self.piece
        let end = min(range.upperBound, range.lowerBound + min(most, 8 << 20))
        var buffer = context.channel.allocator.buffer(capacity: Int(end - range.lowerBound) + 32)
        if chunked { buffer.writeString(String(end - range.lowerBound, radix: 16) + "\r\n") }
        body.write(range.lowerBound..<end, to: &buffer)
        if chunked { buffer.writeString("\r\n") }
        write(buffer, context)
        // The write may have found the connection broken.
        guard end < range.upperBound, !isCancelled else { return }
        steps = [.body(body, end..<range.upperBound, bytesPerSecond: rate, chunked: chunked)] + steps
        if rate != nil { wait(Self.beat, context) }
    }

    private func wait(_ milliseconds: Int64, _ context: ChannelHandlerContext) {
        waiting = true
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) { [self] in
            waiting = false
            play(context)
        }
    }

    private func write(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(buffer), promise: nil)
    }

    private func end(_ context: ChannelHandlerContext) {
        guard let onEnd else { return }
        self.onEnd = nil
        // An empty write behind all the others: the answer counts as sent once the kernel has its last byte.
        context.writeAndFlush(NIOAny(ByteBuffer())).assumeIsolated().whenSuccess(onEnd)
    }

    /// With a linger time of zero, closing sends RST in place of FIN.
    private func reset(_ context: ChannelHandlerContext) {
        waiting = true
        guard let options = context.channel as? any SocketOptionProvider else { return }
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}

import NIOCore

/// One connection: a request at a time, each answered by the script that the router makes of it.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let pages: Router
    private var reader = RequestReader()
    private var player: AnswerPlayer?
    /// Whose answer goes out now, for the counters.
    private var answering: Request?
    /// The answer is out and the connection ends: what still comes is dropped.
    private var isLingering = false
    /// Which request for its target the one being read or answered is.
    private var turn = 1

    init(pages: Router) { self.pages = pages }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLingering else { return }
        var bytes = unwrapInboundIn(data)
        reader.append(&bytes)
        readRequests(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { player?.play(context) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        player?.cancel()
        player = nil
        if let request = answering { pages.record.aborted(request) }
        answering = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func readRequests(_ context: ChannelHandlerContext) {
        while answering == nil {
            switch reader.next() {
            case .needsMore:
                return
            case .head(let request):
                turn = pages.record.received(request)
                if pages.answersBeforeBody(request) {
                    start(request, context)
                } else if request.field("expect")?.lowercased() == "100-continue" {
                    context.writeAndFlush(
                        wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
                }
            case .complete(let request):
                start(request, context)
            case .unreadable(let reason):
                let body = "fixture origin: \(reason)\n"
                let text = "HTTP/1.1 400 Bad Request\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
                let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + body)))
                written.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
                return
            }
        }
    }

    private func start(_ request: Request, _ context: ChannelHandlerContext) {
        answering = request
        let answer = pages.answer(request, turn: turn)
        let player = AnswerPlayer(answer) { [self] in
            pages.record.completed(request)
            answering = nil
            self.player = nil
            if pages.answersBeforeBody(request) {
                linger(context)
            } else if answer.closes || !request.keepsAlive {
                context.close(promise: nil)
            } else {
                readRequests(context)
            }
        }
        self.player = player
        player.play(context)
    }

    /// Ends its own side and goes on reading for a while: to close with bytes unread would reset the connection, and the
    /// peer might lose the answer (RFC 9112 §9.6).
    private func linger(_ context: ChannelHandlerContext) {
        isLingering = true
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: .seconds(5)) { channel.close(promise: nil) }
    }
}

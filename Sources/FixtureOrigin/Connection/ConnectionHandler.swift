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
    /// Which request for its target the one being read or answered is.
    private var turn = 1

    init(pages: Router) { self.pages = pages }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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
            if answer.closes || !request.keepsAlive {
                context.close(promise: nil)
            } else {
                readRequests(context)
            }
        }
        self.player = player
        player.play(context)
    }
}

internal import NIOCore

/// The end of one connection's pipeline: parses what comes and tells its receiver. Everything runs on the channel's loop.
final class ReplyHandler<Receiver: ReplyReceiver>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let receiver: Receiver
    private let attempt: UInt64
    private var parser: ReplyParser
    private var replies: [Reply] = []

    init(_ receiver: Receiver, attempt: UInt64, limits: ReplyLimits) {
        self.receiver = receiver
        self.attempt = attempt
        self.parser = ReplyParser(limits: limits)
    }

    func channelActive(context: ChannelHandlerContext) {
        receiver.connected(context.channel, attempt)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        var fault: ReplyFault?
        bytes.withUnsafeReadableBytes { raw in
            do throws(ReplyFault) { try parser.parse(raw, into: &replies) } catch { fault = error }
        }
        // Out of the parser before any callback runs: one may use, or give up, this very connection.
        var complete: [Reply] = []
        swap(&complete, &replies)
        for reply in complete { receiver.received(reply, attempt) }
        if complete.count <= 64, replies.isEmpty {
            complete.removeAll(keepingCapacity: true)
            replies = complete
        }
        if let fault { receiver.failed(.corrupt(fault), attempt) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        receiver.failed(.closedByServer, attempt)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        receiver.failed(.failed("\(error)"), attempt)
    }
}

import Foundation
import NIOCore
import NIOPosix
import RedisLocation
import RedisTier

/// A connection that sends GET and takes the value as it comes, and no more: no time budget, no breaker, no bounds, no
/// record. The same kind of connection as the tier's. On its loop only.
final class BareConnection: ChannelInboundHandler, @unchecked Sendable {
    // Safe because everything is touched on the channel's loop alone.
    typealias InboundIn = ByteBuffer

    private var channel: (any Channel)?
    private var waiting = CircularBuffer<(Int) -> Void>()
    private var received = ByteBuffer()
    /// The value that is on its way, its line's end included, and how many of its bytes are.
    private var value = ByteBuffer()
    private var missing = 0
    private var outgoing = ByteBuffer()
    private var isFlushScheduled = false

    static func open(_ configuration: RedisTierConfiguration, on eventLoop: any EventLoop) async throws
        -> BareConnection
    {
        let bare = BareConnection()
        let bootstrap = ClientBootstrap(group: eventLoop)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 16 << 10, maximum: 256 << 10)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bare) }
            }
        let channel: any Channel
        switch configuration.deployment {
        case .standalone(.host(let host, let port)):
            channel = try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: host, port: port).get()
        case .standalone(.unixSocket(let path)):
            channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
        case .sentinel, .cluster: throw BenchmarkFailure(what: "give it one server")
        }
        try await eventLoop.submit { bare.channel = channel }.get()
        return bare
    }

    /// `done` gets the value's length.
    func get(_ key: String, _ done: @escaping (Int) -> Void) {
        waiting.append(done)
        var command = ByteBuffer()
        command.reserveCapacity(key.utf8.count + 32)
        command.writeStaticString("*2\r\n$3\r\nGET\r\n$")
        command.writeString(String(key.utf8.count))
        command.writeStaticString("\r\n")
        command.writeString(key)
        command.writeStaticString("\r\n")
        outgoing.writeImmutableBuffer(command)
        // One system call for what a turn of the loop sends, as the tier does.
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        channel?.eventLoop.execute {
            self.isFlushScheduled = false
            self.channel?.writeAndFlush(self.outgoing, promise: nil)
            self.outgoing = ByteBuffer()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if missing > 0 {
            // A value that did not come in one piece: put together in memory of its size, no byte copied twice.
            guard var part = bytes.readSlice(length: min(missing, bytes.readableBytes)) else { return }
            missing -= part.readableBytes
            value.writeBuffer(&part)
            guard missing == 0 else { return }
            finish(value, length: value.readableBytes - 2)
            value = ByteBuffer()
        }
        if received.readableBytes == 0 {
            received = bytes
        } else {
            received.writeBuffer(&bytes)
        }
        while received.readableBytes > 0, take() {}
        if received.readableBytes == 0 { received = ByteBuffer() }
    }

    /// A value that is here as a whole is where it was received. False: what is left does not say how long the next is.
    private func take() -> Bool {
        let view = received.readableBytesView
        guard view.first == UInt8(ascii: "$"), let end = view.prefix(24).firstIndex(of: 0x0a) else { return false }
        var length = 0
        for byte in view[(view.startIndex + 1)..<(end - 1)] { length = length * 10 + Int(byte &- 0x30) }
        received.moveReaderIndex(forwardBy: end + 1 - view.startIndex)
        if let whole = received.readSlice(length: length + 2) {
            finish(whole, length: length)
            return true
        }
        value = ByteBuffer()
        value.reserveCapacity(length + 2)
        missing = length + 2 - received.readableBytes
        value.writeBuffer(&received)
        return false
    }

    private func finish(_ value: ByteBuffer, length: Int) {
        waiting.removeFirst()(value.getSlice(at: value.readerIndex, length: length)?.readableBytes ?? -1)
    }
}

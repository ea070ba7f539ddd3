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
        command.writeString("*2\r\n$3\r\nGET\r\n$\(key.utf8.count)\r\n\(key)\r\n")
        channel?.write(command, promise: nil)
        // One system call for what a turn of the loop sends, as the tier does.
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        channel?.eventLoop.execute {
            self.isFlushScheduled = false
            self.channel?.flush()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if received.readableBytes == 0 { received = bytes } else { received.writeBuffer(&bytes) }
        while let value = take() { waiting.removeFirst()(value.readableBytes) }
    }

    private func take() -> ByteBuffer? {
        let view = received.readableBytesView
        guard view.first == UInt8(ascii: "$"), let end = view.prefix(24).firstIndex(of: 0x0a) else { return nil }
        var length = 0
        for byte in view[(view.startIndex + 1)..<(end - 1)] { length = length * 10 + Int(byte &- 0x30) }
        let headLength = end + 1 - view.startIndex
        guard received.readableBytes >= headLength + length + 2 else { return nil }
        received.moveReaderIndex(forwardBy: headLength)
        let value = received.readSlice(length: length)
        received.moveReaderIndex(forwardBy: 2)
        if received.readableBytes == 0 { received = ByteBuffer() }
        return value
    }
}

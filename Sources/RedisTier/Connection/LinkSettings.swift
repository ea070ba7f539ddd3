internal import NIOCore
internal import NIOPosix

/// What every link to one server has in common.
struct LinkSettings: Sendable {
    let address: RedisTierConfiguration.Address
    let handshake: [Command]
    let limits: ConnectionLimits
    let replyLimits: ReplyLimits
    let timeout: Int64
    let connectTimeout: Int64
    let breakerThreshold: Int

    /// A record is its body and a head; a head above this is not written, and no larger value is taken in.
    static let headAllowance = 256 << 10

    /// - Parameter replyLimits: other bounds than those of a tier's values.
    init(_ configuration: RedisTierConfiguration, replyLimits: ReplyLimits? = nil) {
        address = configuration.address
        timeout = configuration.timeoutMilliseconds
        connectTimeout = configuration.connectTimeoutMilliseconds
        breakerThreshold = configuration.breakerThreshold
        limits = ConnectionLimits(
            maxOperations: configuration.maxQueuedOperations, maxBytes: configuration.maxQueuedBytes)
        let maxValue = configuration.maxObject + Self.headAllowance
        self.replyLimits = replyLimits ?? ReplyLimits(maxBulk: maxValue, maxSkipped: 8 * maxValue)
        var handshake: [Command] = []
        if let password = configuration.password {
            if let username = configuration.username {
                handshake.append(Command("AUTH", username, password))
            } else {
                handshake.append(Command("AUTH", password))
            }
        }
        if configuration.database != 0 { handshake.append(Command("SELECT", String(configuration.database))) }
        // Only an answered PING proves that someone serves behind the socket: a stopped or loading server accepts too.
        handshake.append(Command("PING"))
        self.handshake = handshake
    }

    /// Opens a connection whose channel reports to the link under that attempt's number.
    func connect(on eventLoop: any EventLoop, link: Link, attempt: UInt64) {
        let replyLimits = self.replyLimits
        var bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(.milliseconds(connectTimeout))
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 16 << 10, maximum: 256 << 10)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ReplyHandler(link: link, attempt: attempt, limits: replyLimits))
                }
            }
        let connecting: EventLoopFuture<any Channel>
        switch address {
        case .host(let host, let port):
            bootstrap = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
            connecting = bootstrap.connect(host: host, port: port)
        case .unixSocket(let path):
            connecting = bootstrap.connect(unixDomainSocketPath: path)
        }
        connecting.whenFailure { link.failed(.connectFailed(Self.words(for: $0)), attempt) }
    }

    private static func words(for error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return "\(error)" }
        if let first = error.connectionErrors.first { return "\(first.error)" }
        return "no address for \(error.host): \(error.dnsAError.map { "\($0)" } ?? "unknown name")"
    }
}

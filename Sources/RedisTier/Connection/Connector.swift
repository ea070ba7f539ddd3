internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import RedisLocation

/// Opens connections to Redis servers, by TLS where that is wanted.
struct Connector: Sendable {
    /// From the start to a connection that stands.
    let timeoutMilliseconds: Int64
    private let tls: NIOSSLContext?
    private let namesHost: Bool

    init(timeoutMilliseconds: Int64, tls: RedisTLS?) throws(RedisConfigurationError) {
        self.timeoutMilliseconds = timeoutMilliseconds
        self.tls = try tls.map { (tls) throws(RedisConfigurationError) in try Self.context(tls) }
        namesHost = tls?.verification == .full
    }

    /// A connection whose replies go to the receiver under that attempt's number; a failure to connect too.
    func connect<Receiver: ReplyReceiver>(
        to address: RedisAddress, on eventLoop: any EventLoop, limits: ReplyLimits, _ receiver: Receiver,
        attempt: UInt64
    ) {
        var bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(.milliseconds(timeoutMilliseconds))
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 16 << 10, maximum: 256 << 10)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(self.handler(tls, address)) }
                    try channel.pipeline.syncOperations.addHandler(
                        ReplyHandler(receiver, attempt: attempt, limits: limits))
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
        connecting.whenFailure { receiver.failed(.connectFailed(Self.words(for: $0)), attempt) }
    }

    /// For an address the certificate must name the address; SNI has names only (RFC 6066 §3).
    private func handler(_ context: NIOSSLContext, _ address: RedisAddress) throws -> NIOSSLClientHandler {
        var name: String?
        if namesHost, case .host(let host, let port) = address,
            (try? SocketAddress(ipAddress: host, port: port)) == nil
        {
            name = host
        }
        return try NIOSSLClientHandler(context: context, serverHostname: name)
    }

    private static func context(_ tls: RedisTLS) throws(RedisConfigurationError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        switch tls.verification {
        case .full: configuration.certificateVerification = .fullVerification
        case .chain: configuration.certificateVerification = .noHostnameVerification
        case .none: configuration.certificateVerification = .none
        }
        if let path = tls.authorities {
            let found = try read(path) { try NIOSSLCertificate.fromPEMFile($0) }
            guard !found.isEmpty else { throw .badTLSFile(path, "no certificate in it") }
            configuration.trustRoots = .certificates(found)
        }
        switch (tls.certificate, tls.key) {
        case (nil, nil): break
        case (let certificate?, let key?):
            let chain = try read(certificate) { try NIOSSLCertificate.fromPEMFile($0) }
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(try read(key) { try NIOSSLPrivateKey(file: $0, format: .pem) })
        default: throw .certificateWithoutKey
        }
        let name = tls.certificate ?? tls.authorities ?? "the configuration"
        return try read(name) { _ in try NIOSSLContext(configuration: configuration) }
    }

    private static func read<Value>(
        _ path: String, _ body: (String) throws -> Value
    ) throws(RedisConfigurationError) -> Value {
        do { return try body(path) } catch { throw .badTLSFile(path, words(for: error)) }
    }

    private static func words(for error: any Error) -> String {
        switch error as? NIOSSLError {
        case .failedToLoadCertificate?: return "no PEM certificate that can be read"
        case .failedToLoadPrivateKey?: return "no PEM key that can be read, or not the certificate's"
        default: break
        }
        guard let error = error as? NIOConnectionError else { return "\(error)" }
        if let first = error.connectionErrors.first { return "\(first.error)" }
        return "no address for \(error.host): \(error.dnsAError.map { "\($0)" } ?? "unknown name")"
    }
}

/// Whom a connection reports to, on its loop, with the number of the attempt that it is.
protocol ReplyReceiver: AnyObject, Sendable {
    func connected(_ channel: any Channel, _ attempt: UInt64)
    func received(_ reply: Reply, _ attempt: UInt64)
    func failed(_ fault: LinkFault, _ attempt: UInt64)
}

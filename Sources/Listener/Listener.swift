package import CacheModel
package import Engine
internal import Glibc
package import HTTPMessage
package import Logging
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// The public listener: accepts connections on all its addresses and speaks HTTP/1 on them, one event loop a thread.
package final class Listener: Sendable {
    package struct Configuration: Sendable {
        package enum Address: Sendable, Hashable {
            case tcp(host: String, port: Int)
            case unix(path: String)
        }

        package var addresses: [Address]
        package var limits: MessageLimits
        /// Open client connections; beyond it new ones are closed at once.
        package var maxConnections: Int
        /// Milliseconds, each.
        package var headerTimeout: Int64
        package var bodyTimeout: Int64
        package var idleTimeout: Int64
        package var writeTimeout: Int64

        package init(
            addresses: [Address], limits: MessageLimits = MessageLimits(), maxConnections: Int = 100_000,
            headerTimeout: Int64 = 10_000, bodyTimeout: Int64 = 30_000, idleTimeout: Int64 = 60_000,
            writeTimeout: Int64 = 30_000
        ) {
            self.addresses = addresses
            self.limits = limits
            self.maxConnections = maxConnections
            self.headerTimeout = headerTimeout
            self.bodyTimeout = bodyTimeout
            self.idleTimeout = idleTimeout
            self.writeTimeout = writeTimeout
        }
    }

    /// Why it can't listen.
    package struct BindError: Error, CustomStringConvertible {
        package var description: String
    }

    private let configuration: Configuration
    private let logger: Logger
    private let contexts: [NIOLoopBound<LoopContext>]
    private let group: any EventLoopGroup
    private let openConnections = Atomic<Int>(0)
    private let servers = Mutex<[any Channel]>([])

    /// - Parameters:
    ///   - loops: the event loops, in the order of their indices; `group` is made of the same.
    ///   - logs: one for each loop.
    package init(
        _ configuration: Configuration, engine: Engine, loops: [NIOLoop], group: any EventLoopGroup,
        logs: [any RequestLog], logger: Logger
    ) async throws {
        self.configuration = configuration
        self.group = group
        self.logger = logger
        var contexts: [NIOLoopBound<LoopContext>] = []
        for (loop, log) in zip(loops, logs) {
            contexts.append(
                try await loop.eventLoop.submit {
                    let context = LoopContext(
                        worker: Worker(engine: engine, loop: loop), log: log, configuration: configuration)
                    return NIOLoopBound(context, eventLoop: loop.eventLoop)
                }.get())
        }
        self.contexts = contexts
    }

    package var connectionCount: Int { openConnections.load(ordering: .relaxed) }

    /// Begins to listen. Returns the addresses as bound, in the order of the configuration: `127.0.0.1:8080`.
    package func start() async throws(BindError) -> [String] {
        var bound: [String] = []
        for address in configuration.addresses {
            do {
                let channel = try await bind(address)
                servers.withLock { $0.append(channel) }
                bound.append(Self.text(address, channel))
            } catch {
                throw BindError(description: "listen \(Self.text(address, nil)): \(SystemText.of(error))")
            }
        }
        startDeadlineChecks()
        return bound
    }

    private func bind(_ address: Configuration.Address) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 128 << 10, high: 256 << 10))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
            }
        switch address {
        case .tcp(let host, let port):
            return try await bootstrap.childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .bind(host: host, port: port).get()
        case .unix(let path):
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        }
    }

    private func accept(_ channel: any Channel) throws {
        let open = openConnections.add(1, ordering: .relaxed).newValue
        channel.closeFuture.whenComplete { _ in self.openConnections.subtract(1, ordering: .relaxed) }
        guard open <= configuration.maxConnections else {
            logger.warning("a connection was refused: limits.connections is reached")
            channel.close(promise: nil)
            return
        }
        guard let context = contexts.first(where: { $0.isOn(channel.eventLoop) }) else {
            preconditionFailure("a connection came on a loop that is not the listener's")
        }
        try channel.pipeline.syncOperations.addHandler(
            ConnectionHandler(context.value, address: ClientAddress(of: channel)))
    }

    private func startDeadlineChecks() {
        let least = min(
            configuration.headerTimeout, configuration.bodyTimeout, configuration.idleTimeout,
            configuration.writeTimeout)
        let interval = TimeAmount.milliseconds(max(20, min(1000, least / 4)))
        for context in contexts {
            context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
                context.value.checkDeadlines()
            }
        }
    }

    /// Stops accepting, closes idle connections at once and lets open requests finish for at most the bound.
    package func drain(withinMilliseconds bound: Int64) async {
        let channels = servers.withLock { servers in
            defer { servers = [] }
            return servers
        }
        for channel in channels { try? await channel.close().get() }
        for context in contexts { context.eventLoop.execute { context.value.drain() } }
        let end = Clocks.monotonicMicroseconds() + bound * 1000
        while connectionCount > 0, Clocks.monotonicMicroseconds() < end {
            try? await Task.sleep(for: .milliseconds(10))
        }
        if connectionCount > 0 {
            logger.warning(
                "requests were cut off: shutdown_timeout is over", metadata: ["connections": "\(connectionCount)"])
            for context in contexts { context.eventLoop.execute { context.value.closeAll() } }
        }
    }

    private static func text(_ address: Configuration.Address, _ channel: (any Channel)?) -> String {
        switch address {
        case .tcp(let host, let port):
            "\(host.contains(":") ? "[\(host)]" : host):\(channel?.localAddress?.port ?? port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension NIOLoopBound {
    fileprivate func isOn(_ eventLoop: any EventLoop) -> Bool { self.eventLoop === eventLoop }
}

extension ClientAddress {
    init(of channel: any Channel) {
        switch channel.remoteAddress {
        case .unixDomainSocket:
            self.init(text: Array("unix".utf8), packed: [], secure: false)
        case .v4, .v6, nil:
            let text = channel.remoteAddress?.ipAddress ?? ""
            // A peer that is gone already has no address: it is in no set, and is not taken for a unix socket.
            self.init(text: Array(text.utf8), packed: IPAddress(text)?.packed ?? [0], secure: false)
        }
    }
}

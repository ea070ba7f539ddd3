package import Engine
internal import Hummingbird
package import Logging

/// The admin API on a listener of its own. It runs until its task is cancelled, and leaves signals alone.
package struct AdminServer: Sendable {
    package enum Address: Sendable, Equatable {
        /// A name or address without brackets; port 0 is any free one.
        case tcp(host: String, port: Int)
        case unix(path: String)

        /// Whether only this machine reaches it.
        var isLocal: Bool {
            switch self {
            case .tcp(let host, _): LoopbackName.isLoopback(host: host)
            case .unix: true
            }
        }
    }

    package struct Configuration: Sendable, Equatable {
        package var address: Address
        /// Wanted as `Authorization: Bearer`, when there is one.
        package var token: String?

        package init(address: Address, token: String?) {
            self.address = address
            self.token = token
        }

        package init(host: String, port: Int, token: String?) {
            self.init(address: .tcp(host: host, port: port), token: token)
        }
    }

    package enum StartError: Error, CustomStringConvertible {
        /// There must be a token unless the listener is on loopback or a unix socket.
        case tokenMissing

        package var description: String { "admin.token is wanted: admin.listen is not on loopback" }
    }

    private let configuration: Configuration
    private let control: any ProxyControl
    private let logger: Logger

    package init(
        configuration: Configuration, control: any ProxyControl, logger: Logger = Logger(label: "strata.admin")
    ) {
        self.configuration = configuration
        self.control = control
        self.logger = logger
    }

    /// Serves until the task is cancelled, which ends it without an error.
    /// - Parameter onBound: gets `host:port`, `[v6]:port` or `unix:/path` as soon as connections are accepted.
    /// - Throws: `StartError`, or why the address can't be bound.
    package func run(onBound: @escaping @Sendable (String) -> Void) async throws {
        let token = configuration.token.flatMap { $0.isEmpty ? nil : Array($0.utf8) }
        guard token != nil || configuration.address.isLocal else { throw StartError.tokenMissing }
        let address: BindAddress
        var refusesBrowsers = false
        switch configuration.address {
        case .tcp(let host, let port):
            address = .hostname(host, port: port)
            refusesBrowsers = configuration.address.isLocal
        case .unix(let path):
            address = .unixDomainSocket(path: path)
        }
        var table = RouteTable()
        HealthRoutes.add(to: &table, control: control)
        StatisticsRoutes.add(to: &table, control: control)
        LayerRoutes.add(to: &table, control: control)
        InvalidationRoutes.add(to: &table, control: control)
        KeyRoutes.add(to: &table, control: control)
        FastlyRoutes.add(to: &table, control: control)
        let desk = PurgeDesk(control: control)
        // Hummingbird tells each start and stop, and that it was stopped as an error; that is our own log's business.
        // What keeps it from serving is thrown.
        var quiet = logger
        quiet.logLevel = .critical
        let application = Application(
            responder: table.responder(
                AccessRule(token: token, refusesBrowsers: refusesBrowsers, purgeTokens: control.purgeTokens)
            ) { request, context, problem in
                control.refusePurge(
                    PurgeAnswer(status: problem.status.code, error: problem.detail ?? ""),
                    by: desk.caller(request, context, interface: "admin"))
            },
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(address: address),
            onServerRunning: { [configuration] channel in
                onBound(configuration.address.text(port: channel.localAddress?.port))
            },
            logger: quiet)
        do {
            try await application.run()
        } catch {
            guard Task.isCancelled else { throw error }
        }
    }
}

extension AdminServer.Address {
    /// As people write it, with the port that was bound.
    func text(port bound: Int?) -> String {
        switch self {
        case .tcp(let host, let port): (host.contains(":") ? "[\(host)]" : host) + ":\(bound ?? port)"
        case .unix(let path): "unix:" + path
        }
    }
}

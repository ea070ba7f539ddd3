package import Engine
internal import HTTPTypes
internal import Hummingbird
package import Logging

/// The admin listener (design.md section 8): health, readiness and statistics as JSON, on an address of its own.
package struct AdminServer: Sendable {
    package struct Configuration: Sendable {
        package enum Address: Sendable {
            case tcp(host: String, port: Int)
            case unix(path: String)
        }

        package var address: Address
        /// Asked for as `Authorization: Bearer`; nil: the listener is on loopback and needs none.
        package var token: String?

        package init(address: Address, token: String?) {
            self.address = address
            self.token = token
        }
    }

    private let configuration: Configuration
    private let control: any ProxyControl
    private let logger: Logger

    package init(configuration: Configuration, control: any ProxyControl, logger: Logger) {
        self.configuration = configuration
        self.control = control
        self.logger = logger
    }

    /// Serves until the task is cancelled. `onBound` gets the address once it is bound: `127.0.0.1:9090`.
    package func run(onBound: @escaping @Sendable (String) -> Void) async throws {
        let router = Router()
        router.add(middleware: ProblemMiddleware())
        if case .tcp(let host, _) = configuration.address, LoopbackGuard.isLoopback(host) {
            router.add(middleware: LoopbackGuard())
        }
        if let token = configuration.token { router.add(middleware: TokenGuard(token: token)) }
        HealthRoutes(control: control).add(to: router)
        StatisticsRoutes(control: control).add(to: router)
        let address: BindAddress
        switch configuration.address {
        case .tcp(let host, let port): address = .hostname(host, port: port)
        case .unix(let path): address = .unixDomainSocket(path: path)
        }
        let text = configuration.address
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: address),
            onServerRunning: { channel in
                switch text {
                case .tcp(let host, let port):
                    onBound("\(host.contains(":") ? "[\(host)]" : host):\(channel.localAddress?.port ?? port)")
                case .unix(let path): onBound("unix:\(path)")
                }
            }, logger: logger)
        // `run`, not `runService`: the signals are the executable's.
        try await application.run()
    }
}

import ArgumentParser
import Settings

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the proxy until SIGTERM or SIGINT.",
        discussion: """
            With a file: proxy.conf in this folder, or --config. Without one: --origin, with 256 MB of memory as the only
            tier. SIGTERM and SIGINT drain: no new connections, open requests finish. SIGUSR1 reopens the access log.
            """)

    @Option(name: .long, help: "The configuration file. Default: proxy.conf, or none with --origin.")
    var config: String?

    @Option(name: .long, help: "Listen here instead of where the file says: host:port or unix:/path. May be repeated.")
    var listen: [String] = []

    @Option(name: .long, help: "The origin, for every host: http://127.0.0.1:3000.")
    var origin: String?

    @Option(name: .long, help: "The admin listener: host:port.")
    var admin: String?

    func run() async throws {
        let overrides = Overrides(listen: listen, origin: origin, adminListen: admin)
        let configuration = try ConfigurationFile.load(config, overrides: overrides)
        try await Proxy.run(configuration)
    }
}

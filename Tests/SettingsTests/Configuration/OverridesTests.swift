import Engine
import Testing

// For the memberwise initialisers: nobody else makes these values by hand.
@testable import Settings

@Suite("The command line")
struct OverridesTests {
    @Test("an origin alone is a configuration: memory of 256MB, one site for all hosts")
    func noFile() throws {
        let configuration = try Configuration.load(overrides: Overrides(origin: "http://127.0.0.1:3000"))
        #expect(configuration.tiers == .init(memory: .init(size: 256 << 20, policy: .adaptive, maxObject: 8 << 20)))
        #expect(configuration.sites.map(\.hosts) == [["*"]])
        #expect(configuration.sites[0].cache.staleIfError == 3_600_000)
        #expect(configuration.origins.map(\.server) == [.init(scheme: .http, host: "127.0.0.1", port: 3000)])
        #expect(configuration.origins[0].timeout == 30_000)
        #expect(Array("any.example".utf8).withUnsafeBytes { configuration.siteTable.index(ofHost: $0) } == 0)
    }

    @Test("listeners on it replace those of the file")
    func listen() throws {
        let overrides = Overrides(listen: ["127.0.0.1:0", "127.0.0.1:0", "unix:/tmp/s"], adminListen: "127.0.0.1:0")
        let configuration = try Samples.load("listen: 0.0.0.0:80\n" + Samples.least, overrides: overrides)
        #expect(
            configuration.listen == [
                .tcp(host: "127.0.0.1", port: 0), .tcp(host: "127.0.0.1", port: 0), .unix(path: "/tmp/s"),
            ])
        #expect(configuration.admin?.listen == .tcp(host: "127.0.0.1", port: 0))
        #expect(try Samples.load(Samples.least, overrides: Overrides(adminListen: "off")).admin == nil)
    }

    @Test("an origin on it goes with a file that has no sites")
    func originWithFile() throws {
        let configuration = try Samples.load(
            "tiers: { disk: { path: d } }\nsites: []\n", overrides: Overrides(origin: "https://h"))
        #expect(configuration.tiers.memory == nil)
        #expect(configuration.tiers.disk?.path == "d")
        #expect(configuration.origins.map(\.name) == ["https://h:443"])
    }

    @Test(
        "its mistakes name the option",
        arguments: [
            (
                Overrides(origin: "http://other"),
                "--origin: the file has sites of its own; change their origins there, or leave the option out"
            ),
            (
                Overrides(listen: ["8080"]),
                "--listen: \"8080\" has no host; did you mean \"0.0.0.0:8080\" (everywhere) or \"127.0.0.1:8080\"?"
            ),
            (Overrides(listen: ["127.0.0.1:1", "127.0.0.1:1"]), "--listen: \"127.0.0.1:1\" is --listen already"),
            (
                Overrides(adminListen: "0.0.0.0:1"),
                "--admin: \"0.0.0.0:1\" is not on loopback: set admin.token, or listen on 127.0.0.1"
            ),
            (
                Overrides(listen: ["${HOME}:1"]),
                "--listen: \"${HOME}:1\" is not an address to listen on; write \"host:port\", \"[v6]:port\" "
                    + "or \"unix:/path\", as \"127.0.0.1:8080\""
            ),
        ])
    func mistakes(_ overrides: Overrides, _ message: String) {
        #expect(Samples.mistakes(Samples.least, overrides: overrides) == [message])
    }

    @Test("without file and origin there is no site")
    func nothing() {
        let error = #expect(throws: ConfigurationError.self) { try Configuration.load(overrides: Overrides()) }
        #expect(
            error?.description == "sites: no sites; name at least one with hosts and origin, or run with --origin URL")
        let wrong = #expect(throws: ConfigurationError.self) {
            try Configuration.load(overrides: Overrides(origin: "h:80"))
        }
        #expect(
            wrong?.description
                == "--origin: \"h:80\" is not the URL of a server; "
                + "write scheme, host and port, as \"http://127.0.0.1:3000\""
        )
    }
}

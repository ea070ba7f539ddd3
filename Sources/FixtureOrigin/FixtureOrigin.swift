import ArgumentParser

/// The origin of the demo and of the tests: a sample site, pages scripted by their query, and answers no server should
/// send. It believes what it is asked and measures what reaches it; it is never a part of the proxy.
@main
struct FixtureOrigin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "FixtureOrigin",
        abstract: "An origin server for trying and testing Strata.",
        discussion: Manual.text)

    @Option(help: "Where to listen. Port 0 takes a free one, which the first line of output names.")
    var listen = "127.0.0.1:3000"

    @Option(help: "The folder of the sample site.")
    var site = "fixtures/site"

    @Option(help: "The folder of recorded messages (NAME.http), sent byte for byte at /recorded/NAME.")
    var messages = "fixtures/messages"

    mutating func validate() throws {
        guard Self.hostAndPort(listen) != nil else { throw ValidationError("--listen wants HOST:PORT, not \(listen)") }
    }

    func run() throws {
        guard let (host, port) = Self.hostAndPort(listen) else { return }
        let server = OriginServer(pages: Router(site: Folder(path: site), messages: Folder(path: messages)))
        try server.run(host: host, port: port)
    }

    static func hostAndPort(_ text: String) -> (String, Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        return (String(text[..<colon].filter { $0 != "[" && $0 != "]" }), port)
    }
}

import ArgumentParser
import CacheModel
import Foundation
import HTTPMessage
import Listener
import NIOPosix
import OriginFetch

struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Purge a URL: every variant, from every tier.",
        discussion: """
            Sends PURGE to the proxy that serves the URL and prints its answer. A path that ends in * is a prefix.
            Exit status 0: applied everywhere; 1: refused or not reached; 2: accepted, but not applied everywhere yet.
            """)

    @Argument(help: "The URL as clients ask for it, for example http://127.0.0.1:8080/page.")
    var url: String

    @Option(name: .long, help: "Where the proxy listens, if the URL's host is not its address: http://127.0.0.1:8080.")
    var proxy: String?

    @Flag(name: .long, help: "Make it stale instead of removing it.")
    var soft = false

    @Option(name: .long, help: "A purge token; without one $STRATA_PURGE_TOKEN, if set.")
    var token: String?

    func run() async throws {
        let named = Self.address(url, "the URL")
        let server = proxy.map { Self.address($0, "--proxy") } ?? named
        var fields = FieldBlock()
        fields.append(.host, named.authority)
        fields.append(.userAgent, "strata-purge/\(StrataVersion.text)")
        if soft { fields.append(.softPurge, "1") }
        if let token = token ?? ProcessInfo.processInfo.environment["STRATA_PURGE_TOKEN"], !token.isEmpty {
            guard token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                ConfigurationFile.fail("--token: a token is printable ASCII without spaces")
            }
            fields.append(.authorization, "Bearer \(token)")
        }
        let request = OriginRequest(
            server: server.server, method: Array("PURGE".utf8), target: Array(named.target.utf8), fields: fields)
        switch await OneFetch.perform(request) {
        case .failure(let failure):
            ConfigurationFile.fail("\(server.server.url): \(failure.text)")
        case .success(let answer):
            print(answer.body, terminator: answer.body.hasSuffix("\n") ? "" : "\n")
            switch answer.status {
            case 200: return
            case 202: throw ExitCode(2)
            default: throw ExitCode(1)
            }
        }
    }

    private static func address(_ text: String, _ what: String) -> (
        server: OriginServer, authority: String, target: String
    ) {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme.flatMap({ OriginServer.Scheme(rawValue: $0.lowercased()) })
        else { ConfigurationFile.fail("\(what) \"\(text)\" is no http or https URL") }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let name = bare.contains(":") ? "[\(bare)]" : bare
        var target = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        if let query = parts.percentEncodedQuery { target += "?" + query }
        return (
            OriginServer(scheme: scheme, host: bare, port: parts.port ?? (scheme == .http ? 80 : 443)),
            parts.port.map { "\(name):\($0)" } ?? name, target
        )
    }
}

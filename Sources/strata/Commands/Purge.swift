import ArgumentParser
import CacheModel
import Engine
import Foundation
import HTTPMessage
import OriginFetch

struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Purge URLs, prefixes, patterns, tags, hosts or partitions, from every tier of every instance.",
        discussion: """
            One URL goes as PURGE to the proxy that serves it, and with --proxy each of several does, one after the other. \
            Everything else goes to the admin API as one request: all of it or nothing. A URL that ends in * is a prefix.
            Exit status 0: applied everywhere; 1: refused or not reached; 2: accepted, but not applied everywhere in time.
            """)

    @Argument(help: "URLs as clients ask for them, for example http://127.0.0.1:8080/page.")
    var urls: [String] = []

    @Option(name: .long, help: "A tag (surrogate key). May be given more than once, as may the next three.")
    var tag: [String] = []

    @Option(name: .long, help: "A host and the beginning of a path: example.com/news/.")
    var prefix: [String] = []

    @Option(
        name: .long, help: "A pattern: example.com/*/print, or /news/* on any host. * is any run of bytes, ? is one.")
    var glob: [String] = []

    @Option(name: .long, help: "A host: everything of it, on every port.")
    var host: [String] = []

    @Option(
        name: .long,
        help: "A partition: everything of it, or what else is named in it only. May be given more than once.")
    var partition: [String] = []

    @Flag(name: .long, help: "Everything.")
    var all = false

    @Flag(name: .long, help: "Make it stale instead of removing it.")
    var soft = false

    @Flag(name: .long, help: "Make it stale, and fetch again what was used lately, at a bounded rate.")
    var refresh = false

    @Option(name: .long, help: "How long to wait for the other instances: 500ms, 2s; at most 5m; 0s: not at all.")
    var wait = "2s"

    @Option(
        name: .long, help: "Purge once more after this time, for an origin that lags behind itself: 5s; at most 5m.")
    var again: String?

    @Flag(name: .long, help: "Print the answer as JSON.")
    var json = false

    @Option(name: .long, help: "Where the proxy listens, if the URL's host is not its address: http://127.0.0.1:8080.")
    var proxy: String?

    @Option(name: .long, help: "Where the admin API listens.")
    var admin = "http://127.0.0.1:9090"

    @Option(name: .long, help: "A purge token, or the admin token; without one $STRATA_PURGE_TOKEN, if set.")
    var token: String?

    func validate() throws {
        if urls.isEmpty, !hasOthers, partition.isEmpty {
            throw ValidationError("Name what to purge: a URL, --tag, --prefix, --glob, --host, --partition or --all.")
        }
        let empty = (tag + prefix + glob + host + partition).contains { $0.isEmpty }
        if empty { throw ValidationError("A name is empty.") }
    }

    private var hasOthers: Bool { all || !(tag + prefix + glob + host).isEmpty }

    func run() async throws {
        // One URL needs no admin API, and is purged where it is served.
        if hasOthers || urls.isEmpty || urls.count > 1 && proxy == nil {
            try await purgeByAdmin()
        } else {
            // None is sent before all are known to be URLs.
            let named = urls.map { (url: $0, address: RemoteAddress($0, "the URL")) }
            var worst = Outcome.applied
            for (url, address) in named { worst = max(worst, await purge(url, address)) }
            try worst.end()
        }
    }

    // MARK: The two ways

    private func purge(_ url: String, _ named: RemoteAddress) async -> Outcome {
        let server = proxy.map { RemoteAddress($0, "--proxy") } ?? named
        var fields = fields(host: named.authority)
        if soft { fields.append(.softPurge, "1") }
        if refresh { fields.append("Purge-Refresh", "1") }
        if !partition.isEmpty { fields.append("Purge-Partition", partition.joined(separator: ", ")) }
        fields.append(.purgeWait, wait)
        if let again { fields.append("Purge-Again", again) }
        let request = OriginRequest(
            server: server.server, method: Array("PURGE".utf8), target: Array(named.target.utf8), fields: fields)
        return await send(request, to: server, what: url)
    }

    private func purgeByAdmin() async throws {
        let server = RemoteAddress(admin, "--admin")
        var body: [String: Any] = [:]
        let named = [
            ("urls", urls), ("tags", tag), ("prefixes", prefix), ("patterns", glob), ("hosts", host),
            ("partitions", partition),
        ]
        for (name, texts) in named where !texts.isEmpty { body[name] = texts }
        if all { body["all"] = true }
        if soft { body["soft"] = true }
        if refresh { body["refresh"] = true }
        body["wait"] = wait
        if let again { body["again"] = again }
        guard let data = try? JSONSerialization.data(withJSONObject: body, options: [.sortedKeys]) else {
            ConfigurationFile.fail("what to purge has no form in JSON")
        }
        var fields = fields(host: server.authority)
        fields.append(.contentType, "application/json")
        let request = OriginRequest(
            server: server.server, method: Array("POST".utf8), target: Array("/cache/invalidate".utf8),
            fields: fields, body: .length(Int64(data.count)))
        try await send(request, body: Array(data), to: server, what: names).end()
    }

    private var names: String {
        var all = urls + tag.map { "tag \($0)" } + prefix.map { "prefix \($0)" } + glob.map { "pattern \($0)" }
        all += host.map { "host \($0)" }
        if self.all { all.append("everything") }
        let partitions = partition.map { "partition \($0)" }.joined(separator: ", ")
        guard !partitions.isEmpty else { return all.joined(separator: ", ") }
        return all.isEmpty ? partitions : "\(all.joined(separator: ", ")) in \(partitions)"
    }

    private func fields(host: String) -> FieldBlock {
        var fields = FieldBlock()
        fields.append(.host, host)
        fields.append(.userAgent, "strata-purge/\(StrataVersion.text)")
        if let token = token ?? ProcessInfo.processInfo.environment["STRATA_PURGE_TOKEN"], !token.isEmpty {
            guard token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                ConfigurationFile.fail("--token: a token is printable ASCII without spaces")
            }
            fields.append(.authorization, "Bearer \(token)")
        }
        if let name = partition.first(where: { !$0.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x2c } }) {
            ConfigurationFile.fail("--partition: \"\(name)\" is no partition's name")
        }
        for (name, time) in [("--wait", wait), ("--again", again)] {
            if let time, !time.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
                ConfigurationFile.fail("\(name): write a time, for example 2s")
            }
        }
        return fields
    }

    // MARK: What comes back

    /// In the order of their weight for the exit status.
    private enum Outcome: Int, Comparable {
        case applied, accepted, refused

        static func < (one: Outcome, other: Outcome) -> Bool { one.rawValue < other.rawValue }

        func end() throws {
            switch self {
            case .applied: return
            case .accepted: throw ExitCode(2)
            case .refused: throw ExitCode(1)
            }
        }
    }

    private func send(
        _ request: OriginRequest, body: [UInt8] = [], to server: RemoteAddress, what: String
    ) async -> Outcome {
        switch await OneFetch.perform(request, body: body) {
        case .failure(let failure):
            ConfigurationFile.fail("\(server.server.url): \(failure.text)")
        case .success(let answer):
            let outcome: Outcome =
                switch answer.status {
                case 200: answer.isAppliedEverywhere ? .applied : .accepted
                case 202: .accepted
                default: .refused
                }
            if json {
                print(answer.body, terminator: answer.body.hasSuffix("\n") ? "" : "\n")
            } else if outcome == .refused {
                FileHandle.standardError.write(Data((PurgeReport(answer, what: what).text + "\n").utf8))
            } else {
                print(PurgeReport(answer, what: what).text)
            }
            return outcome
        }
    }
}

extension OneFetch.Answer {
    /// Whether every live instance has applied it, as far as the answer tells: 200 alone says that nobody waited in vain.
    fileprivate var isAppliedEverywhere: Bool {
        let members = (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
        guard let instances = members["instances"] as? [String: Any], let live = instances["live"] as? Int,
            let applied = instances["applied"] as? Int
        else { return true }
        return applied >= live
    }
}

/// The answer of a purge as a sentence for people.
struct PurgeReport {
    let text: String

    init(_ answer: OneFetch.Answer, what: String) {
        let members = (try? JSONSerialization.jsonObject(with: Data(answer.body.utf8))) as? [String: Any] ?? [:]
        guard answer.status == 200 || answer.status == 202 else {
            let reason = (members["error"] ?? members["detail"]) as? String ?? answer.body
            text = "not purged: \(what): \(answer.status) \(reason.trimmingCharacters(in: .whitespacesAndNewlines))"
            return
        }
        var parts = [
            "purged (\(members["mode"] as? String ?? "hard")): \(what)",
            "position \(members["position"] as? String ?? "not in the log yet")",
        ]
        let tiers = (members["tiers"] as? [String: Any] ?? [:]).compactMap { name, count in
            (count as? Int).map { "\(name) \($0)" }
        }
        if !tiers.isEmpty { parts.append("entries: \(tiers.sorted().joined(separator: ", "))") }
        if let instances = members["instances"] as? [String: Any], let live = instances["live"] as? Int,
            let applied = instances["applied"] as? Int
        {
            let silent = instances["silent"] as? Int ?? 0
            parts.append("applied on \(applied) of \(live)" + (silent > 0 ? ", \(silent) silent" : ""))
        }
        if answer.status == 202 || !answer.isAppliedEverywhere { parts.append("not everywhere yet") }
        text = parts.joined(separator: "; ")
    }
}

/// A server that a command speaks to, and what of a URL goes into the request.
struct RemoteAddress {
    var server: OriginServer
    var authority: String
    var target: String

    /// Ends the process when the text is no URL of a server.
    init(_ text: String, _ what: String) {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme.flatMap({ OriginServer.Scheme(rawValue: $0.lowercased()) })
        else { ConfigurationFile.fail("\(what) \"\(text)\" is no http or https URL") }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let name = bare.contains(":") ? "[\(bare)]" : bare
        target = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        if let query = parts.percentEncodedQuery { target += "?" + query }
        server = OriginServer(scheme: scheme, host: bare, port: parts.port ?? (scheme == .http ? 80 : 443))
        authority = parts.port.map { "\(name):\($0)" } ?? name
    }
}

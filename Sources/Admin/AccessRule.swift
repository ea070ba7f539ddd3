internal import Engine
internal import Hummingbird

/// Who may use the admin API. A token, when there is one, is always wanted; on the paths that purge one of
/// `purge.tokens` will do. On loopback, where there may be none, the danger is the user's own browser: a page that sends
/// requests there (`Origin`, `Sec-Fetch-Site`), or that reaches it under a name of its own (DNS rebinding, `Host`); both
/// are refused.
struct AccessRule: Sendable {
    var token: [UInt8]?
    /// Whether the listener is a TCP port on loopback.
    var refusesBrowsers: Bool
    var purgeTokens = PurgeTokens([])

    /// The refusal, or nil.
    func refusal(_ request: Request) -> Problem? {
        if let problem = browserRefusal(request, isForeignHostAllowed: false) { return problem }
        guard let token else { return nil }
        let given = request.headers[values: .authorization]
        if given.count == 1, let sent = Self.bearer(given[0]), Self.areEqual(sent, token) { return nil }
        return Self.tokenWanted
    }

    /// By what right a request of a path that purges may do so.
    func grant(_ request: Request) -> Result<PurgeGrant, Problem> {
        let shown = Self.shown(request)
        let byToken: PurgeGrant? = shown.flatMap { shown in
            if let token, Self.areEqual(shown, token) { return .adminToken }
            return purgeTokens.grant(shown)
        }
        // A page that rebinds a name knows no token; without one PURGE of a foreign Host could be its doing.
        let mayBeForeign = byToken != nil && request.method.rawValue == "PURGE"
        if let problem = browserRefusal(request, isForeignHostAllowed: mayBeForeign) { return .failure(problem) }
        if let byToken { return .success(byToken) }
        if token != nil { return .failure(Self.purgeTokenWanted) }
        // With no token to compare with, the key that Fastly's clients always send says nothing.
        if shown != nil, !purgeTokens.isEmpty {
            return .failure(Problem(.forbidden, "The purge token is not valid."))
        }
        let isForwarded = ["forwarded", "x-forwarded-for", "via"].contains { !request.values($0).isEmpty }
        guard !isForwarded else {
            return .failure(
                Problem(
                    .forbidden,
                    "The request came through a proxy, so its address does not count: send admin.token or one of "
                        + "purge.tokens as Authorization: Bearer or Fastly-Key."))
        }
        return .success(.address)
    }

    private func browserRefusal(_ request: Request, isForeignHostAllowed: Bool) -> Problem? {
        guard refusesBrowsers else { return nil }
        if request.headers[.origin] != nil { return Problem(.forbidden, "Requests with Origin are refused.") }
        if let site = request.values("sec-fetch-site").first, site != "none", site != "same-origin" {
            return Problem(.forbidden, "Requests from other sites' pages are refused.")
        }
        if !isForeignHostAllowed, let host = request.head.authority, !LoopbackName.matches(host) {
            return Problem(.forbidden, "Host must be localhost or a loopback address.")
        }
        return nil
    }

    private static let tokenWanted = Problem(
        .unauthorized, "The admin token is wanted as Authorization: Bearer.",
        headers: [.wwwAuthenticate: "Bearer realm=\"strata\""])

    private static var purgeTokenWanted: Problem {
        let text = "The admin token or one of purge.tokens is wanted as Authorization: Bearer or Fastly-Key."
        var problem = Problem(.forbidden, text)
        // Fastly's clients show `msg`.
        problem.members["msg"] = .string(text)
        return problem
    }

    /// The token of a purge: `Fastly-Key`, or `Authorization: Bearer`; one of them, once.
    private static func shown(_ request: Request) -> [UInt8]? {
        let keys = request.values("fastly-key")
        if keys.count == 1 { return Array(keys[0].utf8) }
        let given = request.headers[values: .authorization]
        return given.count == 1 && keys.isEmpty ? bearer(given[0]) : nil
    }

    /// The credentials after `Bearer`, a word in any case (RFC 9110 §11.1, RFC 6750 §2.1).
    static func bearer(_ value: String) -> [UInt8]? {
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return Array(parts[1].utf8)
    }

    /// Takes as long for the first differing byte as for the last; only the lengths show.
    static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for index in a.indices { difference |= a[index] ^ b[index] }
        return difference == 0
    }
}

extension Request {
    /// The values of the field with this name, which is in lower case.
    func values(_ name: String) -> [String] { headers.filter { $0.name.canonicalName == name }.map(\.value) }
}

/// The names of this machine to itself: `localhost`, 127.0.0.0/8, `[::1]`, with any port or none.
enum LoopbackName {
    /// Judges a Host field.
    static func matches(_ authority: String) -> Bool {
        let bytes = Array(authority.utf8)
        var host = bytes[...]
        if let colon = bytes.lastIndex(of: 0x3a), bytes.last != 0x5d {
            guard bytes[(colon + 1)...].allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
            host = bytes[..<colon]
        }
        if host.first == 0x5b { return Array(host) == Array("[::1]".utf8) }
        return isLoopback(host: String(decoding: host, as: UTF8.self))
    }

    /// Judges an address or name to listen on, without brackets.
    static func isLoopback(host: String) -> Bool {
        if host.lowercased() == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "127" else { return false }
        return parts.allSatisfy { part in
            (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                && Int(part)! <= 255
        }
    }
}

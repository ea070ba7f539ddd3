internal import Hummingbird

/// Who may use the admin API. A token, when there is one, is always wanted. On loopback, where there may be none, the
/// danger is the user's own browser: a page that sends requests there (`Origin`), or that reaches it under a name of its
/// own (DNS rebinding, `Host`); both are refused.
struct AccessRule: Sendable {
    var token: [UInt8]?
    /// Whether the listener is a TCP port on loopback.
    var refusesBrowsers: Bool

    /// The refusal, or nil.
    func refusal(_ request: Request) -> Problem? {
        if refusesBrowsers {
            if request.headers[.origin] != nil { return Problem(.forbidden, "Requests with Origin are refused.") }
            if let host = request.head.authority, !LoopbackName.matches(host) {
                return Problem(.forbidden, "Host must be localhost or a loopback address.")
            }
        }
        guard let token else { return nil }
        let given = request.headers[values: .authorization]
        if given.count == 1, let sent = Self.bearer(given[0]), Self.areEqual(sent, token) { return nil }
        return Problem(
            .unauthorized, "The admin token is wanted as Authorization: Bearer.",
            headers: [.wwwAuthenticate: "Bearer realm=\"strata\""])
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

internal import Engine
internal import RedisLocation

/// The parts of a URL before the path.
private struct Authority {
    var scheme: String
    /// Still percent-encoded.
    var userinfo: String?
    var host: String
    var port: Int?
    /// From the first `/` on.
    var path: String

    init(_ text: String) throws(ScalarProblem) {
        guard text.utf8.count <= 2_048, let separator = text.firstRange(of: "://") else { throw .notOfKind }
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || $0 == 0x5c }) else {
            throw .said("has spaces, control characters or a backslash in it")
        }
        scheme = text[..<separator.lowerBound].lowercased()
        let rest = text[separator.upperBound...]
        guard !rest.contains("?"), !rest.contains("#") else { throw .said("has a query or a fragment; leave it out") }
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        path = String(rest[end...])
        var authority = rest[..<end]
        if let at = authority.lastIndex(of: "@") {
            userinfo = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        guard !authority.isEmpty, authority.first != ":" else { throw .said("has no host") }
        (host, port) = try HostName.split(String(authority))
        if port == 0 { throw .said("has port 0") }
    }
}

extension Configuration.Origin.Server {
    /// `http://host[:port]` or `https://…`; a single `/` at the end is allowed.
    init(reading text: String) throws(ScalarProblem) {
        let parts = try Authority(text)
        guard let scheme = Configuration.Origin.Scheme(rawValue: parts.scheme) else {
            throw .said("has another scheme than http and https")
        }
        if parts.userinfo != nil { throw .said("has a user name or password; an origin's URL can't hold one") }
        if parts.path != "", parts.path != "/" { throw .said("has a path; an origin is scheme, host and port alone") }
        self.init(scheme: scheme, host: parts.host, port: parts.port ?? (scheme == .http ? 80 : 443))
    }
}

extension RedisURL {
    init(reading text: String) throws(ScalarProblem) {
        do throws(RedisURLError) { try self.init(text) } catch {
            throw error == .noScheme ? .notOfKind : .said(error.description)
        }
    }
}

extension ListenAddress {
    /// `host:port`, `[v6]:port` or `unix:/path`.
    init(reading text: String) throws(ScalarProblem) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/"), path.utf8.count > 1 else { throw .said("has no absolute path after unix:") }
            // sockaddr_un has 108 bytes for the path and the zero behind it.
            guard path.utf8.count <= 107, !path.utf8.contains(0) else { throw .said("has a path above 107 bytes") }
            self = .unix(path: path)
            return
        }
        if text.contains("://") { throw .said("has a scheme; write \"host:port\" alone") }
        let bare = text.hasPrefix(":") ? text.dropFirst() : text[...]
        if Units.readNumber(bare) != nil {
            let meant = "\"0.0.0.0:\(bare)\" (everywhere) or \"127.0.0.1:\(bare)\""
            throw .said("has no host", suggestion: "; did you mean \(meant)?")
        }
        guard text.contains(":") else { throw .notOfKind }
        if IPAddress(text)?.isV4 == false { throw .said("has an IPv6 address without brackets, or no port") }
        let (host, port) = try HostName.split(text)
        guard let port else { throw .said("has no port") }
        self = .tcp(host: host, port: port)
    }
}

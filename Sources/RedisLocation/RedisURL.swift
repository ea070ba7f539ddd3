/// A Redis URL taken apart. Ports are 6379 (sentinels 26379) and the database 0 if not said; users, passwords and paths
/// may be percent-encoded, and `valkey` stands for `redis` everywhere.
///
/// ```
/// redis://[[user]:password@]host[:port][/db]          rediss://…  the same by TLS
/// unix:/path[?db=1]   unix://[user:password@]/path    redis+unix://…  redis+socket://…  the same
/// redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/NAME[/db][?sentinel_user=…&sentinel_password=…]
/// redis+cluster://[[user]:password@]host[:port][,host[:port]…]
/// rediss+sentinel://…  rediss+cluster://…             by TLS, the sentinels too
/// ```
package struct RedisURL: Sendable, Equatable {
    /// `AUTH user password`, or without a user `AUTH password`.
    package struct Login: Sendable, Equatable {
        package var username: String?
        package var password: String

        package init(username: String? = nil, password: String) {
            self.username = username
            self.password = password
        }
    }

    package var deployment: RedisDeployment
    package var usesTLS = false
    package var login: Login?
    /// What the sentinels themselves ask for.
    package var sentinelLogin: Login?
    package var database = 0

    package init(deployment: RedisDeployment) { self.deployment = deployment }

    package init(_ url: String) throws(RedisURLError) {
        self.init(deployment: .cluster([]))
        guard url.utf8.count <= 4096, !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || $0 == 0x5c }) else {
            throw .badByte
        }
        guard let colon = url.firstIndex(of: ":") else { throw .noScheme }
        var scheme = url[..<colon].lowercased()
        if scheme.hasPrefix("valkey") { scheme = "redis" + scheme.dropFirst(6) }
        var rest = url[url.index(after: colon)...]
        if rest.contains("#") { throw .fragment }
        if scheme.hasPrefix("rediss") {
            usesTLS = true
            scheme.remove(at: scheme.index(scheme.startIndex, offsetBy: 5))
        }
        switch scheme {
        case "redis", "redis+sentinel", "redis-sentinel", "redis+cluster", "redis-cluster":
            guard rest.hasPrefix("//") else { throw .noScheme }
            try read(rest.dropFirst(2), scheme)
        case "unix" where !usesTLS, "redis+unix" where !usesTLS, "redis+socket" where !usesTLS:
            if rest.hasPrefix("//") { rest = rest.dropFirst(2) } else if scheme != "unix" { throw .noScheme }
            try readUnix(rest)
        default: throw .unknownScheme(String(url[..<colon]))
        }
    }

    private mutating func read(_ text: Substring, _ scheme: String) throws(RedisURLError) {
        let (beforeQuery, query) = URLText.split(text, at: "?")
        let (authority, path) = URLText.split(beforeQuery, at: "/")
        let hosts = try readLogin(authority)
        if scheme.hasSuffix("sentinel") {
            let (name, rest) = URLText.split(path ?? "", at: "/")
            guard !name.isEmpty else { throw .noMasterName }
            deployment = .sentinel(try URLText.hosts(hosts, defaultPort: 26379), master: try URLText.masterName(name))
            if let rest, !rest.isEmpty { database = try URLText.database(rest) }
        } else if scheme.hasSuffix("cluster") {
            deployment = .cluster(try URLText.hosts(hosts, defaultPort: 6379))
            if let path, !path.isEmpty { database = try URLText.database(path) }
        } else {
            guard !hosts.contains(",") else { throw .severalHosts }
            deployment = .standalone(try URLText.host(hosts, defaultPort: 6379))
            if let path, !path.isEmpty { database = try URLText.database(path) }
        }
        try readParameters(query)
        if case .cluster = deployment, database != 0 { throw .databaseInCluster }
    }

    private mutating func readUnix(_ text: Substring) throws(RedisURLError) {
        let (beforeQuery, query) = URLText.split(text, at: "?")
        let path = try readLogin(beforeQuery, pathFollows: true)
        guard !path.isEmpty else { throw .noPath }
        let decoded = try URLText.percentDecoded(path)
        guard decoded.hasPrefix("/") else { throw .relativePath(decoded) }
        // sockaddr_un has 108 bytes for the path and the zero behind it.
        guard decoded.utf8.count <= 107 else { throw .pathTooLong }
        guard !decoded.utf8.contains(0) else { throw .badByte }
        deployment = .standalone(.unixSocket(path: decoded))
        try readParameters(query)
    }

    /// Takes `user:password@` off the front. In a unix URL the path after it may hold an `@`; the user holds no `/`.
    private mutating func readLogin(_ text: Substring, pathFollows: Bool = false) throws(RedisURLError) -> Substring {
        let end = pathFollows ? (text.firstIndex(of: "/") ?? text.endIndex) : text.endIndex
        guard let at = text[..<end].lastIndex(of: "@") else { return text }
        let (user, secret) = URLText.split(text[..<at], at: ":")
        let name = try URLText.percentDecoded(user)
        guard let secret else { throw .userWithoutPassword(name) }
        let decoded = try URLText.percentDecoded(secret)
        guard !decoded.isEmpty else { throw name.isEmpty ? .emptyPassword : .userWithoutPassword(name) }
        login = Login(username: name.isEmpty ? nil : name, password: decoded)
        return text[text.index(after: at)...]
    }

    private mutating func readParameters(_ query: Substring?) throws(RedisURLError) {
        var sentinelUser: String?
        for parameter in (query ?? "").split(separator: "&") {
            let (name, value) = URLText.split(parameter, at: "=")
            switch name {
            case "db", "database": database = try URLText.database(value ?? "")
            case "sentinel_user", "sentinel_password":
                guard case .sentinel = deployment else { throw .sentinelParameter(String(name)) }
                let decoded = try URLText.percentDecoded(value ?? "")
                if name == "sentinel_user" {
                    sentinelUser = decoded
                } else {
                    guard !decoded.isEmpty else { throw .emptyPassword }
                    sentinelLogin = Login(password: decoded)
                }
            default: throw .unknownParameter(String(name))
            }
        }
        guard let sentinelUser, !sentinelUser.isEmpty else { return }
        guard sentinelLogin != nil else { throw .userWithoutPassword(sentinelUser) }
        sentinelLogin?.username = sentinelUser
    }
}

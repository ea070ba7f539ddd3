extension RedisTierConfiguration {
    /// The defaults with address, user, password and database from a URL:
    /// `redis://[[user]:password@]host[:port][/db]`, `unix:/path[?db=1]`, `unix://[user:password@]/path`,
    /// `redis+unix://[user:password@]/path[?db=1]` (and `valkey:` for `redis:`). Users, passwords and socket
    /// paths may be percent-encoded.
    package init(url: String) throws(RedisConfigurationError) {
        self.init()
        guard let colon = url.firstIndex(of: ":") else { throw .noScheme }
        let scheme = url[..<colon].lowercased()
        var rest = url[url.index(after: colon)...]
        if rest.contains("#") { throw .fragment }
        switch scheme {
        case "redis", "valkey":
            guard rest.hasPrefix("//") else { throw .noScheme }
            try readTCP(rest.dropFirst(2))
        case "unix", "redis+unix", "redis+socket":
            if rest.hasPrefix("//") { rest = rest.dropFirst(2) } else if scheme != "unix" { throw .noScheme }
            try readUnix(rest)
        case "rediss", "valkeys": throw .notSupportedYet(scheme: scheme, what: "TLS to Redis")
        case "redis+sentinel", "rediss+sentinel", "redis-sentinel":
            throw .notSupportedYet(scheme: scheme, what: "Sentinel")
        case "redis+cluster", "rediss+cluster", "redis-cluster":
            throw .notSupportedYet(scheme: scheme, what: "Redis Cluster")
        default: throw .unknownScheme(scheme)
        }
    }

    private mutating func readTCP(_ text: Substring) throws(RedisConfigurationError) {
        let (beforeQuery, query) = Self.split(text, at: "?")
        let (authority, path) = Self.split(beforeQuery, at: "/")
        let hostAndPort = try readUser(authority)
        try readHost(hostAndPort)
        if let path, !path.isEmpty { database = try Self.database(path) }
        try readParameters(query)
    }

    private mutating func readUnix(_ text: Substring) throws(RedisConfigurationError) {
        let (beforeQuery, query) = Self.split(text, at: "?")
        let path = try readUser(beforeQuery, pathFollows: true)
        guard !path.isEmpty else { throw .noPath }
        let decoded = try Self.percentDecoded(path)
        guard decoded.hasPrefix("/") else { throw .relativePath(decoded) }
        address = .unixSocket(path: decoded)
        try readParameters(query)
    }

    /// Takes `user:password@` off the front. In a unix URL the path after it may hold an `@`; the user holds no `/`.
    private mutating func readUser(
        _ text: Substring, pathFollows: Bool = false
    ) throws(RedisConfigurationError) -> Substring {
        let end = pathFollows ? (text.firstIndex(of: "/") ?? text.endIndex) : text.endIndex
        guard let at = text[..<end].lastIndex(of: "@") else { return text }
        let (user, secret) = Self.split(text[..<at], at: ":")
        let name = try Self.percentDecoded(user)
        guard let secret else { throw .userWithoutPassword(name) }
        let decoded = try Self.percentDecoded(secret)
        guard !decoded.isEmpty || name.isEmpty else { throw .userWithoutPassword(name) }
        username = name.isEmpty ? nil : name
        password = decoded.isEmpty ? nil : decoded
        return text[text.index(after: at)...]
    }

    private mutating func readHost(_ text: Substring) throws(RedisConfigurationError) {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { throw .badHost(String(text)) }
            host = text[text.index(after: text.startIndex)..<bracket]
            let after = text[text.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw .badHost(String(text)) }
            if !after.isEmpty { port = after.dropFirst() }
            guard host.contains(":"), host.utf8.allSatisfy({ Self.isAddressByte($0) }) else {
                throw .badHost(String(host))
            }
        } else {
            (host, port) = Self.split(text, at: ":")
            guard !host.isEmpty else { throw .noHost }
            guard host.utf8.allSatisfy({ Self.isNameByte($0) }) else { throw .badHost(String(host)) }
        }
        var number = 6379
        if let port {
            guard let given = Self.decimal(port), (1...65535).contains(given) else { throw .badPort(String(port)) }
            number = given
        }
        address = .host(String(host), port: number)
    }

    private mutating func readParameters(_ query: Substring?) throws(RedisConfigurationError) {
        for parameter in (query ?? "").split(separator: "&") {
            let (name, value) = Self.split(parameter, at: "=")
            guard name == "db" || name == "database" else { throw .unknownParameter(String(name)) }
            database = try Self.database(value ?? "")
        }
    }

    private static func database(_ text: Substring) throws(RedisConfigurationError) -> Int {
        guard let number = decimal(text), number <= Int(Int32.max) else { throw .badDatabase(String(text)) }
        return number
    }

    /// Digits only: `Int("+1")` is a number, a port of that name is not.
    private static func decimal(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private static func split(_ text: Substring, at separator: Character) -> (Substring, Substring?) {
        guard let at = text.firstIndex(of: separator) else { return (text, nil) }
        return (text[..<at], text[text.index(after: at)...])
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool { isNameByte(byte) || byte == 0x3a || byte == 0x25 }

    private static func percentDecoded(_ text: Substring) throws(RedisConfigurationError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                throw .badPercentEncoding
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .badPercentEncoding }
        return decoded
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

/// Where Redis is and within which bounds it is used. Durations are milliseconds, sizes bytes.
package struct RedisTierConfiguration: Sendable, Equatable {
    package enum Address: Sendable, Equatable {
        /// A name or an address (IPv6 without brackets).
        case host(String, port: Int)
        case unixSocket(path: String)
    }

    package var address: Address
    /// With a password only: the ACL user (`AUTH user password`); nil is `AUTH password`.
    package var username: String?
    package var password: String?
    package var database: Int
    /// In front of every key; printable ASCII.
    package var prefix: String
    /// The budget of one operation, from the call to the callback.
    package var timeoutMilliseconds: Int64
    /// Records with a larger body skip this tier.
    package var maxObject: Int
    /// Cap on the life of every key.
    package var maxTTLMilliseconds: Int64?
    /// From the start of a connection attempt to the server's answer to the handshake.
    package var connectTimeoutMilliseconds: Int64
    /// Commands that may wait for their reply on one connection.
    package var maxQueuedOperations: Int
    /// Bytes of those commands on one connection; one command larger than this goes out alone.
    package var maxQueuedBytes: Int
    /// Failures and timeouts in a row after which a connection is left alone until a probe is answered.
    package var breakerThreshold: Int

    package init(
        address: Address = .host("127.0.0.1", port: 6379), username: String? = nil, password: String? = nil,
        database: Int = 0, prefix: String = "strata:", timeoutMilliseconds: Int64 = 50, maxObject: Int = 1 << 20,
        maxTTLMilliseconds: Int64? = nil, connectTimeoutMilliseconds: Int64 = 1000, maxQueuedOperations: Int = 4096,
        maxQueuedBytes: Int = 32 << 20, breakerThreshold: Int = 5
    ) {
        self.address = address
        self.username = username
        self.password = password
        self.database = database
        self.prefix = prefix
        self.timeoutMilliseconds = timeoutMilliseconds
        self.maxObject = maxObject
        self.maxTTLMilliseconds = maxTTLMilliseconds
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.maxQueuedOperations = maxQueuedOperations
        self.maxQueuedBytes = maxQueuedBytes
        self.breakerThreshold = breakerThreshold
    }

    /// Itself, if every value is within its bounds.
    package func validated() throws(RedisConfigurationError) -> RedisTierConfiguration {
        // Keys must be printable, so that redis-cli and ACL patterns can name them.
        guard prefix.utf8.count <= 128, prefix.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .badPrefix(prefix)
        }
        func check(_ name: String, _ value: Int64, _ bounds: ClosedRange<Int64>) throws(RedisConfigurationError) {
            guard bounds.contains(value) else { throw .outOfBounds(name, value, bounds) }
        }
        try check("timeout (ms)", timeoutMilliseconds, 1...60_000)
        try check("connect timeout (ms)", connectTimeoutMilliseconds, 1...60_000)
        // Redis takes no string above 512 MB (proto-max-bulk-len), and hiredis counts a command's bytes in an `int`.
        try check("max_object (bytes)", Int64(maxObject), 1...(256 << 20))
        try check("max_ttl (ms)", maxTTLMilliseconds ?? 1, 1...Int64.max)
        try check("database", Int64(database), 0...Int64(Int32.max))
        try check("queued operations", Int64(maxQueuedOperations), 1...1_000_000)
        try check("queued bytes", Int64(maxQueuedBytes), 1...(1 << 40))
        try check("breaker threshold", Int64(breakerThreshold), 1...1_000_000)
        return self
    }

    /// How the server is named in logs: no password in it.
    package var nodeName: String {
        switch address {
        case .host(let host, let port): host.utf8.contains(0x3a) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixSocket(let path): "unix:\(path)"
        }
    }
}

/// What is wrong with a configuration, in words for the person who wrote it. Never holds a password.
package enum RedisConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    case noScheme
    case unknownScheme(String)
    case notSupportedYet(scheme: String, what: String)
    case noHost
    case badHost(String)
    case badPort(String)
    case badDatabase(String)
    case noPath
    case relativePath(String)
    case userWithoutPassword(String)
    case badPercentEncoding
    case unknownParameter(String)
    case fragment
    case badPrefix(String)
    case outOfBounds(String, Int64, ClosedRange<Int64>)

    package var description: String {
        switch self {
        case .noScheme: "a Redis URL begins with redis:// or unix:"
        case .unknownScheme(let scheme): "unknown scheme \"\(scheme)\": use redis://host:port/db or unix:/path"
        case .notSupportedYet(let scheme, let what): "\(what) (\(scheme)) is not supported yet: use redis:// or unix:"
        case .noHost: "the Redis URL names no host"
        case .badHost(let host): "\"\(host)\" is no host name or address"
        case .badPort(let port): "\"\(port)\" is no port: use 1 to 65535"
        case .badDatabase(let text): "\"\(text)\" is no database number"
        case .noPath: "the URL names no socket path"
        case .relativePath(let path): "the socket path \"\(path)\" must begin with /"
        case .userWithoutPassword(let user):
            "the URL has the user \"\(user)\" and no password: write user:password@ or, without a user, :password@"
        case .badPercentEncoding: "the URL has a % that is not followed by two hex digits, or bytes that are not UTF-8"
        case .unknownParameter(let name): "unknown URL parameter \"\(name)\": only db is known"
        case .fragment: "the URL has a #; in a password write it as %23"
        case .badPrefix: "the key prefix must be at most 128 printable ASCII characters without spaces"
        case .outOfBounds(let name, let value, let bounds):
            "\(name) is \(value), it must be within \(bounds.lowerBound) and \(bounds.upperBound)"
        }
    }
}

package import RedisLocation

/// Where Redis is and within which bounds it is used. Durations are milliseconds, sizes bytes.
package struct RedisTierConfiguration: Sendable, Equatable {
    package var deployment: RedisDeployment
    /// To the servers; nil: none is asked for.
    package var login: RedisURL.Login?
    /// To the sentinels.
    package var sentinelLogin: RedisURL.Login?
    /// Nil: no TLS. Sentinels are spoken to as the servers are.
    package var tls: RedisTLS?
    package var database: Int
    /// In front of every key; printable ASCII.
    package var prefix: String
    /// The budget of one operation, from the call to the callback.
    package var timeoutMilliseconds: Int64
    /// The budget of a write that nobody waits for, if that is more: an instance whose loops are busy with the clients of
    /// a herd would else not get the fill out that the other instances wait for.
    package var behindMilliseconds: Int64 = 1000
    /// Records with a larger body skip this tier.
    package var maxObject: Int
    /// Cap on the life of every key.
    package var maxTTLMilliseconds: Int64?
    /// Bodies are compressed; nil: never.
    package var compression: RecordCompression?
    /// How long the requests of one instance wait for the fill of another; nil: there are no leases.
    package var leaseMilliseconds: Int64?
    /// From the start of a connection attempt to the server's answer to the handshake.
    package var connectTimeoutMilliseconds: Int64
    /// How long past its budget a reply may be before the connection counts as dead.
    package var overdueMilliseconds: Int64 = 1000
    /// Commands that may wait for their reply on one connection.
    package var maxQueuedOperations: Int
    /// Bytes of those commands on one connection; one command larger than this goes out alone.
    package var maxQueuedBytes: Int
    /// Failures and timeouts in a row after which a connection is left alone until a probe is answered.
    package var breakerThreshold: Int

    package init(
        deployment: RedisDeployment = .standalone(.host("127.0.0.1", port: 6379)), prefix: String = "strata:",
        timeoutMilliseconds: Int64 = 50, maxObject: Int = 1 << 20, maxTTLMilliseconds: Int64? = nil, database: Int = 0,
        connectTimeoutMilliseconds: Int64 = 1000, maxQueuedOperations: Int = 4096, maxQueuedBytes: Int = 32 << 20,
        breakerThreshold: Int = 5
    ) {
        self.deployment = deployment
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

    /// Which servers and database, for people; without secrets.
    package var serverName: String { "\(deployment.name) \(database)" }

    /// The defaults, with what the URL says.
    package init(_ url: RedisURL) {
        self.init(deployment: url.deployment, database: url.database)
        login = url.login
        sentinelLogin = url.sentinelLogin
        if url.usesTLS { tls = RedisTLS() }
    }

    package init(url: String) throws(RedisURLError) { self.init(try RedisURL(url)) }

    /// Itself, if every value is within its bounds.
    package func validated() throws(RedisConfigurationError) -> RedisTierConfiguration {
        // Keys must be printable, so that redis-cli and ACL patterns can name them. Braces would choose the slot.
        guard prefix.utf8.count <= 128,
            prefix.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x7b && $0 != 0x7d })
        else { throw .badPrefix(prefix) }
        func check(_ name: String, _ value: Int64, _ bounds: ClosedRange<Int64>) throws(RedisConfigurationError) {
            guard bounds.contains(value) else { throw .outOfBounds(name, value, bounds) }
        }
        try check("timeout (ms)", timeoutMilliseconds, 1...60_000)
        try check("connect timeout (ms)", connectTimeoutMilliseconds, 1...60_000)
        // Redis takes no string above 512 MB (proto-max-bulk-len), and hiredis counts a command's bytes in an `int`.
        try check("max_object (bytes)", Int64(maxObject), 1...(256 << 20))
        try check("max_ttl (ms)", maxTTLMilliseconds ?? 1, 1...Int64.max)
        try check("lease (ms)", leaseMilliseconds ?? 1, 1...600_000)
        try check("compression level", Int64(compression?.level ?? 1), 1...9)
        try check("database", Int64(database), 0...Int64(Int32.max))
        try check("queued operations", Int64(maxQueuedOperations), 1...1_000_000)
        try check("queued bytes", Int64(maxQueuedBytes), 1...(1 << 40))
        try check("breaker threshold", Int64(breakerThreshold), 1...1_000_000)
        if case .cluster = deployment, database != 0 { throw .databaseInCluster }
        return self
    }
}

extension RedisTierConfiguration {
    /// Reads the files that `tls` names, and throws what is wrong with them.
    package func checkFiles() throws(RedisConfigurationError) {
        _ = try Connector(timeoutMilliseconds: connectTimeoutMilliseconds, tls: tls)
    }
}

/// TLS to Redis. Paths name PEM files.
package struct RedisTLS: Sendable, Equatable {
    package enum Verification: String, Sendable, CaseIterable {
        /// The chain, and that the certificate names the host (or the address) that was connected to.
        case full
        /// The chain alone: nodes of a cluster announce addresses that their certificates need not name.
        case chain
        case none
    }

    /// Authorities to trust in place of the system's.
    package var authorities: String?
    /// Of the client, where the server wants one (`tls-auth-clients`).
    package var certificate: String?
    package var key: String?
    package var verification: Verification

    package init(
        authorities: String? = nil, certificate: String? = nil, key: String? = nil, verification: Verification = .full
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.verification = verification
    }
}

/// What is wrong with a configuration, in words for the person who wrote it. Never holds a password.
package enum RedisConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    case badPrefix(String)
    case outOfBounds(String, Int64, ClosedRange<Int64>)
    case databaseInCluster
    case certificateWithoutKey
    /// A file of `RedisTLS`, and what is wrong with it.
    case badTLSFile(String, String)

    package var description: String {
        switch self {
        case .badPrefix: "the key prefix must be at most 128 printable ASCII characters without spaces and braces"
        case .outOfBounds(let name, let value, let bounds):
            "\(name) is \(value), it must be within \(bounds.lowerBound) and \(bounds.upperBound)"
        case .databaseInCluster: "a Redis cluster has database 0 alone"
        case .certificateWithoutKey: "the client's certificate and its key go together: one of them is missing"
        case .badTLSFile(let path, let reason): "\(path) can't be used for TLS to Redis: \(reason)"
        }
    }
}

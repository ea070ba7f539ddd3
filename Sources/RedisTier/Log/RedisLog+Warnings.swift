internal import Dispatch
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// What an operator should know of the server that holds the log (rule 18).
extension RedisLog {
    /// Asks the server, and says what is new. A server that does not tell (an ACL, a hosted one) is left alone.
    func inspect() {
        LogWarnings.ask(connection) { self.note($0 ?? []) }
    }

    private func note(_ found: [String]) {
        for warning in found where !warnings.contains(warning) { logger.warning("\(warning)") }
        warnings = found
        publish()
    }
}

/// What an operator should know of a server before any instance runs (rule 18).
package enum LogInspection {
    /// Asks the server that would hold the log. Blocks, for two seconds at most.
    /// - Returns: what may lose purges, in words; nil: the server did not answer.
    package static func warnings(_ configuration: RedisTierConfiguration) throws(RedisConfigurationError) -> [String]? {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let servers = try RedisServers(
            configuration, eventLoops: [loop], logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
        servers.start()
        let connection = LogConnection(servers, eventLoop: loop)
        let found = Mutex<[String]?>(nil)
        let answered = DispatchSemaphore(value: 0)
        loop.execute {
            connection.start()
            inspect(connection, until: .now() + .seconds(2)) { warnings in
                found.withLock { $0 = warnings }
                connection.shutdown()
                answered.signal()
            }
        }
        answered.wait()
        servers.shutdown(withinMilliseconds: 500) { answered.signal() }
        answered.wait()
        try? group.syncShutdownGracefully()
        return found.withLock { $0 }
    }

    /// Again and again until the connection stands.
    private static func inspect(
        _ connection: LogConnection, until end: NIODeadline, _ done: @escaping @Sendable ([String]?) -> Void
    ) {
        LogWarnings.ask(connection) { warnings in
            if let warnings { return done(warnings) }
            guard NIODeadline.now() < end else { return done(nil) }
            connection.eventLoop.scheduleTask(in: .milliseconds(50)) { inspect(connection, until: end, done) }
        }
    }
}

/// Pure: from what the server says to words.
enum LogWarnings {
    /// Calls back with nil when nothing was answered. On the connection's loop.
    static func ask(_ connection: LogConnection, _ done: @escaping ([String]?) -> Void) {
        connection.describe(["CONFIG", "GET", "maxmemory-policy"]) { policy in
            if case .failure(.lost) = policy { return done(nil) }
            connection.describe(["CONFIG", "GET", "min-replicas-to-write"]) { least in
                connection.describe(["INFO", "replication"]) { replication in
                    done(
                        find(
                            evictionPolicy: value(try? policy.get()), minReplicas: value(try? least.get()),
                            replication: text(try? replication.get())))
                }
            }
        }
    }

    /// - Parameters:
    ///   - evictionPolicy: of `maxmemory-policy`.
    ///   - minReplicas: of `min-replicas-to-write`.
    ///   - replication: of `INFO replication`.
    static func find(evictionPolicy: String?, minReplicas: String?, replication: String?) -> [String] {
        var warnings: [String] = []
        if let policy = evictionPolicy, policy.hasPrefix("allkeys-") {
            warnings.append(
                "Redis may evict the invalidation log (maxmemory-policy \(policy)): every eviction makes the whole cache"
                    + " validate again; use a volatile- policy or noeviction")
        }
        let replicas = replication?.split(whereSeparator: \.isNewline).compactMap { line -> Int? in
            line.hasPrefix("connected_slaves:") ? Int(line.dropFirst(17)) : nil
        }
        if let count = replicas?.first, count > 0, minReplicas == "0" {
            warnings.append(
                "Redis has replicas and min-replicas-to-write is 0: a master that is cut off goes on accepting purges that"
                    + " a failover loses")
        }
        return warnings
    }

    /// Of `CONFIG GET`: name and value.
    static func value(_ reply: Reply?) -> String? {
        guard case .array(let parts) = reply, parts.count == 2 else { return nil }
        return text(parts[1])
    }

    static func text(_ reply: Reply?) -> String? {
        guard case .bulk(let bytes) = reply else { return nil }
        return String(buffer: bytes)
    }
}

internal import Logging
internal import NIOCore

/// What an operator should know of the server that holds the log (rule 18).
extension RedisLog {
    /// Asks the server, and says what is new. A server that does not tell (an ACL, a hosted one) is left alone.
    func inspect() {
        connection.describe(["CONFIG", "GET", "maxmemory-policy"]) { policy in
            self.connection.describe(["CONFIG", "GET", "min-replicas-to-write"]) { least in
                self.connection.describe(["INFO", "replication"]) { replication in
                    self.note(
                        LogWarnings.find(
                            evictionPolicy: LogWarnings.value(try? policy.get()),
                            minReplicas: LogWarnings.value(try? least.get()),
                            replication: LogWarnings.text(try? replication.get())))
                }
            }
        }
    }

    private func note(_ found: [String]) {
        for warning in found where !warnings.contains(warning) { logger.warning("\(warning)") }
        warnings = found
        publish()
    }
}

/// Pure: from what the server says to words.
enum LogWarnings {
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

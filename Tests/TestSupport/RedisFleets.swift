internal import Glibc

/// A real cluster of three masters with a replica each, on loopback. Starting it takes some seconds.
package final class RedisCluster: Sendable {
    /// Three masters, then their replicas in the same order.
    package let servers: [RedisServer]

    private init(_ servers: [RedisServer], buses: [Int]) throws {
        self.servers = servers
        try join(buses)
    }

    package static func start(arguments: [String] = []) throws -> RedisCluster {
        var buses: [Int] = []
        let servers = try (0..<6).map { _ in
            let bus = try RedisServer.freePort()
            buses.append(bus)
            return try RedisServer.start(
                arguments: [
                    "--cluster-enabled", "yes", "--cluster-port", "\(bus)", "--cluster-node-timeout", "1000",
                    "--cluster-replica-validity-factor", "0", "--cluster-require-full-coverage", "no",
                    "--repl-diskless-sync-delay", "0", "--cluster-allow-replica-migration", "no",
                ] + arguments)
        }
        return try RedisCluster(servers, buses: buses)
    }

    package var url: String { "redis+cluster://" + servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") }

    package func id(_ index: Int) throws -> String { try servers[index].command("CLUSTER", "MYID").text ?? "" }

    private func join(_ buses: [Int]) throws {
        let ranges = [(0, 5460), (5461, 10922), (10923, 16383)]
        for (server, range) in zip(servers, ranges) {
            try server.command("CLUSTER", "ADDSLOTSRANGE", "\(range.0)", "\(range.1)")
        }
        for (server, bus) in zip(servers, buses).dropFirst() {
            try servers[0].command("CLUSTER", "MEET", "127.0.0.1", "\(server.port)", "\(bus)")
        }
        try wait("all nodes know each other") {
            try servers.allSatisfy { try Self.info($0).contains("cluster_known_nodes:6\r\n") }
        }
        for index in 3..<6 {
            let master = try id(index - 3)
            try wait("a replica finds its master") {
                try servers[index].command("CLUSTER", "REPLICATE", master) == .status("OK")
            }
        }
        try wait("the cluster serves") {
            try servers.allSatisfy { try Self.info($0).contains("cluster_state:ok\r\n") }
                && servers[3...].allSatisfy {
                    try $0.command("INFO", "replication").text?.contains("master_link_status:up") == true
                }
        }
    }

    private static func info(_ server: RedisServer) throws -> String {
        try server.command("CLUSTER", "INFO").text ?? ""
    }

    /// Whether that server calls itself a master with slots.
    package func isMaster(_ index: Int) throws -> Bool {
        try servers[index].command("ROLE").first?.text == "master"
    }
}

/// A real master with a replica, watched by three sentinels that call it `main`, on loopback.
package final class RedisSentinels: Sendable {
    /// The master at the start, and its replica.
    package let servers: [RedisServer]
    package let sentinels: [RedisServer]

    private init(_ servers: [RedisServer], _ sentinels: [RedisServer]) {
        self.servers = servers
        self.sentinels = sentinels
    }

    package static func start() throws -> RedisSentinels {
        let master = try RedisServer.start(arguments: ["--repl-diskless-sync-delay", "0"])
        let replica = try RedisServer.start(
            arguments: ["--replicaof", "127.0.0.1", "\(master.port)", "--repl-diskless-sync-delay", "0"])
        let sentinels = try (0..<3).map { _ in
            try RedisServer.startSentinel([
                "sentinel monitor main 127.0.0.1 \(master.port) 2", "sentinel down-after-milliseconds main 700",
                "sentinel failover-timeout main 4000",
            ])
        }
        let fleet = RedisSentinels([master, replica], sentinels)
        try wait("the sentinels know each other and the replica") {
            try sentinels.allSatisfy { sentinel in
                guard case .array(let fields) = try sentinel.command("SENTINEL", "MASTER", "main") else { return false }
                let words = fields.map { $0.text ?? "" }
                func value(_ name: String) -> String? {
                    words.firstIndex(of: name).map { words[$0 + 1] }
                }
                return value("num-slaves") == "1" && value("num-other-sentinels") == "2"
            }
        }
        return fleet
    }

    package var url: String {
        "redis+sentinel://" + sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") + "/main"
    }
}

extension RedisReply {
    package var first: RedisReply? {
        if case .array(let elements) = self { return elements.first }
        return nil
    }
}

private func wait(_ what: String, _ condition: () throws -> Bool) throws {
    for _ in 0..<1500 {
        if (try? condition()) == true { return }
        usleep(20_000)
    }
    throw RedisServer.Failure.notStarted("not in time: \(what)")
}

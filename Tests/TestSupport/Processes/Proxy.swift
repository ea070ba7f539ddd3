internal import Foundation
internal import Synchronization

/// A real `strata run` on free ports, with a configuration file of its own.
package final class Proxy: Sendable {
    private struct Running {
        var process: ProcessHandle
        var address: Address
        var admin: Address?
    }

    /// Holds proxy.conf, and whatever the configuration puts under `folder.path`.
    package let folder: TemporaryFolder
    private let environment: [String: String]
    private let running: Mutex<Running>

    private init(_ folder: TemporaryFolder, _ environment: [String: String], _ running: Running) {
        self.folder = folder
        self.environment = environment
        self.running = Mutex(running)
    }

    /// Starts Strata with this configuration and waits until it listens (and, with a line `admin: …` that doesn't say
    /// `off`, until that does). Give `admin` a port of its own or `off`: its default is one fixed port.
    package static func start(
        _ configuration: String, in folder: TemporaryFolder? = nil, environment: [String: String] = [:]
    ) async throws -> Proxy {
        let folder = try folder ?? TemporaryFolder()
        try folder.write(configuration, to: "proxy.conf")
        let adminLine = configuration.split(separator: "\n").first { $0.hasPrefix("admin:") }
        let hasAdmin = adminLine.map { !$0.contains("off") } ?? false
        let running = try await launch(folder, environment, hasAdmin: hasAdmin)
        return Proxy(folder, environment, running)
    }

    /// Starts Strata in front of the origin with the tiers named: memory always, Redis by its URL, disk in the folder.
    /// `site` is YAML below the one site, `also` YAML at the top level.
    package static func start(
        origin: Origin, memory: String = "{ size: 64MB }", redis: String? = nil, disk: String? = nil,
        site: String = "", also: String = ""
    ) async throws -> Proxy {
        let folder = try TemporaryFolder()
        let text = configuration(
            origin: origin.url(""), memory: memory, redis: redis, disk: disk, site: site, also: also, folder: folder)
        return try await start(text, in: folder)
    }

    /// The configuration that `start(origin:…)` writes. `redis` is a URL, `disk` a size such as `1GB`.
    package static func configuration(
        origin: String, memory: String? = "{ size: 64MB }", redis: String? = nil, disk: String? = nil,
        site: String = "", also: String = "", folder: TemporaryFolder
    ) -> String {
        var tiers = memory.map { "  memory: \($0)\n" } ?? ""
        if let redis { tiers += "  redis: { url: \"\(redis)\" }\n" }
        if let disk { tiers += "  disk: { path: \"\(folder.path("cache"))\", size: \(disk) }\n" }
        return """
            listen: ["127.0.0.1:0"]
            threads: 2
            state: "\(folder.path("state"))"
            admin: { listen: "127.0.0.1:0" }
            tiers:
            \(tiers)sites:
              - hosts: ["*"]
                origin: { url: "\(origin)" }
            \(indented(site, by: 4))
            log: { access: { path: "\(folder.path("access.log"))" } }
            \(also)

            """
    }

    // MARK: - Where

    package var process: ProcessHandle { running.withLock { $0.process } }
    package var address: Address { running.withLock { $0.address } }
    package var pid: Int32 { process.pid }

    /// The admin listener. Traps without one in the configuration.
    package var admin: Address {
        guard let admin = running.withLock({ $0.admin }) else { preconditionFailure("no admin listener configured") }
        return admin
    }

    package func url(_ target: String) -> String { address.url(target) }
    package func adminURL(_ target: String) -> String { admin.url(target) }

    // MARK: - Requests

    package func get(_ target: String, _ fields: [String] = []) async throws -> RawResponse {
        try await request("GET", target, fields)
    }

    /// One request on a connection of its own.
    package func request(_ method: String, _ target: String, _ fields: [String] = [], body: String = "") async throws
        -> RawResponse
    {
        try await RawClient.request(method, target, fields, body: body, to: address)
    }

    package func askAdmin(_ method: String, _ target: String, body: String = "") async throws -> RawResponse {
        let fields = body.isEmpty ? [] : ["Content-Type: application/json"]
        return try await RawClient.request(method, target, fields, body: body, to: admin)
    }

    /// The lines of the access log so far.
    package var accessLog: [Substring] { ((try? folder.read("access.log")) ?? "").split(separator: "\n") }

    // MARK: - Life

    /// SIGTERM, or SIGKILL when `hard`, then a new process on the same folder. The ports change.
    package func restart(hard: Bool = false) async throws {
        if hard { try await process.kill() } else { try await process.stop() }
        try await startAgain()
    }

    /// After `process` ended: a new one on the same folder.
    package func startAgain() async throws {
        let hasAdmin = running.withLock { $0.admin != nil }
        let next = try await Self.launch(folder, environment, hasAdmin: hasAdmin)
        running.withLock { $0 = next }
    }

    private static func launch(
        _ folder: TemporaryFolder, _ environment: [String: String], hasAdmin: Bool
    ) async throws -> Running {
        let process = try await ProcessHandle.start(
            "strata", ["run", "--config", folder.path("proxy.conf")], environment: environment)
        let address = try await process.address("listening on")
        return Running(
            process: process, address: address, admin: hasAdmin ? try await process.address("admin on") : nil)
    }

    private static func indented(_ text: String, by count: Int) -> String {
        text.split(separator: "\n").map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
    }
}

import TestSupport
import Testing

/// One origin and one proxy for all tests of a suite, and the words in which those tests speak.
struct Stage: Sendable {
    let origin: Origin
    let proxy: Proxy
    let redis: RedisServer?

    @TaskLocal static var current: Stage?

    /// `also` is YAML at the top level, `origin` what else stands in the origin's braces.
    static func start(
        tiers: Bool = false, memory: String = "{ size: 64MB }", origin settings: String = "", also: String = ""
    ) async throws -> Stage {
        let origin = try await Origin.start()
        let redis = tiers ? try RedisServer.start() : nil
        let folder = try TemporaryFolder()
        // Some pages of the origin close without a word; the next request may meet that on its kept connection.
        var text = """
            listen: ["127.0.0.1:0", "unix:\(folder.path("socket"))"]
            threads: 2
            state: "\(folder.path("state"))"
            admin: { listen: off }
            log: { access: { path: "\(folder.path("access.log"))" } }
            \(also)
            tiers:
              memory: \(memory)

            """
        if let redis {
            text += "  redis: { url: \"\(redis.url)\", timeout: 2s, write: through }\n"
            text += "  disk: { path: \"\(folder.path("cache"))\", size: 256MB, write: through }\n"
        }
        text += """
            sites:
              - hosts: ["good.test", "*.good.test", "localhost", "127.0.0.1", "[::1]"]
                origin: { url: "\(origin.url(""))", retry: idempotent, connect_timeout: 10s, timeout: 10s, idle_timeout: 10s\(settings) }
                key: { query: { drop: ["utm_*"], sort: true } }

            """
        return Stage(origin: origin, proxy: try await Proxy.start(text, in: folder), redis: redis)
    }

    // MARK: Asking

    func client(deadline: Duration = .seconds(20)) throws -> RawClient {
        try RawClient(proxy.address, deadline: deadline)
    }

    func get(_ target: String, _ fields: [String] = [], host: String = "localhost") async throws -> RawResponse {
        try await client().request("GET", target, fields, host: host)
    }

    /// Sends these bytes alone on a connection and returns all that comes until the proxy closes it.
    func untilClosed(_ text: String) async throws -> [Answer] {
        let client = try client()
        try await client.send(text)
        return Answer.all(in: try await client.readToEnd())
    }

    /// What the origin got, as `/echo` shows it: names in lower case.
    func echo(_ request: String) async throws -> Echo {
        let client = try client()
        try await client.send(request)
        return Echo(try await client.response())
    }

    /// A target of its own for each caller.
    static func page(_ query: String = "max-age=60", _ path: String = "/page") -> String {
        "\(path)/\(UInt64.random(in: 0 ... .max))?\(query)"
    }
}

/// One of several answers on a connection, cut at the status lines.
struct Answer: Sendable {
    let text: String
    var status: Int { Int(text.dropFirst(9).prefix(3)) ?? 0 }

    static func all(in bytes: [UInt8]) -> [Answer] {
        String(decoding: bytes, as: UTF8.self).split(separator: "HTTP/1.1 ").map { Answer(text: "HTTP/1.1 " + $0) }
    }
}

/// What reached the origin.
struct Echo {
    let response: RawResponse
    var text: String { response.text }

    init(_ response: RawResponse) { self.response = response }

    func has(_ name: String) -> Bool { text.lowercased().contains("[\"\(name.lowercased())\",") }
    func has(_ name: String, _ value: String) -> Bool { text.contains("[\"\(name)\",\"\(value)\"]") }
}

/// Gives a suite its stage, and looks at its end whether the proxy lived through all of it.
struct StageTrait: SuiteTrait, TestScoping {
    let start: @Sendable () async throws -> Stage

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let stage = try await start()
        try await Stage.$current.withValue(stage) { try await function() }
        #expect(stage.proxy.process.isRunning, "\(stage.proxy.process.text(.errors).suffix(2000))")
        let last = try await RawClient.get("/page/last?max-age=60", from: stage.proxy.address)
        #expect(last.status == 200, "the proxy does not answer any more")
    }
}

extension Trait where Self == StageTrait {
    static func stage(_ start: @escaping @Sendable () async throws -> Stage) -> Self { StageTrait(start: start) }
    static var stage: Self { StageTrait { try await Stage.start() } }
    /// Memory, Redis and disk.
    static var stageWithTiers: Self { StageTrait { try await Stage.start(tiers: true) } }
}

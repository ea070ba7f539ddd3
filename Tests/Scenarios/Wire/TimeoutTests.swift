import FixtureOrigin
import TestSupport
import Testing

/// Slow clients and limits (attacks.md 22; design.md section 7).
@Suite("Wire: timeouts and limits", .stageWithSmallLimits)
struct TimeoutTests {
    @Test(
        "A slow head is told 408 and closed; an idle connection is closed without a word",
        arguments: [("GET / HT", [408]), ("GET / HTTP/1.1\r\nUser-Agent: slow\r\nX", [408]), ("", [])])
    func slowHead(bytes: String, statuses: [Int]) async throws {
        let stage = try #require(Stage.current)
        #expect(try await stage.untilClosed(bytes).map(\.status) == statuses)
    }

    @Test("A dripping head gets no more time than a silent one")
    func drip() async throws {
        let stage = try #require(Stage.current)
        let client = try stage.client()
        let start = ContinuousClock.now
        try await client.send("GET / HTTP/1.1\r\n")
        while ContinuousClock.now - start < .seconds(15) {
            do { try await client.send("X: a\r\n") } catch { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("A kept connection idles out silently")
    func idle() async throws {
        let stage = try #require(Stage.current)
        let client = try stage.client()
        #expect(try await client.request("GET", Stage.page()).status == 200)
        #expect(await client.isClosedByPeer())
    }

    @Test("A body that stops, or never begins, is told 408", arguments: ["", "abc"])
    func slowBody(part: String) async throws {
        let stage = try #require(Stage.current)
        let target = Stage.page("", "/echo")
        let answers = try await stage.untilClosed(
            "POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n\(part)")
        #expect(answers.map(\.status) == [408])
        #expect(try await stage.origin.count(target, of: "completed") == 0)
    }

    @Test("A whole body and a slow origin are no slow body")
    func slowOrigin() async throws {
        let stage = try #require(Stage.current)
        let answer = try await stage.client().request("POST", "/page?delay=2s", body: "hello")
        #expect(answer.status == 200)
        #expect(answer["Connection"] == nil)
    }

    @Test("A client that never reads is cut; one that reads slowly gets all", arguments: [false, true])
    func slowReader(reads: Bool) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=600&size=8000000")
        _ = try await stage.get(page)
        let client = try stage.client()
        client.setReceiveBuffer(32 << 10)
        try await client.send("GET \(page) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        if reads {
            var count = 0
            for _ in 0..<30 {
                count += try await client.readBytes(atLeast: 100 << 10).count
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(count + (try await client.readToEnd().count) > 8_000_000)
        } else {
            // The kernel takes some megabytes; what is behind them waits for `write` and is then given up.
            try await Task.sleep(for: .seconds(6))
            #expect(try await client.readToEnd().count < 8_000_000)
        }
    }

    @Test(
        "What is too large is refused by its own status",
        arguments: [
            ("GET /\(String(repeating: "a", count: 3000)) HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
            ("GET / HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "X: a\r\n", count: 30))\r\n", 431),
            ("GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 9000))\r\n\r\n", 431),
            ("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100001\r\n\r\n", 413),
            ("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n186a1\r\n", 413),
            ("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505), ("GET /\r\n", 400),
        ])
    func limits(bytes: String, status: Int) async throws {
        let stage = try #require(Stage.current)
        #expect(try await stage.untilClosed(bytes).map(\.status) == [status])
    }
}

extension Trait where Self == StageTrait {
    static var stageWithSmallLimits: Self {
        StageTrait {
            try await Stage.start(
                also: """
                    timeouts: { header: 1s, body: 1s, idle: 1s, write: 3s }
                    limits: { request_head: 8KB, request_line: 2KB, fields: 20, request_body: 100000B }
                    """)
        }
    }
}

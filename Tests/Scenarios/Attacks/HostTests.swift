import TestSupport
import Testing

/// Who the request is for (attacks.md 11, 12).
@Suite("Attacks: hosts and targets", .stage)
struct HostTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var line: String
        var host: String?
        var status: Int
        var testDescription: String { "\(line) \(host ?? "-")" }
        init(_ line: String, _ host: String?, _ status: Int) {
            (self.line, self.host, self.status) = (line, host, status)
        }
    }

    static let rows = [
        // 11: forms of the target.
        Row("GET http://evil/echo", "good.test", 421), Row("GET http://evil", "good.test", 421),
        Row("GET http://good.test?/echo", "evil.test", 200), Row("GET http://good.test/echo", "evil.test", 200),
        Row("GET @evil/", "good.test", 400), Row("GET //evil/", "good.test", 404), Row("GET evil/", "good.test", 400),
        Row("CONNECT good.test:80", "good.test", 501), Row("CONNECT 127.0.0.1:22", "good.test", 501),
        Row("OPTIONS *", "good.test", 404), Row("GET *", "good.test", 400),
        Row("GET ftp://good.test/echo", "good.test", 400), Row("GET file:///etc/passwd", "good.test", 400),
        Row("GET http://user@good.test/echo", "good.test", 400), Row("GET http:///echo", "good.test", 400),
        Row("GET http://good.test:80@evil/echo", "good.test", 400), Row("GET /echo#x", "good.test", 400),
        Row("GET http://169.254.169.254/latest", "good.test", 421),
        // 12: hosts.
        Row("GET /echo", "good.test:80@evil", 400), Row("GET /echo", "evil", 421),
        Row("GET /echo", "good.test, evil", 400),
        Row("GET /echo", "", 400), Row("GET /echo", nil, 400), Row("GET /echo", "GOOD.test", 200),
        Row("GET /echo", "good.test.", 200), Row("GET /echo", "good.test:80", 200),
        Row("GET /echo", "a.good.test", 200),
        Row("GET /echo", "evilgood.test", 421), Row("GET /echo", "good.test.evil", 421),
        Row("GET /echo", "good.test:99999", 400), Row("GET /echo", "good.test:x", 400),
        Row("GET /echo", "good test", 400),
        Row("GET /echo", "good.test/evil", 400), Row("GET /echo", "[::1]", 200), Row("GET /echo", "[::1]:8080", 200),
        Row("GET /echo", "[0:0:0:0:0:0:0:1]", 200), Row("GET /echo", "[::1", 400), Row("GET /echo", "[::g]", 400),
        Row("GET /echo", "[v1.x]", 400), Row("GET /echo", "good.test\\@evil", 400), Row("GET /echo", "127.0.0.1", 200),
    ]

    @Test("The host is one of ours, by one spelling", arguments: rows)
    func hosts(_ row: Row) async throws {
        let stage = try #require(Stage.current)
        let host = row.host.map { "Host: \($0)\r\n" } ?? ""
        let client = try stage.client()
        try await client.send("\(row.line) HTTP/1.1\r\n\(host)X-Forwarded-Host: evil\r\n\r\n")
        let answer = try await client.response()
        #expect(answer.status == row.status)
        if answer.status == 400 || answer.status == 501 { #expect(await client.isClosedByPeer()) }
        if row.line.hasSuffix("/echo"), !row.line.contains("?"), answer.status == 200 {
            let echo = Echo(answer)
            #expect(!echo.text.contains("evil"))
            #expect(echo.text.contains("\"target\":\"/"))
        }
    }

    @Test("All spellings of a host share one entry; other ports and other hosts don't (12)")
    func oneKey() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page()
        _ = try await stage.get(page, host: "good.test")
        for same in ["GOOD.TEST", "good.test.", "good.test:80", "Good.Test.:80"] {
            #expect(try await stage.get(page, host: same).cacheStatus.contains("hit"), "\(same)")
        }
        for other in ["a.good.test", "good.test:81", "localhost"] {
            #expect(try await stage.get(page, host: other).cacheStatus.contains("uri-miss"), "\(other)")
        }
        #expect(try await stage.get("http://good.test\(page)", host: "localhost").cacheStatus.contains("hit"))
    }
}

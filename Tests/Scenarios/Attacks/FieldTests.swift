import TestSupport
import Testing

/// Fields that a client may not put into the origin's ear, and those it may not take away (attacks.md 9, 10, 13).
@Suite("Attacks: fields", .stage)
struct FieldTests {
    @Test("Connection can't take away what decides (10)")
    func connectionOptions() async throws {
        let stage = try #require(Stage.current)
        let echo = try await stage.echo(
            "GET /echo HTTP/1.1\r\nHost: good.test\r\n"
                + "Connection: Host, Authorization, Cookie, X-Forwarded-For, Content-Length, Cache-Control, X-Gone\r\n"
                + "Authorization: a\r\nCookie: b=c\r\nX-Gone: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
                + "Proxy-Authorization: x\r\nProxy-Connection: close\r\nProxy: http://evil\r\nUpgrade: h2c\r\n"
                + "HTTP2-Settings: AA\r\nTrailer: X\r\n\r\n")
        #expect(echo.has("Host", "good.test"))
        #expect(echo.has("Authorization", "a"))
        #expect(echo.has("Cookie", "b=c"))
        #expect(echo.has("X-Forwarded-For", "127.0.0.1"))
        for name in [
            "connection", "x-gone", "keep-alive", "te", "proxy-authorization", "proxy-connection", "proxy", "upgrade",
            "http2-settings", "trailer",
        ] { #expect(!echo.has(name), "\(name)") }
    }

    @Test("A field that the origin's Connection lists is neither sent on nor stored (10)")
    func connectionOfOrigin() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=60&header=Connection:X-Hop&header=X-Hop:secret&header=Keep-Alive:timeout=5")
        for _ in 1...2 {
            let answer = try await stage.get(page)
            #expect(answer.status == 200)
            #expect(answer["X-Hop"] == nil)
            #expect(answer["Keep-Alive"] == nil)
            #expect(answer["Connection"] == nil)
        }
    }

    static let spoofs = [
        "X-Forwarded-Host: evil", "X-Forwarded-Scheme: evil", "X-Original-URL: /evil", "X-Rewrite-URL: /evil",
        "X-HTTP-Method-Override: evil", "X-Forwarded-Prefix: evil", "X-Forwarded-For: evil", "X-Forwarded-Proto: evil",
        "X-Forwarded-Port: evil", "X-Forwarded-Server: evil", "Forwarded: for=evil", "X_Forwarded_Host: evil",
        "X-Real-IP: evil", "X-Host: evil", "X-Original-Host: evil", "X-Method-Override: evil",
        "X-HTTP-Method: evil", "X-Request-ID: evil", "x-original-url: /evil", "X-Forwarded: evil",
    ]

    @Test(
        "What an untrusted client says of itself, the host or the target does not reach the origin (13)",
        arguments: spoofs)
    func spoofed(line: String) async throws {
        let stage = try #require(Stage.current)
        let echo = try await stage.echo("GET /echo HTTP/1.1\r\nHost: good.test\r\n\(line)\r\n\r\n")
        #expect(echo.response.status == 200)
        #expect(!echo.text.contains("evil"), "\(echo.text)")
        #expect(echo.has("X-Forwarded-Host", "good.test"))
        #expect(echo.has("X-Forwarded-Proto", "http"))
    }

    @Test("Encoded line ends in a target stay encoded (9)", arguments: ["/echo?a%0d%0aX:1", "/echo?a%0D%0AX%3A1"])
    func encodedLineEnds(target: String) async throws {
        let stage = try #require(Stage.current)
        let echo = try await stage.echo("GET \(target) HTTP/1.1\r\nHost: good.test\r\n\r\n")
        #expect(echo.text.lowercased().contains("%0d%0ax"))
        #expect(!echo.has("x"))
    }

    @Test(
        "A control character in a field is 400 and the end (17)",
        arguments: ["\u{7}", "\u{0}", "\u{7f}", "\r", "\u{1b}"])
    func controls(byte: String) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page()
        let answers = try await stage.untilClosed("GET \(page) HTTP/1.1\r\nHost: localhost\r\nX: a\(byte)b\r\n\r\n")
        #expect(answers.map(\.status) == [400])
        #expect(try await stage.get(page).status == 200)
    }
}

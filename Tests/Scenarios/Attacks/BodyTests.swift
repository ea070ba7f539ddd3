import FixtureOrigin
import TestSupport
import Testing

/// Bytes behind a head that are not the next request, or are (attacks.md 5, 6, 7).
@Suite("Attacks: bodies and upgrades", .stage)
struct BodyTests {
    private static func hidden(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n" }

    @Test("What follows an Upgrade is a request of its own (5)")
    func upgrade() async throws {
        let stage = try #require(Stage.current)
        let client = try stage.client()
        let next = Stage.page()
        try await client.send(
            "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\n" + Self.hidden(next))
        let echo = Echo(try await client.response())
        #expect(echo.response.status == 200)
        #expect(!echo.has("upgrade"))
        #expect(!echo.has("connection", "upgrade"))
        let second = try await client.response()
        #expect(second.status == 200)
        #expect(second.cacheStatus.contains("uri-miss"))
    }

    @Test("A body that comes with a hit is dropped, never parsed (6)", arguments: ["hit", "304", "unknown host"])
    func bodyOnHit(kind: String) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=60&etag=v1")
        _ = try await stage.get(page)
        let smuggled = Stage.page()
        let body = Self.hidden(smuggled)
        let client = try stage.client()
        let fields = kind == "304" ? ["If-None-Match: \"v1\""] : []
        let host = kind == "unknown host" ? "other.test" : "localhost"
        let answer = try await client.request("GET", page, fields, body: body, host: host)
        #expect(answer.status == (kind == "304" ? 304 : kind == "hit" ? 200 : 421))
        #expect(try await client.request("GET", page).status == 200)
        #expect(try await stage.origin.count(smuggled) == 0)
    }

    @Test("A chunked body on a hit is dropped; a broken one ends the connection (6)", arguments: [true, false])
    func chunkedOnHit(isGood: Bool) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page()
        _ = try await stage.get(page)
        let smuggled = Stage.page()
        let client = try stage.client()
        try await client.send(
            "GET \(page) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello"
                + (isGood ? "\r\n" : "") + "0\r\n\r\n" + Self.hidden(smuggled))
        #expect(try await client.response().cacheStatus.contains("hit"))
        if isGood {
            #expect(try await client.response().status == 200)
        } else {
            #expect(await client.isClosedByPeer())
        }
        #expect(try await stage.origin.count(smuggled) == (isGood ? 1 : 0))
    }

    @Test("A body too long to drop ends the connection, and the answer says so (6)")
    func longBodyOnHit() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page()
        _ = try await stage.get(page)
        let client = try stage.client()
        try await client.send("GET \(page) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\nabc")
        let answer = try await client.response()
        #expect(answer.status == 200)
        #expect(answer["Connection"] == "close")
        #expect(await client.isClosedByPeer())
    }

    @Test("Expect: 100-continue on a hit is answered, then closed: nobody knows if the body comes (7)")
    func expectOnHit() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page()
        _ = try await stage.get(page)
        let smuggled = Stage.page()
        let answers = try await stage.untilClosed(
            "GET \(page) HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 60\r\n\r\n"
                + Self.hidden(smuggled))
        #expect(answers.map(\.status) == [200])
        #expect(try await stage.origin.count(smuggled) == 0)
    }

    @Test(
        "Another expectation is 417 and the end (7)",
        arguments: ["y 100-continue", "100-continue, 100-continue", "200-ok", "100-continue\r\nExpect: 100-continue"])
    func otherExpectation(value: String) async throws {
        let stage = try #require(Stage.current)
        let smuggled = Stage.page()
        let answers = try await stage.untilClosed(
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: \(value)\r\nContent-Length: 5\r\n\r\n"
                + Self.hidden(smuggled))
        #expect(answers.map(\.status) == [417])
        #expect(try await stage.origin.count(smuggled) == 0)
    }

    @Test("Expect: 100-continue on an upload is ours to answer; the origin never sees it (7)")
    func expectOnUpload() async throws {
        let stage = try #require(Stage.current)
        let client = try stage.client()
        try await client.send(
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        let interim = try await client.readBytes(atLeast: 25)
        #expect(String(decoding: interim, as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
        try await client.send("hello")
        let echo = Echo(try await client.response())
        #expect(echo.text.contains("\"length\":5"))
        #expect(!echo.has("expect"))
        #expect(try await client.request("GET", "/echo").status == 200)
    }

    @Test("An early final answer ends the connection: the rest of the body is no request (7)")
    func earlyAnswer() async throws {
        let stage = try #require(Stage.current)
        let smuggled = Stage.page()
        let client = try stage.client()
        try await client.send(
            "POST /page?early=1&status=403 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc")
        let answer = try await client.response()
        #expect(answer.status == 403)
        #expect(answer["Connection"] == "close")
        try? await client.send(Self.hidden(smuggled))
        #expect(await client.isClosedByPeer())
        #expect(try await stage.origin.count(smuggled) == 0)
    }
}

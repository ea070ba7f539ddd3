import CacheModel
import HTTPMessage
import NIOCore
import OriginFetch
import TestSupport
import Testing

@Suite("What goes to the origin")
struct RequestTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    @Test("only the given fields go out, in their order and letter case, the empty one too")
    func exactFields() async throws {
        let origin = ScriptedOrigin.answering(Self.ok)
        defer { origin.stop() }
        let fields = [
            ("Host", "a.test:81"), ("X-One", "1"), ("x-empty", ""), ("ACCEPT-encoding", "br, gzip"),
            ("Via", "1.1 strata"),
            ("Cookie", "a=b; c=d"), ("Authorization", "Basic eA=="), ("X-One", "2"), ("Range", "bytes=1-2"),
            ("User-Agent", "u/1"), ("Referer", "http://r/"), ("Connection", "keep-alive"), ("TE", "trailers"),
        ]
        let record = try await Fetching().get(origin, "GET", "/p?q=1", fields: fields)
        #expect(record.text == "ok")
        let lines = fields.map { $0.1.isEmpty ? "\($0.0):" : "\($0.0): \($0.1)" }
        #expect(origin.requests == [(["GET /p?q=1 HTTP/1.1"] + lines).joined(separator: "\r\n") + "\r\n\r\n"])
    }

    @Test("a request without fields but Host carries nothing of libcurl's")
    func nothingAdded() async throws {
        let origin = ScriptedOrigin.answering(Self.ok)
        defer { origin.stop() }
        _ = try await Fetching().get(origin)
        #expect(origin.requests == ["GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"])
    }

    @Test(
        "the target goes out as it is (attack class 16)",
        arguments: [
            "/a/../b", "/a//b", "/%61", "/a%2e%2e/b", "/./x", "/%c0%ae", "/a;b?c=d&e", "/?", "/a?b?c", "*", "//evil/x",
            "/%0d%0aX:1", "/|{}[]",
        ])
    func target(_ target: String) async throws {
        let origin = ScriptedOrigin.answering(Self.ok)
        defer { origin.stop() }
        _ = try await Fetching().get(origin, "OPTIONS", target)
        #expect(origin.requests == ["OPTIONS \(target) HTTP/1.1\r\nHost: a.test\r\n\r\n"])
    }

    @Test(
        "bytes that would end the request line are refused (attack class 9)",
        arguments: [
            ("GET", "/ HTTP/1.1\r\nX: y"), ("GET", "/a b"), ("GET", ""), ("G T", "/"), ("GET\r\nX:", "/"), ("", "/"),
        ])
    func injectedLine(_ method: String, _ target: String) async throws {
        let origin = ScriptedOrigin.answering(Self.ok)
        defer { origin.stop() }
        let record = try await Fetching().get(origin, method, target)
        #expect(record.kind == .internalError)
        #expect(origin.connections == 0)
    }

    @Test("a field value with a line end is refused", arguments: ["a\r\nX: y", "a\nb", "a\rb", "a\0b"])
    func injectedField(_ value: String) async throws {
        let origin = ScriptedOrigin.answering(Self.ok)
        defer { origin.stop() }
        let record = try await Fetching().get(origin, fields: [("Host", "a"), ("X", value)])
        #expect(record.kind == .internalError)
        #expect(origin.connections == 0)
    }

    struct MethodRow: Sendable, CustomTestStringConvertible {
        let method: String
        let body: OriginRequest.Body
        let lengthLine: String
        var testDescription: String { "\(method) \(body)" }
    }

    @Test(
        "methods go out as given, with Content-Length where RFC 9110 §8.6 wants it",
        arguments: [
            MethodRow(method: "GET", body: .none, lengthLine: ""),
            MethodRow(method: "HEAD", body: .none, lengthLine: ""),
            MethodRow(method: "DELETE", body: .none, lengthLine: ""),
            MethodRow(method: "OPTIONS", body: .none, lengthLine: ""),
            MethodRow(method: "PROPFIND", body: .none, lengthLine: ""),
            MethodRow(method: "get", body: .none, lengthLine: ""),
            MethodRow(method: "POST", body: .none, lengthLine: "Content-Length: 0\r\n"),
            MethodRow(method: "PUT", body: .none, lengthLine: "Content-Length: 0\r\n"),
            MethodRow(method: "PATCH", body: .none, lengthLine: "Content-Length: 0\r\n"),
            MethodRow(method: "DELETE", body: .length(0), lengthLine: "Content-Length: 0\r\n"),
            MethodRow(method: "POST", body: .length(0), lengthLine: "Content-Length: 0\r\n"),
        ])
    func methods(_ row: MethodRow) async throws {
        let origin = ScriptedOrigin.answering("HTTP/1.1 204 No Content\r\n\r\n")
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        let request = Fetching.request(Fetching.server(origin), row.method, body: row.body)
        _ = await fetching.start(request, handler)
        let record = await handler.end()
        #expect(record.status == 204)
        #expect(record.order == ["head", "finish"])
        #expect(origin.requests == ["\(row.method) / HTTP/1.1\r\nHost: a.test\r\n\(row.lengthLine)\r\n"])
    }

    @Test("framing fields and Expect among the fields are not sent: framing follows from the body (attack class 1)")
    func framingFieldsDropped() async throws {
        let origin = ScriptedOrigin.answering(Self.ok)
        defer { origin.stop() }
        let fields = [
            ("Host", "a"), ("Content-Length", "7"), ("Transfer-Encoding", "chunked"), ("Expect", "100-continue"),
        ]
        _ = try await Fetching().get(origin, "POST", fields: fields)
        #expect(origin.requests == ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"])
    }

    @Test("handles are used again without a trace of the fetch before")
    func noTraceOfTheLast() async throws {
        let origin = ScriptedOrigin { connection in
            while let head = connection.readHead() {
                if head.contains("Content-Length: 3") { _ = connection.read(3) }
                if head.contains("chunked") { _ = connection.read(through: "0\r\n\r\n") }
                connection.write(head.hasPrefix("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" : Self.ok)
            }
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        for _ in 0..<2 {
            #expect(await fetching.send(origin, body: .length(3), pieces: ["abc"]).text == "ok")
            #expect(await fetching.get(origin, "HEAD").order == ["head", "finish"])
            #expect(await fetching.get(origin, "GET", "/x").text == "ok")
            #expect(await fetching.send(origin, "PUT", body: .chunked, pieces: ["abc"]).text == "ok")
            #expect(await fetching.get(origin, "DELETE", fields: [("Host", "b"), ("Accept", "x/y")]).text == "ok")
        }
        let round = [
            "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\n", "HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n",
            "GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n",
            "PUT / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n",
            "DELETE / HTTP/1.1\r\nHost: b\r\nAccept: x/y\r\n\r\n",
        ]
        #expect(origin.requests == round + round)
        #expect(origin.connections == 1)
        #expect(fetching.upstream.statistics().connectionsOpened == 1)
    }
}

import CacheModel
import HTTPMessage
import OriginFetch
import TestSupport
import Testing

@Suite("Bodies from the origin")
struct BodyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        var method = "GET"
        let bytes: String
        var body = ""
        var kind: OriginFailure.Kind?
        /// Whether the next request goes over the same connection.
        var keeps = true
        var testDescription: String { name }
    }

    private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    static let whole: [Row] = [
        Row(name: "Content-Length", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
        Row(name: "Content-Length 0", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        Row(name: "chunked", bytes: chunked + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", body: "hello world"),
        Row(name: "empty chunked", bytes: chunked + "0\r\n\r\n"),
        Row(
            name: "trailers, dropped", bytes: chunked + "2\r\nok\r\n0\r\nX-Sum: 1\r\nContent-Length: 2\r\n\r\n",
            body: "ok"),
        Row(name: "until close", bytes: "HTTP/1.1 200 OK\r\n\r\nhello", body: "hello", keeps: false),
        Row(
            name: "Connection: close",
            bytes: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", body: "ok",
            keeps: false),
        Row(name: "204", bytes: "HTTP/1.1 204 No Content\r\n\r\n"),
        Row(
            name: "304 with Content-Length",
            bytes: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"a\"\r\n\r\n"),
        Row(name: "HEAD with Content-Length", method: "HEAD", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        Row(name: "HEAD with TE", method: "HEAD", bytes: chunked),
        Row(
            name: "27 bytes beyond Content-Length",
            bytes: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 Evil\r\n",
            body: "ok", keeps: false),
        Row(
            name: "27 bytes behind the last chunk",
            bytes: chunked + "2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 Evil\r\n", body: "ok",
            keeps: false),
        Row(
            name: "27 HEAD answered with a body", method: "HEAD",
            bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", keeps: false),
        Row(name: "27 204 with a body", bytes: "HTTP/1.1 204 No Content\r\nX: y\r\n\r\nhello", keeps: false),
        Row(
            name: "27 304 with a body",
            bytes: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", keeps: false),
        Row(
            name: "compressed bytes stay as they are",
            bytes: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
    ]

    /// A connection on which `bytes` come once and then, should it be used again, plain answers. It closes after
    /// `bytes` only where the row says that nobody may count on it.
    private static func origin(_ row: Row, closes: Bool) -> ScriptedOrigin {
        ScriptedOrigin { connection in
            while let head = connection.readHead() {
                if head.contains(" /row ") {
                    connection.write(row.bytes)
                    if closes { return }
                } else {
                    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext")
                }
            }
        }
    }

    @Test("the framed bytes are the body, and the connection is kept only if nothing else came", arguments: whole)
    func wholeBody(_ row: Row) async throws {
        let origin = Self.origin(row, closes: row.name == "until close")
        defer { origin.stop() }
        let fetching = try Fetching()
        let record = await fetching.get(origin, row.method, "/row")
        #expect(record.failure == nil)
        #expect(record.text == row.body)
        #expect(record.order == (row.body.isEmpty ? ["head", "finish"] : ["head", "body", "finish"]))
        #expect(await fetching.get(origin).text == "next")
        #expect(origin.connections == (row.keeps ? 1 : 2))
    }

    static let broken: [Row] = [
        Row(
            name: "Content-Length cut",
            bytes: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", body: "hello", kind: .truncatedBody),
        Row(
            name: "Content-Length, no body",
            bytes: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", kind: .truncatedBody),
        Row(name: "chunk cut", bytes: chunked + "9\r\nhello", body: "hello", kind: .truncatedBody),
        Row(name: "no last chunk", bytes: chunked + "5\r\nhello\r\n", body: "hello", kind: .truncatedBody),
        Row(name: "last chunk cut", bytes: chunked + "5\r\nhello\r\n0\r\n", body: "hello", kind: .truncatedBody),
        Row(name: "3 no CRLF behind a chunk", bytes: chunked + "5\r\nhello0\r\n\r\n", kind: .malformedBody),
        Row(name: "3 chunk size no number", bytes: chunked + "zz\r\nhello\r\n0\r\n\r\n", kind: .malformedBody),
        Row(name: "3 chunk size negative", bytes: chunked + "-1\r\nhello\r\n0\r\n\r\n", kind: .malformedBody),
        Row(
            name: "3 chunk size too great",
            bytes: chunked + "FFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n", kind: .malformedBody),
        Row(name: "3 chunk size empty", bytes: chunked + "\r\nhello\r\n0\r\n\r\n", kind: .malformedBody),
        Row(name: "3 bare LF behind a chunk", bytes: chunked + "5\r\nhello\n0\r\n\r\n", kind: .malformedBody),
        Row(name: "3 bare LF behind a size", bytes: chunked + "5\nhello\r\n0\r\n\r\n", kind: .malformedBody),
        Row(name: "3 bare LF at the end", bytes: chunked + "5\r\nhello\r\n0\r\n\n", kind: .malformedBody),
        Row(
            name: "3 extension of 300 bytes",
            bytes: chunked + "5;" + String(repeating: "x", count: 300) + "\r\nhello\r\n0\r\n\r\n", kind: .malformedBody),
        Row(
            name: "trailers over the bound",
            bytes: chunked + "0\r\nX: " + String(repeating: "x", count: 70_000) + "\r\n\r\n", kind: .malformedBody),
        Row(name: "malformed trailer", bytes: chunked + "0\r\nX : 5\r\n\r\n", kind: .malformedBody),
    ]

    @Test("a body that is cut short or malformed never finishes", arguments: broken)
    func brokenBody(_ row: Row) async throws {
        let origin = Self.origin(row, closes: true)
        defer { origin.stop() }
        let fetching = try Fetching()
        let record = await fetching.get(origin, "GET", "/row")
        #expect(record.kind == row.kind, "\(String(describing: record.failure))")
        #expect(record.finishes == 0)
        // Nothing is told of an answer that broke off in the wake-up that brought its head.
        #expect(record.heads.isEmpty ? record.body.isEmpty : row.body.hasPrefix(record.text))
        #expect(await fetching.get(origin).text == "next")
        #expect(origin.connections == 2)
    }

    @Test("a reset inside a body read until close is no end of it")
    func resetUntilClose() async throws {
        let gotHead = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n\r\nhel")
            gotHead.wait()
            connection.reset()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        _ = await fetching.start(Fetching.request(Fetching.server(origin)), handler)
        _ = await handler.until("body") { $0.bodyBytes == 3 }
        gotHead.fire()
        #expect(await handler.end().kind == .truncatedBody)
    }

    @Test("the head and the first bytes are delivered before the rest exists")
    func streams() async throws {
        let go = Signal()
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
            go.wait()
            connection.write("def")
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let handler = RecordingHandler(on: fetching.loop)
        _ = await fetching.start(Fetching.request(Fetching.server(origin)), handler)
        let early = await handler.until("the first bytes") { $0.bodyBytes == 3 }
        #expect(early.status == 200 && !early.isOver)
        go.fire()
        #expect(await handler.end().text == "abcdef")
    }

    @Test("a large body arrives whole, in pieces of at most 128 KB")
    func largeBody() async throws {
        // No power of two: a piece out of place shows.
        let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let size = block.count * 40
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            for _ in 0..<(size / block.count) { connection.write(block) }
        }
        defer { origin.stop() }
        let record = try await Fetching().get(origin)
        #expect(record.bodyBytes == size)
        #expect(record.body == Array([[UInt8]](repeating: block, count: size / block.count).joined()))
        #expect(record.largestPiece <= 128 << 10)
        #expect(record.finishes == 1)
    }
}

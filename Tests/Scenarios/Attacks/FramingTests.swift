import TestSupport
import Testing

/// Requests whose end two servers could see in two places (attacks.md 1 to 4; RFC 9112 §6.3).
@Suite("Attacks: framing", .stage)
struct FramingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var status: Int
        /// Lines behind `Host`.
        var lines: String
        var body = ""
        var version = "1.1"
        var testDescription: String { name }
    }

    static let chunked = "Transfer-Encoding: chunked\r\n"
    static let rows: [Row] = [
        // 1. Both.
        Row(name: "1 CL.TE", status: 400, lines: "Content-Length: 6\r\n" + chunked, body: "0\r\n\r\nG"),
        Row(name: "1 TE.CL", status: 400, lines: chunked + "Content-Length: 6\r\n", body: "0\r\n\r\nG"),
        // 2. Content-Length and Host.
        Row(name: "2 list", status: 400, lines: "Content-Length: 5, 5\r\n", body: "hello"),
        Row(name: "2 two lines", status: 400, lines: "Content-Length: 5\r\nContent-Length: 6\r\n", body: "hello"),
        Row(name: "2 equal lines", status: 400, lines: "Content-Length: 5\r\nContent-Length: 5\r\n", body: "hello"),
        Row(name: "2 plus", status: 400, lines: "Content-Length: +5\r\n", body: "hello"),
        Row(name: "2 hex", status: 400, lines: "Content-Length: 0x5\r\n", body: "hello"),
        Row(name: "2 inner space", status: 400, lines: "Content-Length: 5 5\r\n", body: "hello"),
        Row(name: "2 minus zero", status: 400, lines: "Content-Length: -0\r\n"),
        Row(name: "2 overflow", status: 400, lines: "Content-Length: 18446744073709551621\r\n", body: "hello"),
        Row(name: "2 empty", status: 400, lines: "Content-Length:\r\n"),
        Row(name: "2 two hosts", status: 400, lines: "Host: localhost\r\n"),
        Row(name: "2 space before colon", status: 400, lines: "Content-Length : 5\r\n", body: "hello"),
        // 3. Chunks.
        Row(name: "3 no CRLF", status: 400, lines: chunked, body: "5\r\nhello0\r\n\r\n"),
        Row(name: "3 bare LF in extension", status: 400, lines: chunked, body: "5;\nhello\r\n0\r\n\r\n"),
        Row(name: "3 bare LF after data", status: 400, lines: chunked, body: "5\r\nhello\n0\r\n\r\n"),
        Row(name: "3 bare LF after size", status: 400, lines: chunked, body: "5\nhello\r\n0\r\n\r\n"),
        Row(name: "3 overflow", status: 400, lines: chunked, body: "FFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n"),
        Row(name: "3 signed overflow", status: 400, lines: chunked, body: "8000000000000000\r\nhello\r\n0\r\n\r\n"),
        Row(name: "3 0x5", status: 400, lines: chunked, body: "0x5\r\nhello\r\n0\r\n\r\n"),
        Row(name: "3 underscore", status: 400, lines: chunked, body: "5_0\r\nhello\r\n0\r\n\r\n"),
        Row(name: "3 minus", status: 400, lines: chunked, body: "-1\r\nhello\r\n0\r\n\r\n"),
        Row(name: "3 CR in extension", status: 400, lines: chunked, body: "5;a\rb\r\nhello\r\n0\r\n\r\n"),
        Row(name: "3 bad trailer", status: 400, lines: chunked, body: "0\r\nX Y: a\r\n\r\n"),
        // 4. Transfer-Encoding.
        Row(name: "4 unknown", status: 501, lines: "Transfer-Encoding: xchunked\r\n", body: "0\r\n\r\n"),
        Row(name: "4 chunked, identity", status: 400, lines: "Transfer-Encoding: chunked, identity\r\n"),
        Row(name: "4 leading spaces", status: 400, lines: "Transfer-Encoding:  chunked\r\n", body: "0\r\n\r\n"),
        Row(name: "4 vertical tab", status: 400, lines: "Transfer-Encoding: chunked\u{b}\r\n", body: "0\r\n\r\n"),
        Row(name: "4 identity", status: 400, lines: "Transfer-Encoding: identity\r\n"),
        Row(name: "4 twice", status: 400, lines: chunked + chunked, body: "0\r\n\r\n"),
        Row(name: "4 HTTP/1.0", status: 400, lines: chunked, body: "0\r\n\r\n", version: "1.0"),
        Row(name: "4 folded", status: 400, lines: "Transfer-Encoding:\r\n chunked\r\n", body: "0\r\n\r\n"),
        Row(name: "4 underscore", status: 400, lines: "Transfer_Encoding: chunked\r\n", body: "0\r\n\r\n"),
        Row(name: "4 bare LF line", status: 400, lines: "X: a\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n"),
        Row(name: "4 NUL", status: 400, lines: "X: a\0b\r\n"),
    ]

    @Test("Refused, closed, and nothing behind it is a request", arguments: rows)
    func refused(_ row: Row) async throws {
        let stage = try #require(Stage.current)
        let hidden = Stage.page()
        let target = Stage.page("max-age=60", "/echo")
        // A field before the bad one: what is logged of a refused head must not be what was not read.
        let answers = try await stage.untilClosed(
            "POST \(target) HTTP/\(row.version)\r\nHost: localhost\r\nUser-Agent: attack\r\n\(row.lines)\r\n\(row.body)"
                + "GET \(hidden) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(answers.map(\.status) == [row.status])
        #expect(answers.first?.text.contains("Connection: close") == true)
        #expect(try await stage.origin.count(hidden) == 0)
        #expect(try await stage.origin.count(target, of: "completed") == 0)
    }

    @Test("A megabyte of chunk extensions is refused before it is read (attacks.md 3)")
    func longExtension() async throws {
        let stage = try #require(Stage.current)
        let client = try stage.client()
        try await client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\n\(Self.chunked)\r\n5")
        // The proxy may have closed long before the end of it.
        try? await client.send(String(repeating: ";ext=1", count: 180_000))
        let answer = try? await client.response()
        #expect(answer == nil || answer?.status == 400)
        #expect(stage.proxy.process.residentBytes < 1 << 30)
    }

    @Test("A well-framed body reaches the origin byte for byte, however it is cut", arguments: [1, 7, 64])
    func goodBodies(piece: Int) async throws {
        let stage = try #require(Stage.current)
        let client = try stage.client()
        let text =
            "POST /echo HTTP/1.1\r\nHost: localhost\r\n\(Self.chunked)\r\n5;a=\"b\"\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n"
            + "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\nhello world"
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try await client.send(Array(bytes[start..<min(start + piece, bytes.count)]))
        }
        for answer in try await client.responses(2) {
            #expect(answer.status == 200)
            #expect(answer["Connection"] == nil)
            // CRC-32 of "hello world".
            #expect(answer.text.contains("\"body\":{\"length\":11,\"crc32\":\"d4a1185\"}"))
        }
    }
}

import CacheModel
import HTTPMessage
import OriginFetch
import TestSupport
import Testing

@Suite("Heads from the origin")
struct HeadTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: String
        var kind = OriginFailure.Kind.malformedHead
        var testDescription: String { name }
    }

    private static let start = "HTTP/1.1 200 OK\r\n"

    static let malformed: [Row] = [
        Row(name: "1 CL with TE", bytes: start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Row(
            name: "2 two different Content-Lengths",
            bytes: start + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
        Row(name: "2 Content-Length +5", bytes: start + "Content-Length: +5\r\n\r\nhello"),
        Row(name: "2 Content-Length 0x5", bytes: start + "Content-Length: 0x5\r\n\r\nhello"),
        Row(name: "2 Content-Length -1", bytes: start + "Content-Length: -1\r\n\r\nhello"),
        Row(name: "2 Content-Length 5 5", bytes: start + "Content-Length: 5 5\r\n\r\nhello"),
        Row(name: "2 Content-Length empty", bytes: start + "Content-Length:\r\n\r\nhello"),
        Row(name: "2 Content-Length 2^64", bytes: start + "Content-Length: 18446744073709551616\r\n\r\nhello"),
        Row(name: "4 TE xchunked", bytes: start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        Row(name: "4 TE chunked, identity", bytes: start + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        Row(name: "4 TE gzip, chunked", bytes: start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        Row(name: "4 TE chunked with vertical tab", bytes: start + "Transfer-Encoding: chunked\u{b}\r\n\r\n0\r\n\r\n"),
        Row(name: "4 TE folded", bytes: start + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        Row(
            name: "4 TE twice",
            bytes: start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Row(name: "4 TE in HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Row(name: "9 bare LF", bytes: start + "X: 1\nContent-Length: 2\r\n\r\nok"),
        Row(name: "9 bare LF throughout", bytes: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
        Row(name: "9 bare CR in a value", bytes: start + "X: 1\rY: 2\r\nContent-Length: 2\r\n\r\nok"),
        Row(name: "9 bare CR at a line's start", bytes: start + "\rX: 1\r\nContent-Length: 2\r\n\r\nok"),
        Row(name: "9 bare CR in the reason", bytes: "HTTP/1.1 200 O\rK\r\nContent-Length: 2\r\n\r\nok"),
        Row(name: "5.2 folded line", bytes: start + "X: 1\r\n two\r\nContent-Length: 2\r\n\r\nok"),
        Row(name: "5.1 space before the colon", bytes: start + "Content-Length : 2\r\n\r\nok"),
        Row(name: "5.1 no colon", bytes: start + "Nonsense\r\nContent-Length: 2\r\n\r\nok"),
        Row(name: "5.1 empty name", bytes: start + ": 2\r\nContent-Length: 2\r\n\r\nok"),
        Row(name: "5.5 NUL in a value", bytes: start + "X: a\0b\r\nContent-Length: 2\r\n\r\nok"),
        Row(name: "27 bytes before the head", bytes: "garbage\r\n" + start + "Content-Length: 2\r\n\r\nok"),
        Row(name: "27 an empty line before the head", bytes: "\r\n" + start + "Content-Length: 2\r\n\r\nok"),
        Row(name: "27 HTTP/0.9", bytes: "<html>hello</html>"),
        Row(name: "4 status of two digits", bytes: "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"),
        Row(name: "4 status of four digits", bytes: "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"),
        Row(name: "4 another protocol", bytes: "ICY 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        Row(
            name: "5 an unasked 101",
            bytes: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", kind: .unaskedUpgrade),
        Row(
            name: "17 over 64 KB of lines",
            bytes: start + String(repeating: "X: \(String(repeating: "x", count: 1000))\r\n", count: 70) + "\r\n",
            kind: .headTooLarge),
        Row(
            name: "17 one line of 80 KB", bytes: start + "X: \(String(repeating: "x", count: 80_000))\r\n\r\n",
            kind: .headTooLarge),
        Row(
            name: "17 one line without an end", bytes: start + "X: \(String(repeating: "x", count: 400_000))",
            kind: .headTooLarge),
        Row(
            name: "17 too many fields", bytes: start + String(repeating: "X: 1\r\n", count: 300) + "\r\n",
            kind: .headTooLarge),
        Row(
            name: "27 no end of interim heads",
            bytes: String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 100) + start
                + "Content-Length: 0\r\n\r\n"),
    ]

    @Test("a malformed head fails, with nothing of it delivered and the connection closed", arguments: malformed)
    func malformedHead(_ row: Row) async throws {
        let closed = Signal()
        let origin = ScriptedOrigin { connection in
            guard let head = connection.readHead() else { return }
            guard head.hasPrefix("GET /bad") else {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                return
            }
            connection.write(row.bytes)
            connection.drain()
            closed.fire()
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        let record = await fetching.get(origin, "GET", "/bad")
        #expect(record.kind == row.kind, "\(String(describing: record.failure)) \(record.heads)")
        #expect(record.heads.isEmpty && record.bodyBytes == 0 && record.finishes == 0)
        #expect(closed.wait())
        #expect(await fetching.get(origin).text == "ok")
        #expect(origin.connections == 2)
    }

    /// On a handle used again, old releases of libcurl write to freed memory here (`FoldGuard`): run it under valgrind
    /// or with a sanitised allocator to see that.
    @Test(
        "a head that begins with a folded line is malformed, also after other answers",
        arguments: [
            start + " X: 1\r\nContent-Length: 2\r\n\r\nok", start + "\tno colon\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 100 Continue\r\n\r\n" + start + " X: 1\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 103 Early Hints\r\n X: 1\r\n\r\n" + start + "Content-Length: 2\r\n\r\nok",
        ])
    func foldedFirst(_ bytes: String) async throws {
        let origin = ScriptedOrigin { connection in
            while let head = connection.readHead() {
                guard head.contains(" /bad ") else {
                    connection.write("HTTP/1.1 200 OK\r\nX-Last: \(head.utf8.count)\r\nContent-Length: 2\r\n\r\nok")
                    continue
                }
                connection.write(bytes)
                return
            }
        }
        defer { origin.stop() }
        let fetching = try Fetching()
        for _ in 0..<3 {
            #expect(await fetching.get(origin).text == "ok")
            let record = await fetching.get(origin, "GET", "/bad")
            #expect(record.kind == .malformedHead, "\(String(describing: record.failure))")
            #expect(record.heads.isEmpty && record.interims.isEmpty)
        }
    }

    @Test("the fields arrive untouched, framing included, and the reason phrase")
    func fieldsUntouched() async throws {
        let lines =
            "Content-Length: 2\r\nX-a:  b \r\nSet-Cookie: 1\r\nset-cookie: 2\r\nEmpty:\r\nContent-Encoding: gzip\r\n"
        let origin = ScriptedOrigin.answering("HTTP/1.1 299 Odd but fine\r\n" + lines + "\r\nok")
        defer { origin.stop() }
        let record = try await Fetching().get(origin)
        let head = try #require(record.heads.first)
        #expect(head.status == 299 && head.reason.elementsEqual("Odd but fine".utf8))
        #expect(head.framing == .length(2))
        let text =
            "Content-Length: 2\r\nX-a: b\r\nSet-Cookie: 1\r\nset-cookie: 2\r\nEmpty: \r\nContent-Encoding: gzip\r\n"
        #expect(head.fields.text == text)
        #expect(record.text == "ok")
        #expect(record.order == ["head", "body", "finish"])
    }

    @Test("a head of nearly 64 KB in many small writes is delivered")
    func largeHead() async throws {
        let value = String(repeating: "v", count: 620)
        let origin = ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n")
            for i in 0..<100 { connection.write("X-\(i): \(value)\r\n") }
            connection.write("Content-Length: 0\r\n\r\n")
        }
        defer { origin.stop() }
        let record = try await Fetching().get(origin)
        #expect(record.heads.first?.fields.count == 101)
        #expect(record.order == ["head", "finish"])
    }

    @Test("a 103 comes as an interim head, a 100 is swallowed, and neither taints the final head (attack class 27)")
    func interimHeads() async throws {
        let origin = ScriptedOrigin.answering(
            "HTTP/1.1 100 Continue\r\nSet-Cookie: a=1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                + "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        defer { origin.stop() }
        let record = try await Fetching().get(origin)
        #expect(record.interims.map(\.status) == [103, 102])
        #expect(record.interims.first?.fields.text == "Link: </a.css>\r\n")
        #expect(record.heads.first?.fields.text == "Content-Length: 2\r\n")
        #expect(record.order == ["interim", "interim", "head", "body", "finish"])
    }

    @Test("a redirect is an answer like any other")
    func redirect() async throws {
        let origin = ScriptedOrigin.answering("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        defer { origin.stop() }
        let record = try await Fetching().get(origin)
        #expect(record.status == 302)
        #expect(origin.requests.count == 1)
    }

    @Test("answers of an HTTP/1.0 server are read, and its connection is not kept")
    func oldServer() async throws {
        let origin = ScriptedOrigin.answering(
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")
        defer { origin.stop() }
        let fetching = try Fetching()
        #expect(await fetching.get(origin).text == "ok")
        #expect(await fetching.get(origin).text == "ok")
        #expect(origin.requests.allSatisfy { $0.hasPrefix("GET / HTTP/1.1\r\n") })
        #expect(origin.connections == 2)
    }
}

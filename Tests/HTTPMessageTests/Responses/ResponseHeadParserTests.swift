import TestSupport
import HTTPMessage
import Testing

/// A response head read from a copy of exactly its size.
func response(
    _ text: String, isHeadRequest: Bool = false, limits: MessageLimits = MessageLimits(), allowsHTTP2: Bool = false
) -> Result<ParsedResponseHead, ResponseHeadError> {
    do throws(ResponseHeadError) {
        return .success(
            try withCopy(Array(text.utf8)) { bytes throws(ResponseHeadError) in
                try ResponseHeadParser.parse(
                    bytes, isHeadRequest: isHeadRequest, limits: limits, allowsHTTP2: allowsHTTP2)
            })
    } catch {
        return .failure(error)
    }
}

@Suite("Response heads")
struct ResponseHeadParserTests {
    @Test("a head is read whole")
    func plain() throws {
        let text =
            "HTTP/1.1 200 OK then\r\nContent-Length: 5\r\nX-A:  \u{e9} \r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n"
        let head = try response(text).get()
        #expect(head.status == 200)
        #expect(String(decoding: head.fields.bytes[head.reason], as: UTF8.self) == "OK then")
        #expect(head.fields.text == "Content-Length: 5\r\nX-A: \u{e9}\r\nSet-Cookie: a\r\nset-cookie: b\r\n")
        #expect(head.fields.values(.setCookie).count == 2)
        #expect(head.fields.bytes == Array(text.utf8))
        #expect(head.framing == .length(5))
        #expect(head.contentLength == 5)
        #expect(head.keepAlive)
        #expect(!head.isInterim)
        #expect((head.majorVersion, head.minorVersion) == (1, 1))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var rule: String
        var text: String
        var framing: ResponseFraming
        var keepAlive: Bool
        var isHeadRequest = false
        var testDescription: String { rule }
    }

    static let rows: [Row] = [
        Row(
            rule: "RFC 9112 §6.3 rule 1: HEAD", text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", framing: .none,
            keepAlive: true, isHeadRequest: true),
        Row(
            rule: "RFC 9112 §6.3 rule 1: HEAD, chunked", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
            framing: .none, keepAlive: true, isHeadRequest: true),
        Row(
            rule: "RFC 9112 §6.3 rule 1: HEAD without framing", text: "HTTP/1.1 200 OK\r\n", framing: .none,
            keepAlive: true, isHeadRequest: true),
        Row(rule: "RFC 9112 §6.3 rule 1: 100", text: "HTTP/1.1 100 Continue\r\n", framing: .none, keepAlive: true),
        Row(rule: "RFC 8297: 103", text: "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n", framing: .none, keepAlive: true),
        Row(
            rule: "RFC 9112 §6.3 rule 1: 204", text: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n", framing: .none,
            keepAlive: true),
        Row(
            rule: "RFC 9112 §6.1: a 204 that says chunked", text: "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n",
            framing: .none, keepAlive: false),
        Row(
            rule: "RFC 9112 §6.3 rule 1: 304", text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n",
            framing: .none, keepAlive: true),
        Row(
            rule: "RFC 9112 §6.3 rule 4: chunked", text: "HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n",
            framing: .chunked, keepAlive: true),
        Row(
            rule: "RFC 9112 §6.3 rule 6: a length", text: "HTTP/1.1 404 x\r\nContent-Length: 0\r\n",
            framing: .length(0), keepAlive: true),
        Row(
            rule: "RFC 9112 §6.3 rule 8: until the end", text: "HTTP/1.1 200 OK\r\n", framing: .close, keepAlive: false),
        Row(
            rule: "RFC 9112 §9.3: close", text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: x, Close\r\n",
            framing: .length(1), keepAlive: false),
        Row(
            rule: "RFC 9112 §9.3: 1.0", text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n", framing: .length(1),
            keepAlive: false),
        Row(
            rule: "RFC 9112 §9.3: 1.0 stays",
            text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n", framing: .length(1),
            keepAlive: true),
        Row(
            rule: "RFC 9112 §4: no reason", text: "HTTP/1.1 200 \r\nContent-Length: 1\r\n", framing: .length(1),
            keepAlive: true),
        Row(
            rule: "no reason and no space", text: "HTTP/1.1 200\r\nContent-Length: 1\r\n", framing: .length(1),
            keepAlive: true),
        Row(
            rule: "RFC 9110 §15: a status of 999", text: "HTTP/1.1 999 x\r\nContent-Length: 1\r\n", framing: .length(1),
            keepAlive: true),
    ]

    @Test("framing and persistence", arguments: rows)
    func framing(_ row: Row) throws {
        let head = try response(row.text + "\r\n", isHeadRequest: row.isHeadRequest).get()
        #expect(head.framing == row.framing)
        #expect(head.keepAlive == row.keepAlive)
        #expect(head.isInterim == (head.status < 200))
    }

    static let refusals: [(String, ResponseHeadError)] = [
        ("", .incomplete), ("HTTP/1.1 200 OK", .incomplete), ("HTTP/1.1 200 OK\r", .incomplete),
        ("HTTP/1.1 200 OK\r\n", .incomplete), ("HTTP/1.1 200 OK\r\nX: y\r\n", .incomplete),
        ("HTTP/1.1 200 OK\r\n\r\nx", .badFieldName),
        ("HTTP/1.1 200 OK\nX: y\n\n", .bareLineFeed), ("HTTP/1.1 200 OK\r\nX: y\n\r\n", .bareLineFeed),
        ("HTTP/1.1 200 OK\rX: y\r\n\r\n", .bareCarriageReturn),
        ("HTTP/1.1 200 OK\r\nX: y\rz\r\n\r\n", .bareCarriageReturn),
        // attacks.md 9 and 17: a reason or value with control characters.
        ("HTTP/1.1 200 O\u{1b}K\r\n\r\n", .controlCharacter), ("HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", .controlCharacter),
        ("HTTP/1.1 200 OK\r\nX: \u{7f}\r\n\r\n", .controlCharacter),
        ("200 OK\r\n\r\n", .badStatusLine), ("HTTP/1.1\r\n\r\n", .badStatusLine), ("HTTP/1.1 \r\n\r\n", .badStatusLine),
        ("HTTP/1.1 20\r\n\r\n", .badStatusLine), ("http/1.1 200 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.10 200 OK\r\n\r\n", .badStatusLine), ("HTTP/1 200 OK\r\n\r\n", .badStatusLine),
        ("ICY 200 OK\r\n\r\n", .badStatusLine), (" HTTP/1.1 200 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 200OK\r\n\r\n", .badStatusLine), ("HTTP/1.1\t200 OK\r\n\r\n", .badStatusLine),
        ("HTTP/1.1 099 x\r\n\r\n", .badStatus), ("HTTP/1.1 000 x\r\n\r\n", .badStatus),
        ("HTTP/1.1  200 x\r\n\r\n", .badStatus),
        ("HTTP/1.1 2000 x\r\n\r\n", .badStatus), ("HTTP/1.1 2x0 x\r\n\r\n", .badStatus),
        ("HTTP/1.1 -20 x\r\n\r\n", .badStatus),
        ("HTTP/2 200 \r\n\r\n", .unsupportedVersion), ("HTTP/0.9 200 x\r\n\r\n", .unsupportedVersion),
        ("HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", .foldedLine), ("HTTP/1.1 200 OK\r\n\tX: y\r\n\r\n", .foldedLine),
        ("HTTP/1.1 200 OK\r\nX : y\r\n\r\n", .spaceBeforeColon), ("HTTP/1.1 200 OK\r\n: y\r\n\r\n", .emptyFieldName),
        ("HTTP/1.1 200 OK\r\nX\r\n\r\n", .missingColon), ("HTTP/1.1 200 OK\r\nX y: z\r\n\r\n", .badFieldName),
        ("HTTP/1.1 200 OK\r\n\u{e9}: z\r\n\r\n", .badFieldName),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", .duplicateContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", .duplicateContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", .badContentLength),
        ("HTTP/1.1 204 x\r\nContent-Length: x\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .lengthWithTransferEncoding),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", .lengthWithTransferEncoding),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            .duplicateTransferEncoding
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .unknownTransferCoding),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", .badTransferEncoding),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n", .badTransferEncoding),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInWrongVersion),
    ]

    @Test("refused", arguments: refusals)
    func refused(text: String, error: ResponseHeadError) {
        guard case .failure(let found) = response(text) else {
            Issue.record("accepted")
            return
        }
        #expect(found == error)
    }

    @Test("attacks.md 9: the reason phrase is sanitised, in place")
    func reason() throws {
        let head = try response("HTTP/1.1 200 a\tb\u{e9}c\r\nContent-Length: 1\r\n\r\n").get()
        #expect(String(decoding: head.fields.bytes[head.reason], as: UTF8.self) == "a b??c")
        #expect(head.fields.string(.contentLength) == "1")
    }

    @Test("HTTP/2 heads as libcurl writes them, when allowed", arguments: ["HTTP/2", "HTTP/2.0", "HTTP/3"])
    func http2(version: String) throws {
        let head = try response("\(version) 200 \r\nserver: x\r\n\r\n", allowsHTTP2: true).get()
        #expect(head.status == 200 && head.minorVersion == 0 && head.framing == .close && head.keepAlive)
        let chunked = response("\(version) 200 \r\ntransfer-encoding: chunked\r\n\r\n", allowsHTTP2: true)
        #expect(throws: ResponseHeadError.transferEncodingInWrongVersion) { try chunked.get() }
    }

    @Test("limits")
    func limits() throws {
        let text = "HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\n"
        let size = text.utf8.count
        #expect(throws: Never.self) { try response(text, limits: MessageLimits(head: size, fields: 2)).get() }
        #expect(throws: ResponseHeadError.headTooLarge) {
            try response(text, limits: MessageLimits(head: size - 1)).get()
        }
        #expect(throws: ResponseHeadError.tooManyFields) { try response(text, limits: MessageLimits(fields: 1)).get() }
    }

    @Test("words and texts are distinct and ASCII")
    func words() {
        #expect(Set(ResponseHeadError.allCases.map(\.word)).count == ResponseHeadError.allCases.count)
        #expect(Set(ResponseHeadError.allCases.map(\.text)).count == ResponseHeadError.allCases.count)
        for error in ResponseHeadError.allCases {
            #expect((error.word + error.text).utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
        }
    }

    @Test("random heads never trap and promise what a FieldBlock promises", arguments: 0..<4)
    func random(seed: Int) {
        var generator = SplitMix(state: UInt64(seed))
        let pieces = [
            "HTTP/1.1", " ", "200", "OK", "\r\n", "\r\n\r\n", "A: b\r\n", ":", "\t", "Content-Length: 5\r\n", "\0",
            "\r", "\n",
            "Transfer-Encoding: chunked\r\n", "HTTP/1.1 200 OK\r\n", "\u{e9}", "204", "HTTP/2",
        ]
        var accepted = 0
        for _ in 0..<600 {
            var text = Bool.random(using: &generator) ? "HTTP/1.1 200 OK\r\n" : ""
            for _ in 0..<Int.random(in: 0...8, using: &generator) { text += pieces.randomElement(using: &generator)! }
            text += Bool.random(using: &generator) ? "\r\n\r\n" : "\r\n"
            guard case .success(let head) = response(text, allowsHTTP2: true) else { continue }
            accepted += 1
            #expect(head.fields.bytes[head.reason].allSatisfy { $0 >= 0x20 && $0 < 0x7f })
            for line in head.fields.lines {
                #expect(Text.isToken(head.fields.nameBytes(line)))
                #expect(!head.fields.value(line).contains { $0 == 0 || $0 == 10 || $0 == 13 })
            }
        }
        #expect(accepted > 15)
    }
}

import HTTPMessage
import Testing

@Suite("Request heads that are refused")
struct RequestRefusalTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var rule: String
        var bytes: [UInt8]
        var error: RequestError
        var testDescription: String { rule }

        init(_ rule: String, _ bytes: [UInt8], _ error: RequestError) {
            self.rule = rule
            self.bytes = bytes
            self.error = error
        }

        init(_ rule: String, _ text: String, _ error: RequestError) { self.init(rule, Array(text.utf8), error) }
    }

    static let lines: [Row] = [
        Row("RFC 9112 §2.2: bare LF in the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
        Row("RFC 9112 §2.2: bare LF in a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
        Row("RFC 9112 §2.2: bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        Row("RFC 9112 §2.2: bare LF in front", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
        Row("RFC 9112 §2.2: bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", .bareCarriageReturn),
        Row("RFC 9112 §2.2: bare CR in front", "\rGET / HTTP/1.1\r\n\r\n", .bareCarriageReturn),
        Row("RFC 9112 §2.2: CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        Row("RFC 9112 §2.2: three empty lines in front", "\r\n\r\n\r\nGET / HTTP/1.1\r\n", .tooManyEmptyLines),
        Row("RFC 9110 §5.5: NUL in a value", request("X: a\0b"), .controlCharacter),
        Row("attacks.md 17: BEL in a value", request("X: \u{7}"), .controlCharacter),
        Row("RFC 9110 §5.5: DEL in a value", request("X: \u{7f}"), .controlCharacter),
        Row("NUL in the target", "GET /\0 HTTP/1.1\r\n", .controlCharacter),
        Row("a TLS hello", [0x16, 0x03, 0x01, 0x02, 0x00], .controlCharacter),
        Row("RFC 9112 §3: two spaces", "GET  / HTTP/1.1\r\n", .badRequestLine),
        Row("RFC 9112 §3: two spaces before the version", "GET /  HTTP/1.1\r\n", .badRequestLine),
        Row("RFC 9112 §3: a space in the target", "GET /a b HTTP/1.1\r\n", .badRequestLine),
        Row("RFC 9112 §3: a tab", "GET\t/ HTTP/1.1\r\n", .badRequestLine),
        Row("RFC 9112 §3: a tab in the target", "GET /\t HTTP/1.1\r\n", .badRequestLine),
        Row("RFC 9112 §3: a space in front", " GET / HTTP/1.1\r\n", .badRequestLine),
        Row("RFC 9112 §3: a space at the end", "GET / HTTP/1.1 \r\n", .badRequestLine),
        Row("RFC 9112 §3: no target", "GET HTTP/1.1\r\n", .simpleRequest),
        Row("RFC 9112 §3: only a method", "GET\r\n", .badRequestLine),
        Row("HTTP/0.9", "GET /\r\n", .simpleRequest),
        Row("RFC 9110 §9.1: a method that is no token", "G@T / HTTP/1.1\r\n", .badMethod),
        Row("a method outside ASCII", "G\u{e9}T / HTTP/1.1\r\n", .badMethod),
        Row("RFC 9112 §2.3: lower case", "GET / http/1.1\r\n", .badVersion),
        Row("RFC 9112 §2.3: HTTP/1.10", "GET / HTTP/1.10\r\n", .badVersion),
        Row("RFC 9112 §2.3: HTTP/11", "GET / HTTP/11\r\n", .badVersion),
        Row("RFC 9112 §2.3: HTTP/1,1", "GET / HTTP/1,1\r\n", .badVersion),
        Row("RFC 9112 §2.3: no digits", "GET / HTTP/x.y\r\n", .badVersion),
        Row("RFC 9110 §15.6.6: HTTP/2.0", "PRI * HTTP/2.0\r\n", .unsupportedVersion),
        Row("RFC 9110 §15.6.6: HTTP/0.9", "GET / HTTP/0.9\r\n", .unsupportedVersion),
        Row("RFC 9112 §5.2: folded", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", .foldedLine),
        Row("RFC 9112 §5.2: folded by a tab", "GET / HTTP/1.1\r\nHost: a\r\n\tb: c\r\n\r\n", .foldedLine),
        Row("RFC 9112 §2.2: whitespace before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedLine),
        Row("RFC 9112 §5.1: space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", .spaceBeforeColon),
        Row("RFC 9112 §5.1: tab before the colon", request("X\t: a"), .spaceBeforeColon),
        Row("RFC 9112 §5.1: no name", request(": a"), .emptyFieldName),
        Row("RFC 9112 §5.1: no colon", request("X"), .missingColon),
        Row("RFC 9110 §5.1: a space in a name", request("X Y: a"), .badFieldName),
        Row("RFC 9110 §5.1: a bracket in a name", request("X(Y): a"), .badFieldName),
        Row("RFC 9110 §5.1: a name outside ASCII", request("\u{e9}: a"), .badFieldName),
    ]

    static let framing: [Row] = [
        Row(
            "attacks.md 1: CL then TE", request("Content-Length: 6", "Transfer-Encoding: chunked"),
            .lengthWithTransferEncoding),
        Row(
            "attacks.md 1: TE then CL", request("Transfer-Encoding: chunked", "Content-Length: 6"),
            .lengthWithTransferEncoding),
        Row("attacks.md 2: two lengths", request("Content-Length: 5", "Content-Length: 6"), .duplicateContentLength),
        Row(
            "attacks.md 2: two equal lengths", request("Content-Length: 5", "content-length: 5"),
            .duplicateContentLength),
        Row("attacks.md 2: a list", request("Content-Length: 5, 5"), .badContentLength),
        Row("attacks.md 2: +5", request("Content-Length: +5"), .badContentLength),
        Row("attacks.md 2: 0x5", request("Content-Length: 0x5"), .badContentLength),
        Row("attacks.md 2: 5 5", request("Content-Length:  5 5"), .badContentLength),
        Row("attacks.md 2: -0", request("Content-Length: -0"), .badContentLength),
        Row("attacks.md 2: empty", request("Content-Length:"), .badContentLength),
        Row("attacks.md 2: only whitespace", request("Content-Length:  \t "), .badContentLength),
        Row("attacks.md 2: above 64 bits", request("Content-Length: 9223372036854775808"), .badContentLength),
        Row("attacks.md 2: far above", request("Content-Length: 99999999999999999999999999"), .badContentLength),
        Row("attacks.md 2: a digit outside ASCII", request("Content-Length: \u{665}"), .badContentLength),
        Row("attacks.md 4: xchunked", request("Transfer-Encoding: xchunked"), .unknownTransferCoding),
        Row("attacks.md 4: gzip, chunked", request("Transfer-Encoding: gzip, chunked"), .unknownTransferCoding),
        Row("attacks.md 4: gzip;q=1", request("Transfer-Encoding: gzip;q=\"a,b\""), .unknownTransferCoding),
        Row("attacks.md 4: chunked, identity", request("Transfer-Encoding: chunked, identity"), .badTransferEncoding),
        Row("attacks.md 4: chunked, chunked", request("Transfer-Encoding: chunked, chunked"), .badTransferEncoding),
        Row("attacks.md 4: chunked, gzip", request("Transfer-Encoding: chunked, gzip"), .badTransferEncoding),
        Row("attacks.md 4: chunked twice", request("Transfer-Encoding: gzip, chunked, chunked"), .badTransferEncoding),
        Row("attacks.md 4: chunked not last", request("Transfer-Encoding: a, chunked, b"), .badTransferEncoding),
        Row("attacks.md 4: no token", request("Transfer-Encoding: gzip chunked"), .badTransferEncoding),
        Row("attacks.md 4: a bad parameter", request("Transfer-Encoding: gzip;q"), .badTransferEncoding),
        Row("attacks.md 4: an empty coding", request("Transfer-Encoding: ;q=1"), .badTransferEncoding),
        Row("attacks.md 4: chunked with a parameter", request("Transfer-Encoding: chunked;a=b"), .badTransferEncoding),
        Row("attacks.md 4: a comma too many", request("Transfer-Encoding: ,chunked"), .badTransferEncoding),
        Row("attacks.md 4: quoted", request("Transfer-Encoding: \"chunked\""), .badTransferEncoding),
        Row("attacks.md 4: identity", request("Transfer-Encoding: identity"), .badTransferEncoding),
        Row("attacks.md 4: empty", request("Transfer-Encoding:"), .badTransferEncoding),
        Row("attacks.md 4: two spaces", request("Transfer-Encoding:  chunked"), .badTransferEncoding),
        Row("attacks.md 4: a tab", request("Transfer-Encoding:\tchunked"), .badTransferEncoding),
        Row("attacks.md 4: a space behind", request("Transfer-Encoding: chunked "), .badTransferEncoding),
        Row("attacks.md 4: VT", request("Transfer-Encoding: chunked\u{b}"), .controlCharacter),
        Row("attacks.md 4: folded", request("Transfer-Encoding:", " chunked"), .badTransferEncoding),
        Row(
            "attacks.md 4: two lines", request("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
            .duplicateTransferEncoding),
        Row(
            "attacks.md 4: in HTTP/1.0", request("Transfer-Encoding: chunked", version: "HTTP/1.0"),
            .transferEncodingInHTTP10),
        Row("attacks.md 4: Transfer_Encoding", request("Transfer_Encoding: chunked"), .disguisedField),
        Row("attacks.md 4: CONTENT_LENGTH", request("CONTENT_LENGTH: 5"), .disguisedField),
    ]

    static let hosts: [Row] =
        [
            Row("RFC 9112 §3.2: none", "GET / HTTP/1.1\r\n\r\n", .missingHost),
            Row("RFC 9112 §3.2: none with an absolute form", "GET http://evil HTTP/1.1\r\n\r\n", .missingHost),
            Row("attacks.md 2: two", request("Host: a.example"), .duplicateHost),
            Row("attacks.md 2: two in HTTP/1.0", request("Host: b", version: "HTTP/1.0"), .duplicateHost),
        ]
        + [
            "", "a, b", "a@b", "good:80@evil", "a:", "a:0", "a:65536", "a:x", "a:080808", "a:-1", "a/b", "a?b", "a#b",
            "a b",
            "a..b", ".a", ".", "a..", "a%41", "[::1", "::1", "[::1]x", "[::1%25eth0]", "[v1.x]", "[1:2:3]", "[]", "a;b",
            "http://a",
            "\u{e9}.example", "a\\b", String(repeating: "a", count: 256),
        ].map { Row("attacks.md 12: Host \($0)", "GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n", .badHost) }

    @Test("each rule, in any cut", arguments: lines + framing + hosts)
    func refused(_ row: Row) {
        let (outcome, differing) = outcomes(row.bytes)
        #expect(outcome.error == row.error)
        #expect(differing.isEmpty)
    }

    @Test("the statuses that are not 400")
    func statuses() {
        let others = Dictionary(grouping: RequestError.allCases, by: \.status).mapValues { Set($0) }
        #expect(others[505] == [.unsupportedVersion])
        #expect(others[501] == [.unknownTransferCoding, .connectNotSupported])
        #expect(others[431] == [.headTooLarge, .tooManyFields, .trailersTooLarge])
        #expect(others[421] == [.unknownSite])
        #expect(others[417] == [.unknownExpectation])
        #expect(others[414] == [.requestLineTooLong])
        #expect(others[413] == [.bodyTooLarge])
        #expect(others[408] == [.timeout])
        #expect(others.count == 9)
    }

    @Test("words and texts are distinct and ASCII")
    func words() {
        #expect(Set(RequestError.allCases.map(\.word)).count == RequestError.allCases.count)
        #expect(Set(RequestError.allCases.map(\.text)).count == RequestError.allCases.count)
        for error in RequestError.allCases {
            #expect((error.word + error.text).utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
        }
    }

    @Test("a parser that failed fails for ever")
    func sticky() {
        var parser = RequestParser(limits: MessageLimits())
        #expect(parse(Array("GET /\r\n".utf8), with: &parser).error == .simpleRequest)
        #expect(parse(request(), with: &parser).error == .simpleRequest)
    }

    @Test("a bad line is reported when it is complete, not when the head is")
    func early() {
        #expect(parse(Array("GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n".utf8)).error == .spaceBeforeColon)
        #expect(parse(Array("GET / HTTP/1.1\r\nContent-Length: x\r\n".utf8)).error == .badContentLength)
        #expect(parse(Array("GET / HTTP/1.1\r\nX: \0".utf8)).error == .controlCharacter)
    }
}

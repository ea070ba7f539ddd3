import HTTPMessage
import Testing

@Suite("Request heads that are served")
struct RequestParserTests {
    @Test("a head is read whole, in any cut")
    func plainGet() {
        let bytes = Array(
            "GET /a/b?c=d HTTP/1.1\r\nHost: Example.com:8080\r\nAccept: */*\r\nX-Odd:\t v\tw \t\r\nEmpty:\r\n\r\nGET"
                .utf8)
        let (outcome, differing) = outcomes(bytes)
        #expect(differing.isEmpty)
        #expect(outcome.consumed == bytes.count - 3)
        #expect(outcome.method == .get)
        #expect(outcome.methodText == "GET")
        #expect(outcome.target == "/a/b?c=d")
        #expect(outcome.requestLine == "GET /a/b?c=d HTTP/1.1")
        #expect(outcome.fields == "Host: Example.com:8080\r\nAccept: */*\r\nX-Odd: v\tw\r\nEmpty: \r\n")
        #expect(outcome.raw == Array(bytes.dropLast(3)))
        #expect(outcome.minorVersion == 1)
        #expect(outcome.framing == .none)
        #expect(outcome.keepAlive)
        #expect(outcome.expect == .none)
        #expect(outcome.traits == [.host])
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var rule: String
        var bytes: [UInt8]
        var check: @Sendable (HeadOutcome) -> Bool
        var testDescription: String { rule }

        init(_ rule: String, _ bytes: [UInt8], _ check: @escaping @Sendable (HeadOutcome) -> Bool) {
            self.rule = rule
            self.bytes = bytes
            self.check = check
        }

        init(_ rule: String, _ text: String, _ check: @escaping @Sendable (HeadOutcome) -> Bool) {
            self.init(rule, Array(text.utf8), check)
        }
    }

    static let rows: [Row] = [
        Row(
            "RFC 9112 §2.2: two empty lines in front are skipped and consumed",
            "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
        ) {
            $0.consumed == 31 && $0.requestLine == "GET / HTTP/1.1" && $0.raw.first == 0x47
        },
        Row("RFC 9112 §3.2: HTTP/1.0 needs no Host", "GET / HTTP/1.0\r\n\r\n") {
            $0.consumed == 18 && $0.minorVersion == 0 && !$0.keepAlive && $0.traits.isEmpty
        },
        Row("RFC 9110 §2.5: a higher minor version is 1.1", "GET / HTTP/1.9\r\nHost: a\r\n\r\n") {
            $0.minorVersion == 1 && $0.keepAlive
        },
        Row("RFC 9110 §9.1: any token is a method", "M-SEARCH * HTTP/1.1\r\nHost: a\r\n\r\n") {
            $0.method == .other && $0.methodText == "M-SEARCH"
        },
        Row("RFC 9110 §9.1: methods know letter case", "get / HTTP/1.1\r\nHost: a\r\n\r\n") { $0.method == .other },
        Row("RFC 9112 §9.3: close", request("Connection: keep-alive, CLOSE")) {
            !$0.keepAlive && $0.traits.contains(.connection)
        },
        Row("RFC 9112 §9.3: close in a second line", request("Connection: x", "connection: close")) { !$0.keepAlive },
        Row("RFC 9112 §9.3: a quoted close is none", request("Connection: \"close\"")) { $0.keepAlive },
        Row("RFC 9112 §9.3: 1.0 asks to stay", request("Connection: Keep-Alive", version: "HTTP/1.0")) { $0.keepAlive },
        Row("RFC 9112 §9.3: 1.0 closes by itself", request(version: "HTTP/1.0")) { !$0.keepAlive },
        Row("RFC 9112 §6.3: a length", request("Content-Length: 5")) {
            $0.framing == .length(5) && $0.traits.contains(.bodyFraming)
        },
        Row("RFC 9112 §6.3: length 0 is a length", request("Content-Length: 0")) { $0.framing == .length(0) },
        Row("RFC 9110 §8.6: the greatest length", request("Content-Length: 9223372036854775807")) {
            $0.framing == .length(.max)
        },
        Row("RFC 9112 §7: chunked in any letter case", request("Transfer-Encoding: ChunKed")) {
            $0.framing == .chunked
        },
        Row("RFC 9112 §5.1: no space behind the colon", request("Transfer-Encoding:chunked")) {
            $0.framing == .chunked
        },
        Row("RFC 9110 §10.1.1: 100-continue", request("Expect: 100-Continue", "Content-Length: 1")) {
            $0.expect == .continue100 && $0.traits.contains(.expect)
        },
        Row("RFC 9110 §10.1.1: 1.0 expects nothing", request("Expect: 100-continue", version: "HTTP/1.0")) {
            $0.expect == .none
        },
        Row("attacks.md 7: another expectation", request("Expect: y 100-continue")) { $0.expect == .unknown },
        Row("attacks.md 7: a second expectation", request("Expect: 100-continue", "Expect: 100-continue")) {
            $0.expect == .unknown
        },
        Row("attacks.md 10: Connection may name anything", request("Connection: close, Host, Content-Length")) {
            $0.consumed != nil && !$0.keepAlive
        },
        Row("RFC 9110 §5.5: obs-text in a value", [UInt8]("GET / HTTP/1.1\r\nHost: a\r\nX: \u{e9}\r\n\r\n".utf8)) {
            $0.consumed != nil
        },
        Row(
            "traits are noted",
            request(
                "If-None-Match: \"x\"", "Range: bytes=0-", "Pragma: no-cache", "Authorization: x", "Cookie: a=b",
                "Via: 1.1 x",
                "X-Forwarded-For: 1.2.3.4", "Upgrade: foo", "accept-encoding: gzip", "STRATA-DEBUG: 1")
        ) {
            $0.traits == [
                .host, .conditional, .range, .cacheControl, .authorization, .cookie, .via, .forwarded, .upgrade,
                .acceptEncoding, .strataDebug,
            ]
        },
        Row("attacks.md 4: an underscore elsewhere is no disguise", request("Some_Content_Length: 5")) {
            $0.consumed != nil && $0.framing == .none
        },
    ]

    @Test("each rule, in any cut", arguments: rows)
    func served(_ row: Row) {
        let (outcome, differing) = outcomes(row.bytes)
        #expect(outcome.error == nil)
        #expect(outcome.consumed != nil)
        #expect(row.check(outcome), "\(outcome)")
        #expect(differing.isEmpty)
    }

    @Test("every prefix of a head wants more")
    func prefixes() {
        let bytes = request("Accept: x", "Content-Length: 3")
        for count in bytes.indices { #expect(parse(Array(bytes[..<count])).description == "incomplete") }
    }

    @Test("one parser reads request behind request")
    func pipelined() {
        var parser = RequestParser(limits: MessageLimits())
        let bytes = request("X: y", "Cookie: a") + Array("\r\nGET /2 HTTP/1.0\r\n\r\n".utf8)
        let first = parse(bytes, with: &parser)
        let second = parse(Array(bytes[(first.consumed ?? 0)...]), cuts: [1, 2, 5], with: &parser)
        #expect(second.target == "/2")
        #expect(second.fields.isEmpty)
        #expect(second.traits.isEmpty)
        #expect(second.consumed == 21)
    }

    @Test("the storage of the head is reused")
    func storage() throws {
        var parser = RequestParser(limits: MessageLimits())
        let long = request("X-Long: " + String(repeating: "x", count: 500))
        #expect(try long.withUnsafeBytes { try parser.parse($0) } == long.count)
        let address = parser.head.fields.bytes.withUnsafeBytes { $0.baseAddress }
        let short = request()
        #expect(try short.withUnsafeBytes { try parser.parse($0) } == short.count)
        #expect(address == parser.head.fields.bytes.withUnsafeBytes { $0.baseAddress })
    }

    @Test("isWithinHead tells the header timeout from the idle one")
    func within() {
        var parser = RequestParser(limits: MessageLimits())
        #expect(!parser.isWithinHead)
        _ = parse(Array("\r\n".utf8), with: &parser)
        #expect(!parser.isWithinHead)
        _ = parse(Array("\r\nG".utf8), with: &parser)
        #expect(parser.isWithinHead)
        _ = parse(Array("\r\nGET / HTTP/1.0\r\n\r\n".utf8), with: &parser)
        #expect(!parser.isWithinHead)
    }
}

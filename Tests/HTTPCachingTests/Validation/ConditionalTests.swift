import HTTPCaching
import HTTPMessage
import Testing

@Suite struct ConditionalTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var method = Method.get
        var request: [(String, String)]
        var etag = "\"a\""
        var lastModified: Timestamp? = at(-60)
        var date = noon
        var status = 200
        var expected: ConditionalOutcome
        var testDescription: String { rule }
    }

    static let noneMatch: [Row] = [
        Row(rule: "RFC 9110 §13 no condition", request: [], expected: .full),
        Row(rule: "RFC 9110 §13.1.2 equal", request: [("If-None-Match", "\"a\"")], expected: .notModified),
        Row(
            rule: "RFC 9110 §13.1.2 HEAD", method: .head, request: [("If-None-Match", "\"a\"")], expected: .notModified),
        Row(rule: "RFC 9110 §13.1.2 POST", method: .post, request: [("If-None-Match", "\"a\"")], expected: .full),
        Row(rule: "RFC 9110 §13.1.2 other", request: [("If-None-Match", "\"b\"")], expected: .full),
        Row(rule: "RFC 9110 §13.1.2 *", request: [("If-None-Match", "*")], expected: .notModified),
        Row(
            rule: "RFC 9110 §13.1.2 * without a tag", request: [("If-None-Match", "*")], etag: "",
            expected: .notModified),
        Row(rule: "RFC 9110 §13.1.2 \"*\" is a tag", request: [("If-None-Match", "\"*\"")], expected: .full),
        Row(
            rule: "RFC 9110 §13.1.2 list", request: [("If-None-Match", "\"x\" , \"y\",W/\"a\"")],
            expected: .notModified),
        Row(
            rule: "RFC 9110 §13.1.2 several lines", request: [("If-None-Match", "\"x\""), ("If-None-Match", "\"a\"")],
            expected: .notModified),
        Row(
            rule: "RFC 9110 §8.8.3.2 weak comparison, ours weak", request: [("If-None-Match", "\"a\"")],
            etag: "W/\"a\"", expected: .notModified),
        Row(
            rule: "RFC 9110 §8.8.3 comma inside a tag", request: [("If-None-Match", "\"b,\"a\"\"")], expected: .full),
        Row(
            rule: "RFC 9110 §8.8.3 comma inside our tag", request: [("If-None-Match", "\"x\", \"a,b\"")],
            etag: "\"a,b\"", expected: .notModified),
        Row(
            rule: "RFC 9110 §8.8.3 backslash is no escape", request: [("If-None-Match", "\"a\\\", \"x\"")],
            etag: "\"a\\\"", expected: .notModified),
        Row(
            rule: "RFC 9110 §8.8.3 no quotation marks", request: [("If-None-Match", "x, a")], etag: "a",
            expected: .notModified),
        Row(rule: "RFC 9110 §8.8.3 marks differ", request: [("If-None-Match", "a")], expected: .full),
        Row(rule: "RFC 9110 §8.8.3 case differs", request: [("If-None-Match", "\"A\"")], expected: .full),
        Row(rule: "RFC 9110 §13.1.2 no tag stored", request: [("If-None-Match", "\"a\"")], etag: "", expected: .full),
        Row(rule: "RFC 9110 §13.1.2 empty, no tag", request: [("If-None-Match", "")], etag: "", expected: .full),
        Row(
            rule: "RFC 9110 §13.2.1 only a success", request: [("If-None-Match", "\"a\"")], status: 404,
            expected: .full),
    ]

    static let modifiedSince: [Row] = [
        Row(
            rule: "RFC 9110 §13.1.3 same time", request: [("If-Modified-Since", minuteEarlier)],
            expected: .notModified),
        Row(rule: "RFC 9110 §13.1.3 later", request: [("If-Modified-Since", noonText)], expected: .notModified),
        Row(rule: "RFC 9110 §13.1.3 earlier", request: [("If-Modified-Since", hourEarlier)], expected: .full),
        Row(rule: "RFC 9110 §13.1.3 no date", request: [("If-Modified-Since", "yesterday")], expected: .full),
        Row(
            rule: "RFC 9110 §13.1.3 two dates",
            request: [("If-Modified-Since", noonText), ("If-Modified-Since", noonText)], expected: .full),
        Row(
            rule: "RFC 9110 §5.6.7 obsolete form", request: [("If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT")],
            expected: .notModified),
        Row(
            rule: "RFC 9110 §13.2.2 If-None-Match first, no match",
            request: [("If-Modified-Since", noonText), ("If-None-Match", "\"b\"")], expected: .full),
        Row(
            rule: "RFC 9110 §13.2.2 If-None-Match first, match",
            request: [("If-Modified-Since", hourEarlier), ("If-None-Match", "\"a\"")], expected: .notModified),
        Row(
            rule: "RFC 9111 §4.3.2 Date for Last-Modified, later", request: [("If-Modified-Since", noonText)],
            lastModified: nil, expected: .notModified),
        Row(
            rule: "RFC 9111 §4.3.2 Date for Last-Modified, earlier", request: [("If-Modified-Since", minuteEarlier)],
            lastModified: nil, expected: .full),
        Row(
            rule: "RFC 9111 §4.3.2 If-Match is not for caches", request: [("If-Match", "\"b\"")], expected: .full),
    ]

    @Test("How a stored response answers the client's conditions", arguments: noneMatch + modifiedSince)
    func outcome(row: Row) {
        let outcome = bytes(row.etag).withUnsafeBytes {
            Conditional.evaluate(
                method: row.method, requestFields: FieldBlock(row.request), etag: $0, lastModified: row.lastModified,
                date: row.date, status: row.status, now: at(3600))
        }
        #expect(outcome == row.expected)
    }

    static let stored = FieldBlock([
        ("Date", noonText), ("Content-Type", "text/html"), ("Content-Length", "5"), ("Content-Encoding", "gzip"),
        ("ETag", "\"a\""), ("Last-Modified", hourEarlier), ("Vary", "Accept"), ("cache-control", "max-age=60"),
        ("Expires", "0"), ("Content-Location", "/a"), ("X-A", ""), ("Via", "1.1 cdn"),
    ])

    @Test("A 304 leaves out what describes the body (RFC 9110 §15.4.5)")
    func notModifiedFields() {
        let kept = [
            "Date: \(noonText)", "ETag: \"a\"", "Vary: Accept", "cache-control: max-age=60", "Expires: 0",
            "Content-Location: /a", "X-A: ", "Via: 1.1 cdn",
        ].map { $0 + "\r\n" }.joined()
        #expect(Conditional.notModifiedFields(Self.stored).text == kept)
        var lines: [UInt8] = []
        Self.stored.appendLines(to: &lines)
        var out: [UInt8] = []
        lines.withUnsafeBytes { Conditional.forEachNotModifiedLine($0, hasEntityTag: true) { out += $0 } }
        #expect(text(out) == kept)
    }

    @Test("A 304 without an entity tag keeps Last-Modified (RFC 9110 §15.4.5)")
    func notModifiedWithoutTag() {
        var untagged = Self.stored
        untagged.remove(.etag)
        #expect(Conditional.notModifiedFields(untagged).string(.lastModified) == hourEarlier)
    }

    @Test("A stored field is found in its serialised lines")
    func storedLines() throws {
        var lines: [UInt8] = []
        Self.stored.appendLines(to: &lines)
        let range = lines.withUnsafeBytes { StoredLines.valueRange(of: .etag, in: $0) }
        #expect(text(lines[try #require(range)]) == "\"a\"")
        #expect(lines.withUnsafeBytes { StoredLines.valueRange(of: .age, in: $0) } == nil)
    }

    @Test(
        "Bytes that are no lines end the walk",
        arguments: ["", "\n", "\r\n", "a", "a:\r\n", ":b\r\n", "a: b\n", "a: b\r", ": \r\n"])
    func damagedLines(lines: String) {
        var out: [UInt8] = []
        bytes(lines).withUnsafeBytes { Conditional.forEachNotModifiedLine($0, hasEntityTag: true) { out += $0 } }
        #expect(out.isEmpty)
    }
}

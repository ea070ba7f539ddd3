import HTTPCaching
import HTTPMessage
import Testing

@Suite struct HeadComparisonTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var fields: [(String, String)]
        var etag = "\"a\""
        var lastModified: Timestamp? = at(-60)
        var expected: Bool
        var testDescription: String { rule }
    }

    @Test(
        "Which answers to HEAD make a stored response stale (RFC 9111 §4.3.5)",
        arguments: [
            Row(rule: "nothing is named", fields: [], expected: false),
            Row(rule: "same tag", fields: [("ETag", "\"a\"")], expected: false),
            Row(rule: "same tag, weak", fields: [("ETag", "W/\"a\"")], expected: false),
            Row(rule: "other tag", fields: [("ETag", "\"b\"")], expected: true),
            Row(rule: "a tag where none was", fields: [("ETag", "\"b\"")], etag: "", expected: true),
            Row(rule: "an empty tag is none", fields: [("ETag", "")], expected: false),
            Row(rule: "same date", fields: [("Last-Modified", minuteEarlier)], expected: false),
            Row(rule: "other date", fields: [("Last-Modified", hourEarlier)], expected: true),
            Row(
                rule: "a date where none was", fields: [("Last-Modified", hourEarlier)], lastModified: nil,
                expected: true),
            Row(rule: "no date", fields: [("Last-Modified", "yesterday")], expected: false),
            Row(rule: "same length", fields: [("Content-Length", "5")], expected: false),
            Row(rule: "other length", fields: [("Content-Length", "6")], expected: true),
            Row(rule: "a length beyond all", fields: [("Content-Length", "99999999999999999999")], expected: true),
            Row(
                rule: "same tag, other length", fields: [("ETag", "\"a\""), ("Content-Length", "6")], expected: true),
            Row(
                rule: "all the same",
                fields: [("ETag", "\"a\""), ("Last-Modified", minuteEarlier), ("Content-Length", "5")],
                expected: false),
        ])
    func contradicts(row: Row) {
        let contradicts = bytes(row.etag).withUnsafeBytes {
            HeadComparison.contradicts(
                FieldBlock(row.fields), etag: $0, lastModified: row.lastModified, length: 5, now: noon)
        }
        #expect(contradicts == row.expected)
    }
}

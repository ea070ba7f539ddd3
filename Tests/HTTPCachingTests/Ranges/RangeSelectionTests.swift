import HTTPCaching
import HTTPMessage
import Testing

@Suite struct RangeSelectionTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var method = Method.get
        var status = 200
        var fields: [(String, String)] = []
        var etag = "\"a\""
        var lastModified: Timestamp? = at(-60)
        var date: Timestamp? = noon
        var expected: RangeSelection
        var testDescription: String { rule }
    }

    static let part = RangeSelection.part(1..<3)

    static let rows: [Row] = [
        Row(rule: "RFC 9110 §14.2 GET", expected: part),
        Row(rule: "RFC 9110 §14.2 HEAD", method: .head, expected: .whole),
        Row(rule: "RFC 9110 §14.2 POST", method: .post, expected: .whole),
        Row(rule: "RFC 9110 §14.2 a 404", status: 404, expected: .whole),
        Row(rule: "RFC 9110 §14.2 a 203", status: 203, expected: .whole),
        Row(rule: "RFC 9110 §13.1.5 same tag", fields: [("If-Range", "\"a\"")], expected: part),
        Row(rule: "RFC 9110 §13.1.5 other tag", fields: [("If-Range", "\"b\"")], expected: .whole),
        Row(rule: "RFC 9110 §13.1.5 weak", fields: [("If-Range", "W/\"a\"")], etag: "W/\"a\"", expected: .whole),
        Row(rule: "RFC 9110 §13.1.5 weak, ours strong", fields: [("If-Range", "W/\"a\"")], expected: .whole),
        Row(
            rule: "RFC 9110 §13.1.5 strong, ours weak", fields: [("If-Range", "\"a\"")], etag: "W/\"a\"",
            expected: .whole),
        Row(rule: "RFC 9110 §13.1.5 we have none", fields: [("If-Range", "\"a\"")], etag: "", expected: .whole),
        Row(rule: "RFC 9110 §13.1.5 no *", fields: [("If-Range", "*")], expected: .whole),
        Row(rule: "RFC 9110 §13.1.5 no list", fields: [("If-Range", "\"a\", \"b\"")], expected: .whole),
        Row(rule: "RFC 9110 §13.1.5 empty", fields: [("If-Range", "")], etag: "", expected: .whole),
        Row(
            rule: "RFC 9110 §5.3 two lines", fields: [("If-Range", "\"a\""), ("If-Range", "\"a\"")], expected: .whole),
        Row(rule: "RFC 9110 §13.1.5 same date", fields: [("If-Range", minuteEarlier)], expected: part),
        Row(rule: "RFC 9110 §13.1.5 later date is another", fields: [("If-Range", noonText)], expected: .whole),
        Row(rule: "RFC 9110 §13.1.5 earlier date", fields: [("If-Range", hourEarlier)], expected: .whole),
        Row(
            rule: "RFC 9110 §8.8.2.2 a second before Date", fields: [("If-Range", noonText)], lastModified: noon,
            date: at(1), expected: part),
        Row(
            rule: "RFC 9110 §8.8.2.2 in the second of Date", fields: [("If-Range", noonText)], lastModified: noon,
            expected: .whole),
        Row(rule: "RFC 9110 §8.8.2.2 no Date", fields: [("If-Range", minuteEarlier)], date: nil, expected: .whole),
        Row(
            rule: "RFC 9110 §13.1.5 no date stored", fields: [("If-Range", minuteEarlier)], lastModified: nil,
            expected: .whole),
        Row(rule: "RFC 9110 §13.1.5 no date at all", fields: [("If-Range", "yesterday")], expected: .whole),
    ]

    @Test("What of a whole response a request gets", arguments: rows)
    func selects(row: Row) {
        let fields = FieldBlock([("Range", "bytes=1-2")] + row.fields)
        let selection = bytes(row.etag).withUnsafeBytes { etag in
            RangeSelection.decide(
                method: row.method, requestFields: fields, status: row.status,
                validators: RangeValidators(etag: etag, lastModified: row.lastModified, date: row.date), length: 10,
                now: noon)
        }
        #expect(selection == row.expected)
    }

    @Test("If-Range without Range is ignored (RFC 9110 §13.1.5)")
    func alone() {
        let selection = bytes("\"a\"").withUnsafeBytes { etag in
            RangeSelection.decide(
                method: .get, requestFields: FieldBlock([("If-Range", "\"a\"")]), status: 200,
                validators: RangeValidators(etag: etag, lastModified: nil, date: nil), length: 10, now: noon)
        }
        #expect(selection == .whole)
    }
}

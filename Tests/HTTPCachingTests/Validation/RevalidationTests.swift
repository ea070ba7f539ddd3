import HTTPCaching
import HTTPMessage
import Testing

@Suite struct RevalidationTests {
    @Test("Stored validators take the place of the client's conditions (RFC 9111 §4.3.1)")
    func request() {
        var fields = FieldBlock([
            ("Host", "a"), ("If-None-Match", "\"mine\""), ("If-Modified-Since", hourEarlier), ("If-Match", "\"m\""),
            ("If-Unmodified-Since", hourEarlier), ("If-Range", "\"m\""), ("Range", "bytes=0-1"), ("Accept", "*/*"),
        ])
        let isConditional = bytes("W/\"a\"").withUnsafeBytes {
            ConditionalRequest.setValidators(&fields, etag: $0, lastModified: at(-60))
        }
        #expect(isConditional)
        let expected = [
            "Host: a", "Accept: */*", "If-None-Match: W/\"a\"", "If-Modified-Since: \(minuteEarlier)",
        ].map { $0 + "\r\n" }.joined()
        #expect(fields.text == expected)
    }

    @Test("Without validators the request has no condition (RFC 9111 §4.3.1)")
    func unconditional() {
        var fields = FieldBlock([("If-None-Match", "*"), ("Accept", "*/*")])
        let isConditional = [UInt8]().withUnsafeBytes {
            ConditionalRequest.setValidators(&fields, etag: $0, lastModified: nil)
        }
        #expect(!isConditional)
        #expect(fields.text == "Accept: */*\r\n")
    }

    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var status = 304
        var fields: [(String, String)] = []
        var etag = "\"a\""
        var lastModified: Timestamp? = at(-60)
        var expected: RevalidationOutcome
        var testDescription: String { rule }
    }

    @Test(
        "What the origin's answer means",
        arguments: [
            Row(rule: "RFC 9111 §4.3.4 same tag", fields: [("ETag", "\"a\"")], expected: .freshened),
            Row(rule: "RFC 9111 §4.3.4 weak form", fields: [("ETag", "W/\"a\"")], expected: .freshened),
            Row(
                rule: "RFC 9111 §4.3.4 weak for weak", fields: [("ETag", "W/\"a\"")], etag: "W/\"a\"",
                expected: .freshened),
            Row(
                rule: "RFC 9111 §4.3.4 a strong tag is no weak one's", fields: [("ETag", "\"a\"")], etag: "W/\"a\"",
                expected: .mismatched),
            Row(rule: "attacks 27: other tag", fields: [("ETag", "\"b\"")], expected: .mismatched),
            Row(
                rule: "RFC 9111 §4.3.4 the tag beats the date",
                fields: [("ETag", "\"a\""), ("Last-Modified", hourEarlier)], expected: .freshened),
            Row(rule: "RFC 9111 §4.3.4 no validator", expected: .freshened),
            Row(rule: "RFC 9111 §4.3.4 same date", fields: [("Last-Modified", minuteEarlier)], expected: .freshened),
            Row(rule: "RFC 9111 §4.3.4 other date", fields: [("Last-Modified", hourEarlier)], expected: .mismatched),
            Row(
                rule: "RFC 9111 §4.3.4 a tag where none was", fields: [("ETag", "\"b\"")], etag: "",
                expected: .freshened),
            Row(rule: "RFC 9111 §4.3.3 full response", status: 200, expected: .replaced),
            Row(rule: "RFC 9111 §4.3.3 gone", status: 404, expected: .replaced),
            Row(rule: "RFC 5861 §4 500", status: 500, expected: .failed),
            Row(rule: "RFC 5861 §4 503", status: 503, expected: .failed),
            Row(rule: "RFC 5861 §4 501", status: 501, expected: .failed),
            Row(rule: "RFC 5861 §4 a private 5xx", status: 599, expected: .failed),
            Row(rule: "RFC 5861 §4 no 4xx", status: 429, expected: .replaced),
        ])
    func outcome(row: Row) {
        let outcome = bytes(row.etag).withUnsafeBytes {
            RevalidationOutcome.decide(
                status: row.status, fields: FieldBlock(row.fields), storedETag: $0,
                storedLastModified: row.lastModified, now: noon)
        }
        #expect(outcome == row.expected)
    }

    @Test("A 304 updates stored fields in their place, and not what belongs to the body (RFC 9111 §3.2)")
    func merge() {
        let stored = FieldBlock([
            ("Date", hourEarlier), ("Age", "9"), ("Content-Length", "5"), ("X-A", "old"), ("Content-Encoding", "gzip"),
            ("ETag", "\"a\""), ("x-a", "old too"), ("Content-Type", "text/html"), ("Cache-Control", "max-age=1"),
        ])
        let update = FieldBlock([
            ("Date", noonText), ("Content-Length", "0"), ("Content-Encoding", "br"), ("Content-Range", "bytes 0-1/2"),
            ("x-A", "new"), ("X-a", "new too"), ("Cache-Control", "max-age=60"), ("Set-Cookie", "a=b"),
            ("Connection", "x-hop"), ("X-Hop", "1"), ("Keep-Alive", "5"), ("Transfer-Encoding", "chunked"),
            ("Content-Type", "text/plain"), ("X-New", "1"),
        ])
        let expected = [
            "Date: \(noonText)", "Content-Length: 5", "x-A: new", "X-a: new too", "Content-Encoding: gzip",
            "ETag: \"a\"", "Content-Type: text/plain", "Cache-Control: max-age=60", "X-New: 1",
        ].map { $0 + "\r\n" }.joined()
        #expect(StoredFields.merge(stored: stored, from304: update).text == expected)
    }

    @Test("A 304 without Date or Age ends the old ones, which would age what was just confirmed (RFC 9111 §4.2.3)")
    func mergeWithoutDate() {
        let stored = FieldBlock([("Date", hourEarlier), ("Age", "9"), ("X-A", "1")])
        #expect(StoredFields.merge(stored: stored, from304: FieldBlock()).text == "X-A: 1\r\n")
    }

    @Test("Withheld fields leave the stored copy (RFC 9111 §5.2.2.4, §5.2.2.7)")
    func withheld() {
        var fields = FieldBlock([("X-User", "a"), ("Set-Cookie", "b"), ("X-Users", "c")])
        StoredFields.remove([bytes("x-user"), bytes("set-cookie")], from: &fields)
        #expect(fields.text == "X-Users: c\r\n")
    }
}

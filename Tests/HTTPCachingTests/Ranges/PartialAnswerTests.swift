import HTTPCaching
import HTTPMessage
import Testing

@Suite struct PartialAnswerTests {
    @Test(
        "Content-Range is read strictly (RFC 9110 §14.4)",
        arguments: [
            ("bytes 0-499/1234", 0..<500, 1234), ("bytes 42-1233/1234", 42..<1234, 1234),
            ("bytes 42-1233/*", 42..<1234, nil), ("BYTES 0-0/1", 0..<1, 1),
        ] as [(String, Range<Int>, Int?)])
    func contentRange(value: String, range: Range<Int>, length: Int?) {
        let parsed = ContentRange.parse(FieldBlock([("Content-Range", value)]))
        #expect(parsed == ContentRange(range, completeLength: length))
        #expect(parsed.map { text($0.bytes) }?.lowercased() == value.lowercased())
    }

    @Test(
        "An invalid Content-Range says nothing (RFC 9110 §14.4)",
        arguments: [
            "bytes */1234", "bytes 5-2/10", "bytes 0-10/10", "bytes 0-9/9", "bytes 0-9", "bytes=0-9/10", "bytes -9/10",
            "bytes 0-/10", "items 0-9/10", "bytes 0-9/", "", "bytes 0-9/x", "bytes 0-9223372036854775807/*",
            "bytes 0-99999999999999999999/*", "bytes  0-9/10", "bytes 0-9/10 ,bytes 0-9/10", "bytes 0 - 9/10",
        ])
    func invalid(value: String) {
        #expect(ContentRange.parse(FieldBlock([("Content-Range", value)])) == nil)
    }

    @Test("Two lines of Content-Range say nothing, nor does none (RFC 9110 §14.4)")
    func lines() {
        let line = ("Content-Range", "bytes 0-9/10")
        #expect(ContentRange.parse(FieldBlock([line, line])) == nil)
        #expect(ContentRange.parse(FieldBlock()) == nil)
    }

    @Test("A multipart answer is as long as it says, and its parts are as asked (RFC 9110 §14.6)")
    func multipart() {
        let body = bytes("0123456789")
        let made = MultipartRanges(
            [5..<7, 0..<1], completeLength: 10, contentType: bytes("text/plain"), boundary: bytes("b"))
        var out: [UInt8] = []
        for part in made.parts { out += part.head + body[part.range] }
        out += made.end
        let expected = """
            --b\r
            Content-Type: text/plain\r
            Content-Range: bytes 5-6/10\r
            \r
            56\r
            --b\r
            Content-Type: text/plain\r
            Content-Range: bytes 0-0/10\r
            \r
            0\r
            --b--\r

            """
        #expect(text(out) == expected)
        #expect(out.count == made.length)
        #expect(text(made.contentType) == "multipart/byteranges; boundary=b")
    }

    @Test("A response without a type has parts without one, and no boundary comes twice (RFC 2046 §5.1.1)")
    func boundaries() {
        let made = MultipartRanges([0..<1, 5..<6], completeLength: 10, contentType: nil, boundary: bytes("b"))
        #expect(text(made.parts[0].head) == "--b\r\nContent-Range: bytes 0-0/10\r\n\r\n")
        let some = Set((0..<100).map { _ in MultipartRanges.randomBoundary() })
        #expect(some.count == 100 && some.allSatisfy { $0.count == 32 && Text.isToken($0) })
    }

    @Test("A 206 has the fields of the 200 but a digest of other bytes (RFC 9110 §15.3.7, RFC 9530 §2)")
    func fields() {
        let stored = FieldBlock([
            ("ETag", "\"a\""), ("Content-Type", "text/css"), ("Accept-Ranges", "none"), ("Content-Digest", "x"),
            ("Repr-Digest", "y"), ("Content-MD5", "z"),
        ])
        #expect(
            PartialFields.single(stored, 2..<4, completeLength: 9).text
                == "ETag: \"a\"\r\nContent-Type: text/css\r\nAccept-Ranges: none\r\nRepr-Digest: y\r\n"
                + "Content-Range: bytes 2-3/9\r\n")
        let parts = MultipartRanges([0..<1, 5..<6], completeLength: 9, contentType: nil, boundary: bytes("b"))
        #expect(
            PartialFields.several(stored, parts).text
                == "ETag: \"a\"\r\nAccept-Ranges: none\r\nRepr-Digest: y\r\n"
                + "Content-Type: multipart/byteranges; boundary=b\r\n")
        #expect(
            PartialFields.unsatisfied(length: 9).text == "Cache-Control: no-store\r\nContent-Range: bytes */9\r\n")
    }
}

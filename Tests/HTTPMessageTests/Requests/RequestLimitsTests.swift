import HTTPMessage
import Testing

@Suite("Limits of request heads")
struct RequestLimitsTests {
    static let limits = MessageLimits(requestLine: 40, head: 120, fields: 3)

    @Test("414 begins one byte above the limit, with and without CRLF", arguments: [39, 40, 41, 200])
    func requestLine(length: Int) {
        let line = "GET /" + String(repeating: "a", count: length - 14) + " HTTP/1.1"
        #expect(line.utf8.count == length)
        let (outcome, differing) = outcomes(Array((line + "\r\nHost: a\r\n\r\n").utf8), limits: Self.limits)
        #expect(outcome.error == (length > 40 ? .requestLineTooLong : nil))
        #expect(differing.isEmpty)
        let cut = parse(Array(line.utf8), limits: Self.limits)
        #expect(cut.error == (length > 41 ? .requestLineTooLong : nil), "without CRLF")
    }

    @Test("431 begins one byte above the limit", arguments: [119, 120, 121, 300])
    func head(length: Int) {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        let text = start + String(repeating: "a", count: length - start.utf8.count - 4) + "\r\n\r\n"
        #expect(text.utf8.count == length)
        let (outcome, differing) = outcomes(Array(text.utf8), limits: Self.limits)
        #expect(outcome.error == (length > 120 ? .headTooLarge : nil))
        #expect(differing.isEmpty)
    }

    @Test("431 for one field too many", arguments: [3, 4])
    func fields(count: Int) {
        let lines = (1..<count).map { "X\($0): \($0)\r\n" }.joined()
        let (outcome, differing) = outcomes(
            Array("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n".utf8), limits: Self.limits)
        #expect(outcome.error == (count > 3 ? .tooManyFields : nil))
        #expect(differing.isEmpty)
    }

    @Test("a request line limit above the head's is 414 still")
    func lineAboveHead() {
        let limits = MessageLimits(requestLine: 1000, head: 50)
        #expect(limits.requestLine == 46)
        let long = Array(("GET /" + String(repeating: "a", count: 100)).utf8)
        let (outcome, differing) = outcomes(long, limits: limits)
        #expect(outcome.description == "error requestLineTooLong")
        // The shorter prefixes want more; fed on, all end alike.
        #expect(differing.isEmpty)
    }

    @Test("limits of nothing refuse everything and don't trap")
    func zero() {
        let limits = MessageLimits(
            requestLine: -1, head: -1, fields: -1, chunkExtension: -1, chunkExtensions: -1, trailers: -1)
        #expect(parse(request(), limits: limits).error == .requestLineTooLong)
    }

    @Test("empty lines in front count against no limit")
    func emptyLines() {
        let line = "GET /" + String(repeating: "a", count: 26) + " HTTP/1.1"
        let bytes = Array(("\r\n\r\n" + line + "\r\nHost: a\r\n\r\n").utf8)
        #expect(parse(bytes, limits: Self.limits).consumed == bytes.count)
    }

    @Test("64 KB byte by byte: each byte is scanned once")
    func linear() throws {
        // One line of 60 KB. With rescans this would look at two billion bytes; without, the test is quick.
        let bytes = request("X: " + String(repeating: "v", count: 60_000))
        var parser = RequestParser(limits: MessageLimits())
        var consumed: Int?
        try bytes.withUnsafeBytes { memory in
            for count in 1...memory.count {
                consumed = try parser.parse(UnsafeRawBufferPointer(rebasing: memory[..<count]))
            }
        }
        #expect(consumed == bytes.count)
    }
}

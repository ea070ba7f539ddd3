import TestSupport
import HTTPMessage
import Testing

/// What a decoder made of a body.
struct BodyOutcome: Equatable {
    var body: [UInt8] = []
    var consumed = 0
    var isEnded = false
    var error: RequestError?
}

/// Feeds the pieces of `bytes` between the cuts as a connection does: what is not consumed comes again.
func decode(
    _ bytes: [UInt8], cuts: [Int] = [], framing: RequestFraming = .chunked, limits: MessageLimits = MessageLimits()
) -> BodyOutcome {
    var outcome = BodyOutcome()
    do throws(RequestError) {
        var decoder = try RequestBodyDecoder(framing: framing, limits: limits)
        for cut in cuts + [bytes.count] {
            feeding: while true {
                let input = bytes[outcome.consumed..<cut]
                let step = try withCopy(input) { bytes throws(RequestError) in try decoder.decode(bytes) }
                switch step {
                case .data(let range):
                    outcome.body += input[(input.startIndex + range.lowerBound)..<(input.startIndex + range.upperBound)]
                    outcome.consumed += range.upperBound
                case .needMore(let consumed):
                    outcome.consumed += consumed
                    break feeding
                case .end(let consumed):
                    outcome.consumed += consumed
                    outcome.isEnded = decoder.isEnded
                    return outcome
                }
            }
        }
    } catch {
        outcome.error = error
        // How much of the body was seen before an error depends on the cut; that it is refused does not.
        outcome.body = []
        outcome.consumed = 0
    }
    return outcome
}

func bodyOutcomes(
    _ bytes: [UInt8], framing: RequestFraming = .chunked, limits: MessageLimits = MessageLimits()
) -> (BodyOutcome, differing: [BodyOutcome]) {
    let whole = decode(bytes, framing: framing, limits: limits)
    var others = bytes.indices.map { decode(bytes, cuts: [$0], framing: framing, limits: limits) }
    others.append(decode(bytes, cuts: Array(bytes.indices), framing: framing, limits: limits))
    return (whole, others.filter { $0 != whole })
}

@Suite("Request bodies")
struct RequestBodyDecoderTests {
    @Test(
        "chunked bodies, in any cut",
        arguments: [
            ("0\r\n\r\n", ""),
            ("00000\r\n\r\n", ""),
            ("5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("5\r\nhello\r\n1\r\n \r\n0000000A\r\n0123456789\r\n0\r\n\r\n", "hello 0123456789"),
            ("a\r\n\r\n\r\n0\r\n\r\n\r\r\n0\r\n\r\n", "\r\n\r\n0\r\n\r\n\r"),
            ("5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello"),
            ("5 ; a = b ; c=\"d;\\\"\u{e9}\r".dropLast() + "\"\r\nhello\r\n0\r\n\r\n", "hello"),
            ("5\r\nhello\r\n0\r\nX: y\r\nEmpty:\r\n\r\n", "hello"),
            ("0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"),
        ])
    func chunked(wire: String, body: String) {
        let (outcome, differing) = bodyOutcomes(Array((wire + "GET /").utf8))
        #expect(outcome.error == nil)
        #expect(outcome.isEnded)
        #expect(outcome.body == Array(body.utf8))
        #expect(outcome.consumed == wire.utf8.count)
        #expect(differing.isEmpty)
    }

    static let refusals: [(String, RequestError)] = [
        ("5\r\nhello0\r\n\r\n", .badChunkEnd),
        ("5\r\nhello\n0\r\n\r\n", .badChunkEnd),
        ("5\r\nhello\r0\r\n\r\n", .badChunkEnd),
        ("5;\nhello\r\n0\r\n\r\n", .badChunkExtension),
        ("5\nhello\r\n0\r\n\r\n", .badChunkSize),
        ("5\rhello\r\n0\r\n\r\n", .badChunkSize),
        ("FFFFFFFFFFFFFFFF1\r\n", .badChunkSize),
        ("FFFFFFFFFFFFFFFF\r\n", .badChunkSize),
        ("8000000000000000\r\n", .badChunkSize),
        ("00000000000000005\r\nhello", .badChunkSize),
        ("0x5\r\nhello\r\n", .badChunkSize),
        ("5_0\r\n", .badChunkSize),
        ("-1\r\n", .badChunkSize),
        ("+5\r\n", .badChunkSize),
        (" 5\r\n", .badChunkSize),
        ("\r\n", .badChunkSize),
        (";a\r\n", .badChunkSize),
        ("g\r\n", .badChunkSize),
        ("5 \r\nhello\r\n", .badChunkExtension),
        ("5;\r\nhello\r\n", .badChunkExtension),
        ("5;a=\r\nhello\r\n", .badChunkExtension),
        ("5;a b\r\n", .badChunkExtension),
        ("5;a=b c\r\n", .badChunkExtension),
        ("5;a;\r\n", .badChunkExtension),
        ("5;a \r\n", .badChunkExtension),
        ("5;a=\"b\r\n", .badChunkExtension),
        ("5;a=\"b\"c\r\n", .badChunkExtension),
        ("5;a=b=c\r\n", .badChunkExtension),
        ("5 a\r\n", .badChunkExtension),
        ("5;a\rb\r\n", .badChunkExtension),
        ("5;a\0\r\n", .badChunkExtension),
        ("0\r\nX : y\r\n\r\n", .badTrailer),
        ("0\r\n: y\r\n\r\n", .badTrailer),
        ("0\r\nX\r\n\r\n", .badTrailer),
        ("0\r\n X: y\r\n\r\n", .badTrailer),
        ("0\r\nX: y\r\n z\r\n\r\n", .badTrailer),
        ("0\r\nX: \0\r\n\r\n", .badTrailer),
        ("0\r\nX: y\n\r\n", .badTrailer),
        ("0\r\nX: y\r\n\n", .badTrailer),
        ("0\r\n\rX", .badTrailer),
        ("0\r\n\n", .badTrailer),
    ]

    @Test("attacks.md 3: refused, in any cut", arguments: refusals)
    func refused(wire: String, error: RequestError) {
        let (outcome, _) = bodyOutcomes(Array(wire.utf8))
        #expect(outcome.error == error)
        // A shorter prefix may be no error yet; fed on to the end it is the same one.
        #expect(bodyOutcomes(Array(wire.utf8)).differing.isEmpty)
    }

    @Test("attacks.md 3: extensions are bounded a chunk and in all")
    func extensionLimits() {
        let long = "5;" + String(repeating: "a", count: 255) + "\r\nhello\r\n0\r\n\r\n"
        #expect(decode(Array(long.utf8)).isEnded)
        #expect(decode(Array(("5;a" + long.dropFirst(2)).utf8)).error == .chunkExtensionsTooLong)
        #expect(decode(Array("1".utf8 + [UInt8](repeating: 0x3b, count: 1 << 20))).error == .badChunkExtension)
        let many = String(repeating: "1;" + String(repeating: "a", count: 200) + "\r\nx\r\n", count: 82)
        #expect(decode(Array(many.utf8)).error == .chunkExtensionsTooLong)
        #expect(decode(Array(many.utf8.prefix(207 * 81 - 2))).error == nil)
    }

    @Test("trailers are bounded in bytes and lines")
    func trailerLimits() {
        let limits = MessageLimits(fields: 2, trailers: 20)
        #expect(decode(Array("0\r\nA: b\r\nC: d\r\n\r\n".utf8), limits: limits).isEnded)
        #expect(decode(Array("0\r\nA:\r\nB:\r\nC:\r\n\r\n".utf8), limits: limits).error == .trailersTooLarge)
        #expect(decode(Array("0\r\nA: 678901234567890\r\n\r\n".utf8), limits: limits).isEnded)
        #expect(decode(Array("0\r\nA: 6789012345678901234\r\n\r\n".utf8), limits: limits).error == .trailersTooLarge)
    }

    @Test("413 as soon as a chunk says so, and at once for a length")
    func bodyLimit() {
        let limits = MessageLimits(body: 6)
        #expect(decode(Array("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n".utf8), limits: limits).isEnded)
        #expect(decode(Array("5\r\nhello\r\n2\r\n".utf8), limits: limits).error == .bodyTooLarge)
        #expect(decode(Array("7\r\n".utf8), limits: limits).error == .bodyTooLarge)
        #expect(decode(Array("7FFFFFFFFFFFFFFF\r\n".utf8)).error == nil)
        #expect(decode(Array("1\r\nx\r\n7FFFFFFFFFFFFFFF\r\n".utf8)).error == .bodyTooLarge)
        #expect(decode([], framing: .length(7), limits: limits).error == .bodyTooLarge)
        #expect(decode([], framing: .length(6), limits: limits).error == nil)
    }

    @Test("a length ends where it says, in any cut", arguments: [0, 1, 5, 8])
    func length(count: Int) {
        let bytes = Array("12345GET".utf8)
        let (outcome, differing) = bodyOutcomes(bytes, framing: .length(Int64(count)))
        #expect(outcome.body == Array(bytes.prefix(count)))
        #expect(outcome.consumed == count)
        #expect(outcome.isEnded)
        #expect(differing.isEmpty)
    }

    @Test("no body, and a length that never arrives")
    func edges() throws {
        #expect(decode(Array("GET".utf8), framing: .none) == BodyOutcome(isEnded: true))
        let cut = decode(Array("abc".utf8), framing: .length(.max))
        #expect(!cut.isEnded && cut.error == nil && cut.body.count == 3)
        let decoder = try RequestBodyDecoder(framing: .length(4), limits: MessageLimits())
        #expect(decoder.remaining == 4)
    }

    @Test("a decoder that failed fails for ever")
    func sticky() throws {
        var decoder = try RequestBodyDecoder(framing: .chunked, limits: MessageLimits())
        #expect(throws: RequestError.badChunkSize) { try Array("x".utf8).withUnsafeBytes { try decoder.decode($0) } }
        #expect(throws: RequestError.badChunkSize) {
            try Array("0\r\n\r\n".utf8).withUnsafeBytes { try decoder.decode($0) }
        }
    }

    @Test("random framing never traps and means the same in any cut", arguments: 0..<8)
    func random(seed: Int) {
        var generator = SplitMix(state: UInt64(seed))
        let alphabet = Array("0123456789aF;;==\"\\ \t\r\n\r\n\r\n:xX\0".utf8)
        let pieces = ["\r\n", "0\r\n\r\n", "5\r\nhello\r\n", ";a=b", "X: y\r\n", "0\r\n"].map { Array($0.utf8) }
        for _ in 0..<100 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...9, using: &generator) {
                if Bool.random(using: &generator) {
                    bytes.append(alphabet.randomElement(using: &generator)!)
                } else {
                    bytes += pieces.randomElement(using: &generator)!
                }
            }
            let limits = MessageLimits(fields: 3, body: 40, chunkExtension: 10, chunkExtensions: 14, trailers: 12)
            let (outcome, differing) = bodyOutcomes(bytes, limits: limits)
            #expect(differing.isEmpty, "\(bytes) \(outcome) \(differing)")
        }
    }
}

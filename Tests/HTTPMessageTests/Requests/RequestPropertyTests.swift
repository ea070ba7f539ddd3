import TestSupport
import HTTPMessage
import Testing

@Suite("Requests of random bytes")
struct RequestPropertyTests {
    /// Pieces that bring random input deep into the parser.
    static let pieces: [[UInt8]] = [
        "GET", "POST", " ", "/", "/a?b", " HTTP/1.1", "\r\n", "\r\n\r\n", "\r", "\n", "Host: a", "Host:", ":", "\t",
        "X: y",
        "Content-Length: 5", "Transfer-Encoding: chunked", "Connection: close", "Expect: 100-continue", "%", "\0",
        "\u{e9}",
        "http://a/", "a:1", "[::1]", "_", ",", "GET / HTTP/1.1\r\nHost: a\r\n",
    ].map { Array($0.utf8) }

    static func random(_ generator: inout SplitMix) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...14, using: &generator) {
            if Int.random(in: 0..<8, using: &generator) == 0 {
                bytes.append(UInt8.random(in: 0...255, using: &generator))
            } else {
                bytes += pieces.randomElement(using: &generator)!
            }
        }
        return bytes
    }

    @Test("never trap, and mean the same in any cut", arguments: 0..<8)
    func anyCut(seed: Int) {
        var generator = SplitMix(state: UInt64(seed))
        let limits = MessageLimits(requestLine: 30, head: 90, fields: 4)
        for _ in 0..<80 {
            let bytes = Self.random(&generator)
            let (outcome, differing) = outcomes(bytes, limits: limits)
            #expect(differing.isEmpty, "\(bytes) \(outcome) \(differing)")
            if let consumed = outcome.consumed {
                #expect(consumed <= bytes.count)
                #expect(bytes[..<consumed].suffix(4).elementsEqual([13, 10, 13, 10]))
            }
        }
    }

    @Test("a field name may hold token bytes and no others")
    func nameBytes() {
        let token = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~".utf8)
        let accepted = (UInt8.min...UInt8.max).filter { byte in
            let bytes = Array("GET / HTTP/1.0\r\nX".utf8) + [byte] + Array("Y: z\r\n\r\n".utf8)
            return parse(bytes).fields.hasPrefix("X") && parse(bytes).fields.hasSuffix("Y: z\r\n")
        }
        // A colon ends the name instead.
        #expect(accepted == (token.union([0x3a])).sorted())
    }

    @Test("what is served holds the promise of FieldBlock", arguments: 0..<8)
    func promise(seed: Int) {
        var generator = SplitMix(state: UInt64(seed) + 1000)
        for _ in 0..<150 {
            let value = (0..<Int.random(in: 0..<12, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let name = (0..<Int.random(in: 0..<3, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let bytes = Array("GET / HTTP/1.0\r\nX".utf8) + name + Array(":".utf8) + value + Array("\r\n\r\n".utf8)
            var parser = RequestParser(limits: MessageLimits())
            guard parse(bytes, with: &parser).consumed != nil else { continue }
            let fields = parser.head.fields
            for line in fields.lines {
                #expect(Text.isToken(fields.nameBytes(line)))
                let value = fields.value(line)
                #expect(!value.contains { $0 == 0 || $0 == 10 || $0 == 13 })
                #expect(value.first.map(Text.isWhitespace) != true && value.last.map(Text.isWhitespace) != true)
            }
        }
    }
}

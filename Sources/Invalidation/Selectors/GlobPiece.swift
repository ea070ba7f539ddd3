/// Part of a glob between stars: literal bytes, and `?` for one byte.
struct GlobPiece: Sendable {
    private let bytes: [UInt8]
    private let hasWildcards: Bool
    /// Of a literal: how much of it still matches when the byte behind so many does not (Knuth, Morris, Pratt, "Fast
    /// Pattern Matching in Strings", SIAM J. Comput. 6, 1977).
    private let fallbacks: [UInt32]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        hasWildcards = bytes.contains(UInt8(ascii: "?"))
        fallbacks = hasWildcards ? [] : Self.fallbacks(bytes)
    }

    var count: Int { bytes.count }

    /// Whether it stands there. It must have room.
    func matches(_ text: UnsafeRawBufferPointer, at place: Int) -> Bool {
        for (index, byte) in bytes.enumerated() where byte != text[place + index] && byte != UInt8(ascii: "?") {
            return false
        }
        return true
    }

    /// Where it first stands.
    func firstPlace(in text: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count <= text.count else { return nil }
        return hasWildcards ? firstPlaceOfWildcards(in: text) : firstPlaceOfLiteral(in: text)
    }

    private func firstPlaceOfLiteral(in text: UnsafeRawBufferPointer) -> Int? {
        var matched = 0
        for (index, byte) in text.enumerated() {
            while matched > 0, bytes[matched] != byte { matched = Int(fallbacks[matched - 1]) }
            if bytes[matched] == byte { matched += 1 }
            if matched == bytes.count { return index + 1 - matched }
        }
        return nil
    }

    private static func fallbacks(_ bytes: [UInt8]) -> [UInt32] {
        var fallbacks = [UInt32](repeating: 0, count: bytes.count)
        var matched = 0
        for index in bytes.indices.dropFirst() {
            while matched > 0, bytes[matched] != bytes[index] { matched = Int(fallbacks[matched - 1]) }
            if bytes[matched] == bytes[index] { matched += 1 }
            fallbacks[index] = UInt32(matched)
        }
        return fallbacks
    }

    /// A bit for each beginning of the piece that ends here: a byte of the text costs a step for 64 bytes of the piece
    /// (Baeza-Yates, Gonnet, "A New Approach to Text Searching", CACM 35, 1992).
    private func firstPlaceOfWildcards(in text: UnsafeRawBufferPointer) -> Int? {
        let words = (bytes.count + 63) / 64
        var accepts = [UInt64](repeating: 0, count: 256 * words)
        for (index, byte) in bytes.enumerated() {
            let bit = UInt64(1) << UInt64(index % 64)
            if byte == UInt8(ascii: "?") {
                for value in 0..<256 { accepts[value * words + index / 64] |= bit }
            } else {
                accepts[Int(byte) * words + index / 64] |= bit
            }
        }
        var state = [UInt64](repeating: 0, count: words)
        let last = (word: (bytes.count - 1) / 64, bit: UInt64(1) << UInt64((bytes.count - 1) % 64))
        for (index, byte) in text.enumerated() {
            var carry: UInt64 = 1
            for word in 0..<words {
                let shifted = state[word] << 1 | carry
                carry = state[word] >> 63
                state[word] = shifted & accepts[Int(byte) * words + word]
            }
            if state[last.word] & last.bit != 0 { return index + 1 - bytes.count }
        }
        return nil
    }
}

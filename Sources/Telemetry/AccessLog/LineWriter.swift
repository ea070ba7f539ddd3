/// Writes one line into memory that has room for it; the caller has made sure of that by `bound`.
struct LineWriter {
    private(set) var out: UnsafeMutableRawPointer

    init(_ out: UnsafeMutableRawPointer) { self.out = out }

    mutating func byte(_ byte: UInt8) {
        out.storeBytes(of: byte, as: UInt8.self)
        out += 1
    }

    mutating func bytes(_ bytes: UnsafeRawPointer, count: Int) {
        out.copyMemory(from: bytes, byteCount: count)
        out += count
    }

    /// Decimal digits; a negative number, which nothing should give us, is 0.
    mutating func number(_ value: Int) {
        var rest = max(0, value)
        var digits = 1
        var power = 10
        while rest >= power, digits < 19 {
            digits += 1
            power = digits < 19 ? power * 10 : .max
        }
        var at = digits
        repeat {
            at -= 1
            out.storeBytes(of: 0x30 + UInt8(rest % 10), toByteOffset: at, as: UInt8.self)
            rest /= 10
        } while at > 0
        out += digits
    }

    // MARK: - What clients sent

    /// At most this many bytes does `value` write for a value of `count` bytes.
    static func bound(_ count: Int, limit: Int) -> Int { 4 * min(count, limit) + 3 }

    /// A value from the client, safe in a line and on a terminal: control bytes and those from 0x7f up become `\xHH`,
    /// `"` and `\` get a backslash, as Apache does it. Nothing becomes `-`; what is longer than `limit` bytes is cut
    /// and ends in `...`.
    mutating func value(_ value: UnsafeRawBufferPointer, limit: Int) {
        guard let start = value.baseAddress, value.count > 0 else { return byte(0x2d) }
        let count = min(value.count, limit)
        var index = 0
        while count - index >= 8 {
            let word = start.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if Self.isPlain(word) {
                out.storeBytes(of: word, as: UInt64.self)
                out += 8
            } else {
                for offset in index..<index + 8 { escaped(start.load(fromByteOffset: offset, as: UInt8.self)) }
            }
            index += 8
        }
        while index < count {
            escaped(start.load(fromByteOffset: index, as: UInt8.self))
            index += 1
        }
        if value.count > limit { for _ in 0..<3 { byte(0x2e) } }
    }

    /// Whether none of the eight bytes needs an escape. The usual tests for "a byte is zero" and "a byte is less than n"
    /// over a word: the subtraction's borrow can only disturb bytes above one that is found anyway.
    static func isPlain(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5c)
        let low = (word &- (ones &* 0x20)) & ~word
        let quote = (quotes &- ones) & ~quotes
        let backslash = (backslashes &- ones) & ~backslashes
        let high = (word &+ ones) | word
        return (low | quote | backslash | high) & tops == 0
    }

    private mutating func escaped(_ value: UInt8) {
        switch value {
        case 0x22, 0x5c:
            byte(0x5c)
            byte(value)
        case 0x20..<0x7f:
            byte(value)
        default:
            byte(0x5c)
            byte(0x78)
            hexDigit(value >> 4)
            hexDigit(value & 15)
        }
    }

    mutating func hexDigit(_ digit: UInt8) { byte(digit < 10 ? 0x30 + digit : 0x57 + digit) }
}

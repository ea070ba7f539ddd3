/// Small questions about bytes that many fields ask. Generic over what holds the bytes: a slice of a `FieldBlock` and
/// the buffer that a parser reads are both collections with `Int` indices.
package enum Text {
    /// Space or horizontal tab: `OWS` (RFC 9110 §5.6.3).
    @inlinable @inline(__always)
    package static func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    @inlinable @inline(__always)
    package static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// 0…15, or nil for what is no hex digit.
    @inlinable @inline(__always)
    package static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// The upper-case hex digit of 0…15.
    @inlinable @inline(__always)
    package static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + (value & 15) }

    /// The part of `range` without whitespace at its ends.
    @inlinable
    package static func trim<Bytes: RandomAccessCollection>(_ bytes: Bytes, _ range: Range<Int>) -> Range<Int>
    where Bytes.Element == UInt8, Bytes.Index == Int {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, isWhitespace(bytes[lower]) { lower += 1 }
        while lower < upper, isWhitespace(bytes[upper - 1]) { upper -= 1 }
        return lower..<upper
    }

    /// The bytes without whitespace at their ends.
    @inlinable
    package static func trim<Bytes: RandomAccessCollection>(_ bytes: Bytes) -> Bytes.SubSequence
    where Bytes.Element == UInt8, Bytes.Index == Int {
        bytes[trim(bytes, bytes.startIndex..<bytes.endIndex)]
    }

    /// Whether the bytes are one token (RFC 9110 §5.6.2); no bytes are none.
    @inlinable
    package static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        for byte in bytes where !ByteSet.token.contains(byte) { return false }
        return !bytes.isEmpty
    }

    /// The same for an array, which the generic form reads much slower when it is called from another module.
    package static func isToken(_ bytes: [UInt8]) -> Bool {
        for byte in bytes where !ByteSet.token.contains(byte) { return false }
        return !bytes.isEmpty
    }

    /// The same for raw bytes, for the same reason.
    package static func isToken(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for byte in bytes where !ByteSet.token.contains(byte) { return false }
        return !bytes.isEmpty
    }

    /// Where the token that begins at `start` ends: `start` when there is none.
    package static func tokenEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var at = start
        while at < bytes.count, ByteSet.token.contains(bytes[at]) { at += 1 }
        return at
    }

    /// Whether the bytes spell `lowercased`, an ASCII word in lower case, in any letter case.
    @inlinable
    package static func equals(_ bytes: some Collection<UInt8>, _ lowercased: StaticString) -> Bool {
        guard bytes.count == lowercased.utf8CodeUnitCount else { return false }
        var word = lowercased.utf8Start
        for byte in bytes {
            if FieldBlock.lowercase(byte) != word.pointee { return false }
            word += 1
        }
        return true
    }

    /// The same for a buffer, which the generic form reads much slower when it is called from another module.
    package static func equals(_ bytes: UnsafeRawBufferPointer, _ lowercased: StaticString) -> Bool {
        guard bytes.count == lowercased.utf8CodeUnitCount else { return false }
        let word = lowercased.utf8Start
        for i in 0..<bytes.count where FieldBlock.lowercase(bytes[i]) != word[i] { return false }
        return true
    }

    /// A number of digits only that fits, or nil.
    @inlinable
    package static func exactDecimal(_ bytes: some Collection<UInt8>) -> Int64? {
        var value: Int64 = 0
        for byte in bytes {
            guard isDigit(byte) else { return nil }
            let (tenfold, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, stillTooBig) = tenfold.addingReportingOverflow(Int64(byte - 0x30))
            if tooBig || stillTooBig { return nil }
            value = sum
        }
        return bytes.isEmpty ? nil : value
    }
}

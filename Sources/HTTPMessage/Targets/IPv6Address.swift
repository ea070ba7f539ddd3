/// An IPv6 address read from its text (RFC 4291 §2.2) and written in its one canonical form (RFC 5952), so that each
/// address has one key.
struct IPv6Address {
    /// The eight groups, most significant first.
    private var groups = InlineArray<8, UInt16>(repeating: 0)

    /// At most 39 characters: eight groups of four digits and seven colons.
    static let longestText = 39

    /// Nil when the bytes are no IPv6 address; zones and `IPvFuture` are none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var count = 0
        // How many groups stand before the `::`.
        var gap: Int?
        var i = 0
        guard bytes.count >= 2, bytes.count <= 45 else { return nil }
        if bytes[0] == 0x3a {
            guard bytes[1] == 0x3a else { return nil }
            gap = 0
            i = 2
        }
        while i < bytes.count {
            guard count < 8 else { return nil }
            let end = Self.groupEnd(bytes, i)
            if end < bytes.count, bytes[end] == 0x2e {
                guard let (a, b) = Self.ipv4(bytes, i), count <= 6 else { return nil }
                groups[count] = a
                groups[count + 1] = b
                count += 2
                break
            }
            guard let value = Self.hex(bytes, i, end) else { return nil }
            groups[count] = value
            count += 1
            i = end
            if i == bytes.count { break }
            guard bytes[i] == 0x3a, i + 1 < bytes.count else { return nil }
            i += 1
            if bytes[i] == 0x3a {
                guard gap == nil else { return nil }
                gap = count
                i += 1
            }
        }
        guard gap == nil ? count == 8 : count < 8 else { return nil }
        if let gap { moveToEnd(from: gap, count: count) }
    }

    /// What was read behind the `::` belongs to the end.
    private mutating func moveToEnd(from gap: Int, count: Int) {
        var target = 7
        for index in stride(from: count - 1, through: gap, by: -1) {
            let value = groups[index]
            groups[index] = 0
            groups[target] = value
            target -= 1
        }
    }

    private static func groupEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var i = start
        while i < bytes.count, Text.hexValue(bytes[i]) != nil { i += 1 }
        return i
    }

    private static func hex(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UInt16? {
        guard end - start >= 1, end - start <= 4 else { return nil }
        var value: UInt16 = 0
        for i in start..<end { value = value << 4 | UInt16(Text.hexValue(bytes[i]) ?? 0) }
        return value
    }

    /// The dotted form to the end of the bytes, as two groups.
    private static func ipv4(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> (UInt16, UInt16)? {
        var address: UInt32 = 0
        var i = start
        for part in 0..<4 {
            if part > 0 {
                guard i < bytes.count, bytes[i] == 0x2e else { return nil }
                i += 1
            }
            let from = i
            var value: UInt32 = 0
            while i < bytes.count, i - from < 3, Text.isDigit(bytes[i]) {
                value = value * 10 + UInt32(bytes[i] - 0x30)
                i += 1
            }
            let leadingZero = i - from > 1 && bytes[from] == 0x30
            guard i > from, value <= 255, !leadingZero else { return nil }
            address = address << 8 | value
        }
        guard i == bytes.count else { return nil }
        return (UInt16(address >> 16), UInt16(truncatingIfNeeded: address))
    }

    /// Writes the canonical text at `at` and moves it on; `out` has room for `longestText` bytes.
    func write(to out: UnsafeMutableRawBufferPointer, at: inout Int) {
        let zeros = longestZeros()
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound, zeros.count > 1 {
                out[at] = 0x3a
                out[at + 1] = 0x3a
                at += 2
                index = zeros.upperBound
                continue
            }
            if index > 0, index != zeros.upperBound || zeros.count < 2 {
                out[at] = 0x3a
                at += 1
            }
            writeGroup(groups[index], to: out, at: &at)
            index += 1
        }
    }

    private func writeGroup(_ value: UInt16, to out: UnsafeMutableRawBufferPointer, at: inout Int) {
        for shift: UInt16 in [12, 8, 4, 0] where value >> shift != 0 || shift == 0 {
            let digit = Text.hexDigit(UInt8(value >> shift & 15))
            out[at] = digit | 0x20
            at += 1
        }
    }

    /// The first longest run of zero groups (RFC 5952 §4.2.3).
    private func longestZeros() -> Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > best.count { best = start..<index }
            start = index + 1
        }
        return best
    }
}

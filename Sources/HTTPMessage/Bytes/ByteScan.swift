/// Searches that look at eight bytes at a time. All offsets must lie within the buffer: the caller checks.
package enum ByteScan {
    /// The first byte in `from..<to` below 0x20 or equal to 0x7f (CR, LF, TAB, NUL and every other control character),
    /// or `to` when there is none.
    @inlinable @inline(__always)
    package static func firstControl(_ bytes: UnsafeRawBufferPointer, from: Int, to: Int) -> Int {
        var i = from
        while to - i >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self))
            // Wrapping is meant: a borrow runs only out of a byte that is a hit itself, so the lowest hit is exact.
            let small = (word &- 0x2020_2020_2020_2020) & ~word
            let delete = word ^ 0x7f7f_7f7f_7f7f_7f7f
            let hits = (small | ((delete &- 0x0101_0101_0101_0101) & ~delete)) & 0x8080_8080_8080_8080
            if hits != 0 { return i + hits.trailingZeroBitCount / 8 }
            i += 8
        }
        while i < to {
            let byte = bytes[i]
            if byte < 0x20 || byte == 0x7f { return i }
            i += 1
        }
        return to
    }

    /// The first `wanted` in `from..<to`, or `to`.
    @inlinable @inline(__always)
    package static func first(_ wanted: UInt8, _ bytes: UnsafeRawBufferPointer, from: Int, to: Int) -> Int {
        let pattern = 0x0101_0101_0101_0101 * UInt64(wanted)
        var i = from
        while to - i >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)) ^ pattern
            let hits = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if hits != 0 { return i + hits.trailingZeroBitCount / 8 }
            i += 8
        }
        while i < to, bytes[i] != wanted { i += 1 }
        return i
    }
}

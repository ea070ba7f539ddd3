/// A set of ASCII bytes as two words, tested without a table in memory. No byte of 0x80 and above is ever in one.
@frozen
package struct ByteSet: Sendable {
    @usableFromInline let low: UInt64
    @usableFromInline let high: UInt64

    /// Bit n of `low` is byte n, bit n of `high` is byte 64 + n.
    @inlinable @inline(__always)
    init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    @inlinable @inline(__always)
    package func contains(_ byte: UInt8) -> Bool {
        let word = byte & 0x40 == 0 ? low : high
        return byte < 0x80 && word >> UInt64(byte & 0x3f) & 1 != 0
    }
}

extension ByteSet {
    /// `tchar` (RFC 9110 §5.6.2): what names, methods and tokens are made of.
    @inlinable package static var token: ByteSet {
        @inline(__always) get { ByteSet(low: 0x03ff_6cfa_0000_0000, high: 0x57ff_ffff_c7ff_fffe) }
    }

    /// `unreserved` (RFC 3986 §2.3): the bytes that mean the same with and without percent-encoding.
    @inlinable package static var unreserved: ByteSet {
        @inline(__always) get { ByteSet(low: 0x03ff_6000_0000_0000, high: 0x47ff_fffe_87ff_fffe) }
    }

    /// What a label of a host name may hold: letters, digits, `-` and `_`. Narrower than the `reg-name` of RFC 3986
    /// §3.2.2 on purpose: its commas, semicolons and percent triplets only serve to confuse (attacks.md 12).
    @inlinable package static var hostLabel: ByteSet {
        @inline(__always) get { ByteSet(low: 0x03ff_2000_0000_0000, high: 0x07ff_fffe_87ff_fffe) }
    }

    /// Path bytes that are copied without a second look: visible ASCII but `%`, `/`, `;`, `\`, `?` and `#`.
    @inlinable package static var plainInPath: ByteSet {
        @inline(__always) get { ByteSet(low: 0x77ff_7fd6_0000_0000, high: 0x7fff_ffff_efff_ffff) }
    }

    /// Query bytes that are copied without a second look: visible ASCII but `%` and `#`.
    @inlinable package static var plainInQuery: ByteSet {
        @inline(__always) get { ByteSet(low: 0xffff_ffd6_0000_0000, high: 0x7fff_ffff_ffff_ffff) }
    }
}

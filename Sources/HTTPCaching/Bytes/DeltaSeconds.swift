/// Numbers of seconds as HTTP writes them (`delta-seconds`, RFC 9111 §1.2.2).
enum DeltaSeconds {
    /// What a number too large to count is taken for: 2^31 (RFC 9111 §1.2.2).
    static let limit: UInt32 = 1 << 31

    /// Digits and nothing else; nil for anything else, a sign, a fraction or no digit at all included.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
        guard !bytes.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in bytes {
            guard Octets.isDigit(byte) else { return nil }
            value = min(value * 10 + UInt64(byte - 0x30), UInt64(limit))
        }
        return UInt32(value)
    }

    /// A number of seconds within 0...2^31.
    static func clamp(_ seconds: Int64) -> UInt32 { UInt32(min(max(seconds, 0), Int64(limit))) }
}

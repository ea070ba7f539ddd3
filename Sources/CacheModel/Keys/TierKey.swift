/// What a record is filed under in Redis and on disk: the primary key, and for one variant of it the values that
/// select it. A URL whose responses vary has a record of kind `variants` under the empty selection, which names the
/// selecting fields, and one response record for each selection.
package struct TierKey: Sendable, Hashable {
    package let primary: CacheKey
    /// `VaryKey` bytes, empty for the primary record.
    package let selection: [UInt8]
    /// 128 bits over both parts, the same on every instance and after every restart. It finds records; the full key
    /// inside the record decides (attacks.md 25).
    package let digest: Digest

    package init(primary: CacheKey, selection: [UInt8] = []) {
        self.primary = primary
        self.selection = selection
        self.digest = Digest(primary.bytes, selection)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(digest.low) }

    package static func == (one: TierKey, other: TierKey) -> Bool {
        one.digest == other.digest && one.primary == other.primary && one.selection == other.selection
    }

    package struct Digest: Sendable, Hashable {
        package let high: UInt64
        package let low: UInt64

        package init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }

        /// SipHash-2-4 with 128 bits of output (Aumasson & Bernstein, INDOCRYPT 2012) over the length-prefixed parts.
        /// The key is fixed: every instance must come to the same digest, and a forged collision only costs a miss.
        package init(_ primary: [UInt8], _ selection: [UInt8]) {
            var hash = SipHash128(key: (0x5374_7261_7461_2065, 0x6e74_7279_2d6b_6579))
            primary.withUnsafeBytes { hash.update($0) }
            selection.withUnsafeBytes { hash.update($0) }
            withUnsafeBytes(of: UInt64(primary.count).littleEndian) { hash.update($0) }
            (high, low) = hash.finish()
        }

        /// 32 lower-case hex digits.
        package var hex: String {
            func sixteen(_ word: UInt64) -> String {
                let hex = String(word, radix: 16)
                return String(repeating: "0", count: 16 - hex.count) + hex
            }
            return sixteen(high) + sixteen(low)
        }
    }
}

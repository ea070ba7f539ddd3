/// Buckets for times whose width grows with the time: eight to each power of two, so that a quantile is right to an
/// eighth. Eight below 8 µs, one each; whatever takes longer than 2^36 µs (19 hours) counts as that.
package enum Histogram {
    package static let bucketCount = 272

    package static func bucket(_ microseconds: UInt64) -> Int {
        let value = min(microseconds, (1 << 36) - 1)
        if value < 8 { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - 2) * 8 + Int(value >> UInt64(exponent - 3)) - 8
    }

    /// The largest time that falls into the bucket.
    package static func upperEnd(_ bucket: Int) -> UInt64 {
        if bucket < 8 { return UInt64(bucket) }
        let width = UInt64(1) << UInt64(bucket / 8 - 1)
        return (UInt64(bucket % 8) + 9) * width - 1
    }

    /// The time that `share` (0…1) of all counted times don't exceed; nil if there are none.
    package static func quantile(_ share: Double, of counts: [UInt64]) -> UInt64? {
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        let rank = max(1, UInt64((Double(total) * share).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return upperEnd(bucket) }
        }
        return upperEnd(counts.count - 1)
    }
}

/// Which of any number of places is a fingerprint's: each has an equal share of all fingerprints (Lemire, "Fast random
/// integer generation in an interval", ACM Transactions on Modeling and Computer Simulation 29, 2019).
enum Share {
    /// Fingerprints of a sample have their high bits in common. An odd factor (Knuth, "The Art of Computer Programming",
    /// vol. 3, section 6.4) brings the low ones up; the product wraps by intention.
    @inline(__always)
    static func of(_ fingerprint: UInt32, among count: Int) -> Int {
        let mixed = fingerprint &* 0x9e37_79b1
        return Int(truncatingIfNeeded: (UInt64(mixed) &* UInt64(count)) >> 32)
    }
}

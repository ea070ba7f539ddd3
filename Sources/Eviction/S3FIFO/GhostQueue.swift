/// The hashes of entries that left, in about the order in which they left, and no more than a given number of them.
///
/// ```
/// | bucket 0: newest … oldest | bucket 1: newest … oldest | …      eight fingerprints a bucket, 4 bytes each
/// ```
/// A bucket is a queue of its own: a ninth fingerprint pushes its oldest out. That keeps the whole at 4 bytes an entry,
/// without links and without a second table to find a hash in. The paper's ghost queue, too, is a table of buckets
/// with fingerprints, section 4.2. The low bits of a fingerprint choose its bucket, so that the table can double.
struct GhostQueue: Sendable {
    static let bucketSize = 8
    static let fingerprintBits: UInt32 = 28

    /// 0: empty. Empty places follow the filled ones of a bucket.
    private(set) var fingerprints = [UInt32](repeating: 0, count: 8 * GhostQueue.bucketSize)

    /// How many it remembers at most; a power of two.
    var capacity: Int { fingerprints.count }

    var footprint: Int { fingerprints.capacity * MemoryLayout<UInt32>.stride }

    /// Never 0. Taken from the middle of the hash: stores use its ends to find shards and buckets.
    static func fingerprint(_ hash: UInt64) -> UInt32 {
        max(1, UInt32(truncatingIfNeeded: hash >> 20) & (1 << fingerprintBits - 1))
    }

    private func bucket(of fingerprint: UInt32) -> Range<Int> {
        let first = (Int(fingerprint) & (capacity / Self.bucketSize - 1)) * Self.bucketSize
        return first..<first + Self.bucketSize
    }

    /// Remembers it as the newest of its bucket.
    mutating func insert(_ fingerprint: UInt32) {
        remove(fingerprint)
        let bucket = bucket(of: fingerprint)
        for place in bucket.dropFirst().reversed() { fingerprints[place] = fingerprints[place - 1] }
        fingerprints[bucket.lowerBound] = fingerprint
    }

    /// Forgets it. Returns whether it was there.
    @discardableResult mutating func remove(_ fingerprint: UInt32) -> Bool {
        let bucket = bucket(of: fingerprint)
        guard let found = bucket.first(where: { fingerprints[$0] == fingerprint }) else { return false }
        for place in found..<bucket.upperBound - 1 { fingerprints[place] = fingerprints[place + 1] }
        fingerprints[bucket.upperBound - 1] = 0
        return true
    }

    /// Doubles until it remembers at least `count`; what is remembered stays, in its order.
    mutating func grow(to count: Int) {
        guard count > capacity, capacity < 1 << Int(Self.fingerprintBits) else { return }
        let old = fingerprints
        fingerprints = [UInt32](repeating: 0, count: old.count * 2)
        for place in old.indices.reversed() where old[place] != 0 { insert(old[place]) }
        grow(to: count)
    }

    func checkInvariants() -> [String] {
        var faults: [String] = []
        for start in stride(from: 0, to: capacity, by: Self.bucketSize) {
            let bucket = fingerprints[start..<start + Self.bucketSize]
            let filled = bucket.prefix { $0 != 0 }
            if bucket.contains(where: { $0 != 0 }), filled.count < bucket.count(where: { $0 != 0 }) {
                faults.append("bucket at \(start) has a gap")
            }
            if Set(filled).count != filled.count { faults.append("bucket at \(start) has one fingerprint twice") }
            if filled.contains(where: { self.bucket(of: $0).lowerBound != start }) {
                faults.append("bucket at \(start) has another bucket's fingerprint")
            }
        }
        return faults
    }
}

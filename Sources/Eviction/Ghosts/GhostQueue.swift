/// The hashes of entries that left, in about the order in which they left, with their uses, and no more than a given
/// number of them.
///
/// ```
/// | bucket 0: newest … oldest | bucket 1: newest … oldest | …      eight ghosts a bucket, 4 + 2 bytes each
/// ```
/// A bucket is a queue of its own: a ninth ghost pushes its oldest out. That needs no links and no second table to find
/// a hash in. The ghost queue of S3-FIFO's paper, too, is a table of buckets with fingerprints, section 4.2. The low bits
/// of a fingerprint choose its bucket, so that the table can double.
struct GhostQueue: Sendable {
    static let bucketSize = 8
    static let fingerprintBits: UInt32 = 28

    /// 0: empty. Empty places follow the filled ones of a bucket.
    private var fingerprints = [UInt32](repeating: 0, count: 8 * GhostQueue.bucketSize)
    private var uses = [UInt16](repeating: 0, count: 8 * GhostQueue.bucketSize)

    /// How many it remembers at most; a power of two.
    var capacity: Int { fingerprints.count }

    var footprint: Int {
        fingerprints.capacity * MemoryLayout<UInt32>.stride + uses.capacity * MemoryLayout<UInt16>.stride
    }

    /// Never 0. Taken from the middle of the hash: stores use its ends to find shards and buckets.
    static func fingerprint(_ hash: UInt64) -> UInt32 {
        max(1, UInt32(truncatingIfNeeded: hash >> 20) & (1 << fingerprintBits - 1))
    }

    private func bucket(of fingerprint: UInt32) -> Range<Int> {
        let first = (Int(fingerprint) & (capacity / Self.bucketSize - 1)) * Self.bucketSize
        return first..<first + Self.bucketSize
    }

    /// Remembers it as the newest of its bucket.
    mutating func insert(_ fingerprint: UInt32, uses count: UInt16 = 0) {
        remove(fingerprint)
        let bucket = bucket(of: fingerprint)
        for place in bucket.dropFirst().reversed() { copy(place - 1, to: place) }
        fingerprints[bucket.lowerBound] = fingerprint
        uses[bucket.lowerBound] = count
    }

    /// Forgets it. Returns its uses, nil if it was not there.
    @discardableResult mutating func remove(_ fingerprint: UInt32) -> UInt16? {
        let bucket = bucket(of: fingerprint)
        guard let found = bucket.first(where: { fingerprints[$0] == fingerprint }) else { return nil }
        let count = uses[found]
        for place in found..<bucket.upperBound - 1 { copy(place + 1, to: place) }
        fingerprints[bucket.upperBound - 1] = 0
        return count
    }

    private mutating func copy(_ place: Int, to other: Int) {
        fingerprints[other] = fingerprints[place]
        uses[other] = uses[place]
    }

    /// Doubles until it remembers at least `count`; what is remembered stays, in its order.
    mutating func grow(to count: Int) {
        guard count > capacity, capacity < 1 << Int(Self.fingerprintBits) else { return }
        let old = self
        fingerprints = [UInt32](repeating: 0, count: old.capacity * 2)
        uses = [UInt16](repeating: 0, count: old.capacity * 2)
        for place in old.fingerprints.indices.reversed() where old.fingerprints[place] != 0 {
            insert(old.fingerprints[place], uses: old.uses[place])
        }
        grow(to: count)
    }

    func checkInvariants() -> [String] {
        var faults: [String] = []
        for start in stride(from: 0, to: capacity, by: Self.bucketSize) {
            let bucket = fingerprints[start..<start + Self.bucketSize]
            let filled = bucket.prefix { $0 != 0 }
            if filled.count < bucket.count(where: { $0 != 0 }) { faults.append("bucket at \(start) has a gap") }
            if Set(filled).count != filled.count { faults.append("bucket at \(start) has one fingerprint twice") }
            if filled.contains(where: { self.bucket(of: $0).lowerBound != start }) {
                faults.append("bucket at \(start) has another bucket's fingerprint")
            }
        }
        return faults
    }
}

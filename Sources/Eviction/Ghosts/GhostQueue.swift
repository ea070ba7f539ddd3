/// The hashes of entries that left, in about the order in which they left, with their uses, and no more than a given
/// number of them.
///
/// ```
/// | bucket 0: newest … oldest | bucket 1: newest … oldest | …      eight ghosts a bucket
/// ghost: | fingerprint 28 | step of uses 4 |      0: empty
/// ```
/// A bucket is a queue of its own: a ninth ghost pushes its oldest out. That needs no links and no second table to find
/// a hash in. The ghost queue of S3-FIFO's paper, too, is a table of buckets with fingerprints, section 4.2. There may be
/// any number of buckets: one has its share of all hashes (`Share`).
struct GhostQueue: Sendable {
    static let bucketSize = 8
    static let fingerprintBits: UInt32 = 28
    /// Uses are remembered rounded down to one of these.
    static let useSteps: [UInt16] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 64, 128, 256]

    private static let stepBits: UInt32 = 4

    /// Empty places follow the filled ones of a bucket.
    private var ghosts: [UInt32] = []

    /// How many it remembers at most; whole buckets.
    var capacity: Int { ghosts.count }

    var footprint: Int { ghosts.capacity * MemoryLayout<UInt32>.stride }

    /// Never 0. Taken from the middle of the hash: stores use its ends to find shards and buckets.
    static func fingerprint(_ hash: UInt64) -> UInt32 {
        max(1, UInt32(truncatingIfNeeded: hash >> 20) & (1 << fingerprintBits - 1))
    }

    private static func fingerprint(of ghost: UInt32) -> UInt32 { ghost >> stepBits }

    private static func uses(of ghost: UInt32) -> UInt16 { useSteps[Int(ghost & (1 << stepBits - 1))] }

    private static func ghost(_ fingerprint: UInt32, _ uses: UInt16) -> UInt32 {
        let step = useSteps.lastIndex { $0 <= uses } ?? 0
        return fingerprint << stepBits | UInt32(step)
    }

    private func bucket(of fingerprint: UInt32) -> Range<Int> {
        let first = Share.of(fingerprint, among: capacity / Self.bucketSize) * Self.bucketSize
        return first..<first + Self.bucketSize
    }

    /// Remembers it as the newest of its bucket; nothing while the capacity is 0.
    mutating func insert(_ fingerprint: UInt32, uses: UInt16 = 0) { file(Self.ghost(fingerprint, uses)) }

    private mutating func file(_ ghost: UInt32) {
        guard capacity > 0 else { return }
        remove(Self.fingerprint(of: ghost))
        let bucket = bucket(of: Self.fingerprint(of: ghost))
        for place in bucket.dropFirst().reversed() { ghosts[place] = ghosts[place - 1] }
        ghosts[bucket.lowerBound] = ghost
    }

    /// Forgets it. Returns its uses, nil if it was not there.
    @discardableResult mutating func remove(_ fingerprint: UInt32) -> UInt16? {
        guard capacity > 0 else { return nil }
        let bucket = bucket(of: fingerprint)
        guard let found = bucket.first(where: { Self.fingerprint(of: ghosts[$0]) == fingerprint }) else { return nil }
        let uses = Self.uses(of: ghosts[found])
        for place in found..<bucket.upperBound - 1 { ghosts[place] = ghosts[place + 1] }
        ghosts[bucket.upperBound - 1] = 0
        return uses
    }

    /// Makes room for at least `count`, and an eighth more where there were some already; what is remembered stays, in
    /// its order.
    mutating func grow(to count: Int) {
        guard count > capacity, capacity < 1 << Int(Self.fingerprintBits) else { return }
        let wanted = max(count, capacity + capacity / 8)
        let old = ghosts
        ghosts = [UInt32](
            repeating: 0, count: (wanted + Self.bucketSize - 1) / Self.bucketSize * Self.bucketSize)
        // The oldest of a bucket stands last.
        for ghost in old.reversed() where ghost != 0 { file(ghost) }
    }

    func checkInvariants() -> [String] {
        var faults: [String] = []
        for start in stride(from: 0, to: capacity, by: Self.bucketSize) {
            let bucket = ghosts[start..<start + Self.bucketSize]
            let filled = bucket.prefix { $0 != 0 }.map { Self.fingerprint(of: $0) }
            if filled.count < bucket.count(where: { $0 != 0 }) { faults.append("bucket at \(start) has a gap") }
            if Set(filled).count != filled.count { faults.append("bucket at \(start) has one fingerprint twice") }
            if filled.contains(where: { self.bucket(of: $0).lowerBound != start }) {
                faults.append("bucket at \(start) has another bucket's fingerprint")
            }
        }
        return faults
    }
}

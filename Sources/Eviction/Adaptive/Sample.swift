/// Which keys the shadows of a tournament see.
///
/// Larger objects are in it more often: with a chance of size ÷ `unit`, and from `unit` on always. An object stands for as many of
/// its size as make the chance up to one. (Sampling keys by their hash: Waldspurger, Park, Garthwaite and Ahmad, "Efficient
/// MRC construction with SHARDS", FAST 2015; by size, so that the few large objects which carry the bytes are all there:
/// Duffield, Lund and Thorup, "Priority sampling for estimation of arbitrary subset sums", Journal of the ACM 54, 2007.)
///
/// By that alone small objects beside a few huge ones would not be seen at all, though most hits may be theirs: each
/// has a least chance, by which some of those that are stored are in the sample.
struct Sample: Sendable {
    let capacity: Int
    /// Objects of this size and above are all in the sample.
    private let unit: Int
    private let leastChance: Double
    private let stored: Int
    /// Entries that a shadow has at most.
    let most: Int

    /// Of those that are stored, so many are in the sample whatever their sizes.
    private static let least = 64

    /// - Parameters:
    ///   - entries: of a shadow whose objects are all smaller than `unit`.
    ///   - stored: entries of the cache, in `capacity` bytes.
    init(capacity: Int, entries: Int, stored: Int) {
        self.capacity = capacity
        self.stored = stored
        unit = max(1, capacity / entries)
        leastChance = min(1, Double(Self.least) / Double(max(1, stored)))
        most = entries + 2 * Self.least
    }

    /// Whether the least chance is about that for a cache of so many entries.
    func suits(stored now: Int) -> Bool { now <= 2 * stored && 4 * now >= stored }

    /// Of an object's being in the sample, above 0.
    func chance(ofSize size: UInt32) -> Double {
        min(1, max(Double(max(1, size)) / Double(unit), leastChance))
    }

    func has(_ fingerprint: UInt32, size: UInt32) -> Bool {
        guard size < unit else { return size <= capacity }
        // The fingerprint's high bits; its low ones choose places in the tables.
        return Double(fingerprint) / Double(1 << GhostQueue.fingerprintBits) < chance(ofSize: size)
    }

    /// Bytes of all those for which an object of the sample stands.
    func weight(ofSize size: UInt32) -> Int { Int(Double(max(1, size)) / chance(ofSize: size)) }
}

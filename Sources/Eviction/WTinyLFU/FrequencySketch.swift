/// How often each of very many hashes came up of late, in four bits: a count-min sketch (Cormode and Muthukrishnan, "An
/// improved data stream summary: the count-min sketch and its applications", Journal of Algorithms 55, 2005) whose
/// counters are halved after a sample of ten counts an entry, as TinyLFU wants it (Einziger, Friedman and Manes,
/// "TinyLFU: a highly efficient cache admission policy", ACM Transactions on Storage 13, 2017).
///
/// ```
/// word: sixteen counters of four bits; a fingerprint has one counter in each of four words
/// ```
struct FrequencySketch: Sendable {
    private var words = [UInt64](repeating: 0, count: 64)
    private var additions = 0

    static let most = 15
    private static let sample = 10

    var footprint: Int { words.capacity * MemoryLayout<UInt64>.stride }

    /// Doubles until there is a word for each of `count` entries; begins anew then.
    mutating func grow(to count: Int) {
        guard count > words.count else { return }
        words = [UInt64](repeating: 0, count: words.count * 2)
        additions = 0
        grow(to: count)
    }

    func frequency(_ fingerprint: UInt32) -> Int {
        (0..<4).reduce(Self.most) { least, row in
            let (word, shift) = counter(fingerprint, row)
            return min(least, Int(words[word] >> shift & 15))
        }
    }

    mutating func increment(_ fingerprint: UInt32) {
        var added = false
        for row in 0..<4 {
            let (word, shift) = counter(fingerprint, row)
            guard words[word] >> shift & 15 < Self.most else { continue }
            words[word] += 1 << shift
            added = true
        }
        if added { additions += 1 }
        if additions >= Self.sample * words.count { halve() }
    }

    /// The word of a row, and where the counter begins in it. Wrapping products only mix bits.
    private func counter(_ fingerprint: UInt32, _ row: Int) -> (word: Int, shift: UInt64) {
        var mixed = UInt64(fingerprint) &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(row) &* 0xd1b5_4a32_d192_ed03
        mixed = (mixed ^ mixed >> 32) &* 0xbf58_476d_1ce4_e5b9
        return (Int(truncatingIfNeeded: mixed >> 32) & (words.count - 1), (mixed >> 28 & 15) * 4)
    }

    private mutating func halve() {
        for index in words.indices { words[index] = words[index] >> 1 & 0x7777_7777_7777_7777 }
        additions /= 2
    }
}

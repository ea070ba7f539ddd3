import CacheModel
import Eviction
import MemoryTier

/// What an entry costs beyond its own bytes, by the growth of the process's resident memory.
enum Footprint {
    /// Fills a tier that is large enough for all, and says what an entry took between a half and all of them. The
    /// first entries pay for what is there once.
    static func slope(_ policy: PolicyName, entries: Int, body: Int) {
        let tier = MemoryTier(.init(capacity: entries * (body + 1024), policy: policy, maxObject: 1 << 20, shards: 64))
        var points: [(entries: Int, resident: Int, counted: Int)] = []
        for number in 0..<entries {
            if number % (entries / 8) == 0 { points.append(point(tier, number)) }
            store(number, body, in: tier)
        }
        points.append(point(tier, entries))
        let own = Double(Sample.ownBytes(0, body: body))
        let (first, last) = (points[4], points[8])
        func over(_ bytes: Int) -> Double { Double(bytes) / Double(last.entries - first.entries) - own }
        let whole = Double(last.resident - points[0].resident) / Double(entries) - own
        print(
            "\(policy.rawValue): own \(Int(own)), beyond them by RSS \(Int(over(last.resident - first.resident)))"
                + " (from nothing: \(Int(whole))), by the tier's count \(Int(over(last.counted - first.counted)))"
                + ", evicted \(tier.statistics().evictions)")
    }

    /// Fills to the budget, then replaces by sizes from 100 bytes to 100 KB, and compares RSS with the budget.
    static func churn(_ policy: PolicyName, budget: Int, replacements: Int) {
        let before = Process.residentBytes()
        let tier = MemoryTier(.init(capacity: budget, policy: policy, maxObject: 1 << 20))
        var number = 0
        while tier.statistics().evictions == 0 {
            for _ in 0..<1000 {
                store(number, 1024, in: tier)
                number += 1
            }
        }
        func tell(_ when: String, _ factor: Double, _ constant: Int) {
            let resident = Process.residentBytes()
            let limit = Int(factor * Double(budget)) + constant
            let ratio = Double(Int(1000 * Double(resident) / Double(budget))) / 1000
            print(
                "\(policy.rawValue): \(when): RSS \(resident >> 20) MB (\(before >> 20) before), \(ratio) of the budget of"
                    + " \(budget >> 20) MB, allowed \(limit >> 20) MB: \(resident <= limit ? "holds" : "BROKEN"),"
                    + " entries \(tier.statistics().entries ?? 0)")
        }
        tell("filled", 1.15, 50 << 20)
        var random = SplitMix(state: 7)
        for _ in 0..<replacements {
            // As many of each doubling of the size: 100 bytes to 100 KB.
            let size = Int(100 << (random.next() % 10)) + Int(random.next() % 64)
            store(Int(random.next() % 4_000_000), size, in: tier)
        }
        tell("\(replacements) replacements", 1.3, 0)
    }

    private static func store(_ number: Int, _ body: Int, in tier: MemoryTier) {
        let response = Sample.response(number, body: body, localNumber: UInt64(number))
        _ = tier.insert(response, hash: tier.hash(response.key))
    }

    private static func point(_ tier: MemoryTier, _ number: Int) -> (Int, Int, Int) {
        (number, Process.residentBytes(), Int(tier.statistics().bytes ?? 0))
    }
}

import TestSupport
import CacheModel
import Eviction
import MemoryTier
import Testing

@Suite struct BudgetTests {
    @Test("the budget holds after every call, whatever the sizes", arguments: PolicyName.allCases, [1, 4])
    func held(policy: PolicyName, shards: Int) {
        let tier = MemoryTier(.init(capacity: 4 << 20, policy: policy, maxObject: 300 << 10, shards: shards))
        var random = SplitMix(state: 42)
        for round in 0..<3000 {
            let size = [10, 1000, 20_000, 150_000, 300 << 10][Int(random.next() % 5)]
            let key = "key \(random.next() % 400)"
            switch random.next() % 8 {
            case 0: _ = tier.dropAll(key)
            case 1, 2: _ = tier.find(key)
            default: #expect(tier.store(response(key, selection: "\(random.next() % 3)", body: size)) == .stored)
            }
            #expect(tier.statistics().bytes ?? .max <= 4 << 20)
            if round % 100 == 0 { #expect(tier.checkInvariants() == []) }
        }
        #expect(tier.statistics().evictions > 100)
        #expect(tier.checkInvariants() == [])
    }

    @Test("the least recently used entry goes first")
    func lru() {
        let tier = MemoryTier(.init(capacity: 1 << 20, policy: .lru, maxObject: 200_000, shards: 1))
        for key in ["a", "b", "c", "d"] { tier.store(response(key, body: 200_000)) }
        #expect(tier.find("a") != nil)
        #expect(tier.find("b", counts: false) != nil)
        for key in ["e", "f"] { tier.store(response(key, body: 200_000)) }
        let present = ["a", "b", "c", "d", "e", "f"].filter { tier.find($0, counts: false) != nil }
        // Five fit. A look that does not count is no use.
        #expect(present == ["a", "c", "d", "e", "f"])
    }

    @Test("s3-fifo keeps what was used twice while a scan passes")
    func s3FIFO() {
        let tier = MemoryTier(.init(capacity: 1 << 20, policy: .s3FIFO, maxObject: 100_000, shards: 1))
        tier.store(response("used", body: 10_000))
        tier.store(response("unused", body: 10_000))
        _ = tier.find("used")
        _ = tier.find("used")
        for number in 0..<300 { tier.store(response("scan \(number)", body: 10_000)) }
        #expect(tier.find("used") != nil)
        #expect(tier.find("unused") == nil)
    }

    @Test("a use of a variant that was not the newest keeps it")
    func variantUse() throws {
        let tier = MemoryTier(.init(capacity: 1 << 20, policy: .lru, maxObject: 200_000, shards: 1))
        tier.store(response("a", selection: "1", body: 200_000, entryID: 1))
        tier.store(response("a", selection: "2", body: 200_000, entryID: 2))
        let older = try #require(tier.all("a").last)
        tier.recordUse(of: older, hash: tier.hash(of: "a"))
        // Five fit: one has to go.
        for number in 0..<4 { tier.store(response("\(number)", body: 200_000)) }
        #expect(tier.all("a").map(\.meta.entryID) == [1])
        // An entry that is gone is no harm.
        tier.recordUse(of: response("gone"), hash: tier.hash(of: "gone"))
        #expect(tier.checkInvariants() == [])
    }
}

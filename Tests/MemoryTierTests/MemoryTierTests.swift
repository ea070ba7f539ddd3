import CacheModel
import Eviction
import HTTPMessage
import MemoryTier
import Testing

@Suite struct MemoryTierTests {
    let tier = MemoryTier(.init(capacity: 4 << 20, policy: .s3FIFO, maxObject: 256 << 10, shards: 4))

    @Test("what was stored is found, and nothing else")
    func found() {
        #expect(tier.find("a") == nil)
        let a = response("a")
        #expect(tier.store(a) == .stored)
        #expect(tier.find("a") === a)
        #expect(tier.find("b") == nil)
        #expect(tier.find("") == nil)
        #expect(tier.checkInvariants() == [])
    }

    @Test("an empty key is a key")
    func emptyKey() {
        tier.store(response(""))
        #expect(tier.find("") != nil)
        #expect(tier.dropAll("") == 1)
    }

    @Test("hits, misses, writes, evictions, removals and entries are counted")
    func counted() {
        tier.store(response("a"))
        _ = tier.find("a")
        _ = tier.find("a", counts: false)
        _ = tier.find("b")
        _ = tier.find("b", counts: false)
        _ = tier.all("a")
        #expect(tier.drop("a", entryID: 1))
        let statistics = tier.statistics()
        #expect(statistics.hits == 1)
        #expect(statistics.misses == 1)
        #expect(statistics.writes == 1)
        #expect(statistics.removals == 1)
        #expect(statistics.evictions == 0)
        #expect(statistics.entries == 0)
        #expect(statistics.capacity == 4 << 20)
    }

    @Test("a response of the same key and selection replaces the one there")
    func replaced() {
        tier.store(response("a", body: 100, entryID: 1))
        let bytes = tier.statistics().bytes
        let second = response("a", body: 116, entryID: 2)
        #expect(tier.store(second) == .stored)
        #expect(tier.all("a").map(\.meta.entryID) == [2])
        #expect(tier.statistics().entries == 1)
        #expect(tier.statistics().bytes == bytes.map { $0 + 16 })
        #expect(tier.checkInvariants() == [])
    }

    @Test(
        "a write never replaces an entry of a higher position of its epoch (invalidation.md rule 7)",
        arguments: [
            (5, 7, 4, 7, .superseded), (5, 7, 5, 7, .stored), (5, 7, 6, 7, .stored), (5, 7, 4, 8, .stored),
            (5, 7, 6, 8, .stored), (.max, 7, 0, 7, .superseded), (0, 7, .max, 7, .stored),
        ] as [(UInt64, UInt64, UInt64, UInt64, MemoryTier.Insertion)])
    func superseded(n: UInt64, epoch: UInt64, newN: UInt64, newEpoch: UInt64, expected: MemoryTier.Insertion) {
        tier.store(response("a", entryID: 1, n: n, epoch: epoch))
        #expect(tier.store(response("a", entryID: 2, n: newN, epoch: newEpoch)) == expected)
        #expect(tier.find("a")?.meta.entryID == (expected == .stored ? 2 : 1))
        // Another selection is another entry.
        #expect(tier.store(response("a", selection: "s", entryID: 3, n: 0, epoch: epoch)) == .stored)
        #expect(tier.checkInvariants() == [])
    }

    @Test("variants stand beside each other and beside an entry without selection, the newest first")
    func variants() {
        tier.store(response("a", selection: "gzip", entryID: 1))
        tier.store(response("a", selection: "", entryID: 2))
        tier.store(response("a", selection: "br", entryID: 3))
        #expect(tier.all("a").map(\.meta.entryID) == [3, 2, 1])
        #expect(tier.find("a")?.meta.entryID == 3)
        // Replacing makes newest, from the end, the middle and the front.
        tier.store(response("a", selection: "gzip", entryID: 4))
        #expect(tier.all("a").map(\.meta.entryID) == [4, 3, 2])
        tier.store(response("a", selection: "br", entryID: 5))
        #expect(tier.all("a").map(\.meta.entryID) == [5, 4, 2])
        tier.store(response("a", selection: "br", entryID: 6))
        #expect(tier.all("a").map(\.meta.entryID) == [6, 4, 2])
        #expect(tier.checkInvariants() == [])
    }

    @Test("a key keeps 32 variants: the oldest is dropped and counted (attacks.md 19)")
    func manyVariants() {
        for number in 1...40 { tier.store(response("a", selection: "agent \(number)", entryID: UInt64(number))) }
        #expect(tier.all("a").map(\.meta.entryID) == (9...40).reversed().map { UInt64($0) })
        #expect(tier.droppedVariants == 8)
        #expect(tier.statistics().evictions == 8)
        #expect(tier.statistics().entries == 32)
        #expect(tier.checkInvariants() == [])
        #expect(tier.dropAll("a") == 32)
    }

    @Test(
        "an entry is removed by its id only; its neighbours stay (invalidation.md rule 7)", arguments: ["1", "2", "3"])
    func removed(selection: String) {
        for number in 1...3 { tier.store(response("a", selection: "\(number)", entryID: UInt64(number))) }
        let id = UInt64(selection)!
        #expect(!tier.drop("a", selection: selection, entryID: id + 1))
        #expect(!tier.drop("a", selection: "4", entryID: id))
        #expect(!tier.drop("b", selection: selection, entryID: id))
        #expect(tier.drop("a", selection: selection, entryID: id))
        #expect(!tier.drop("a", selection: selection, entryID: id))
        #expect(tier.all("a").map(\.meta.entryID) == [3, 2, 1].filter { $0 != id })
        #expect(tier.checkInvariants() == [])
    }

    @Test("every variant of a key, and then everything, is removed and counted")
    func removedAll() {
        for number in 0..<500 {
            tier.store(response("key \(number)", selection: "x"))
            tier.store(response("key \(number)", selection: "y"))
        }
        #expect(tier.dropAll("key 7") == 2)
        #expect(tier.dropAll("key 7") == 0)
        #expect(tier.removeAll() == 998)
        #expect(tier.removeAll() == 0)
        #expect(tier.statistics().entries == 0)
        #expect(tier.statistics().removals == 1000)
        #expect(tier.checkInvariants() == [])
        #expect(tier.store(response("key 7")) == .stored)
    }

    @Test("a response that left stays whole for whoever holds it, and is freed when nobody does")
    func lifetime() {
        weak var gone: ResponseBlock?
        do {
            let held = response("a")
            gone = held.block
            tier.store(held)
        }
        #expect(gone != nil)
        let found = tier.find("a")
        #expect(tier.dropAll("a") == 1)
        #expect(found?.keyText == "a")
        withExtendedLifetime(found) { #expect(gone != nil) }
    }

    @Test("nothing stays longer than max_ttl, however often it is used; what is stored again stays anew")
    func maxTTL() {
        let tier = MemoryTier(.init(capacity: 4 << 20, policy: .lru, maxObject: 1000, maxTTL: 10))
        func find(_ key: String, at second: Int64) -> Int {
            let hash = tier.hash(of: key)
            let now = Timestamp(seconds: second)
            return Array(key.utf8).withUnsafeBytes {
                _ = tier.lookup(hash: hash, key: $0, now: now)
                return tier.variants(hash: hash, key: $0, now: now).count
            }
        }
        func store(_ key: String, _ selection: String = "", at second: Int64) {
            let entry = response(key, selection: selection)
            _ = tier.insert(entry, hash: tier.hash(of: key), now: Timestamp(seconds: second))
        }
        store("a", at: 100)
        store("b", "1", at: 100)
        store("b", "2", at: 105)
        #expect(find("a", at: 109) == 1)
        #expect(find("b", at: 109) == 2)
        store("a", at: 109)
        #expect(find("b", at: 110) == 1)
        #expect(find("a", at: 118) == 1)
        #expect(find("a", at: 119) == 0)
        #expect(find("b", at: 115) == 0)
        #expect(tier.statistics().details["expired"] == 3)
        #expect(tier.statistics().entries == 0)
        #expect(tier.checkInvariants() == [])
    }

    @Test("replaced, evicted, removed and remaining responses are all freed", arguments: PolicyName.allCases)
    func freed(policy: PolicyName) {
        weak var replaced: ResponseBlock?
        weak var removed: ResponseBlock?
        weak var evicted: ResponseBlock?
        weak var remaining: ResponseBlock?
        do {
            let tier = MemoryTier(.init(capacity: 1 << 20, policy: policy, maxObject: 400 << 10))
            func store(_ key: String, body: Int = 10) -> ResponseBlock {
                let entry = response(key, body: body)
                tier.store(entry)
                return entry.block
            }
            replaced = store("a")
            _ = store("a")
            #expect(replaced == nil)
            removed = store("b")
            #expect(removed != nil)
            #expect(tier.dropAll("b") == 1)
            #expect(removed == nil)
            evicted = store("c", body: 390 << 10)
            for number in 0..<4 { _ = store("large \(number)", body: 390 << 10) }
            #expect(evicted == nil)
            remaining = store("d")
            #expect(remaining != nil)
        }
        #expect(remaining == nil)
    }
}

import CacheModel
import Eviction
import MemoryTier
import Testing

/// attacks.md 25: a hash only finds; the full key decides.
@Suite struct CollisionTests {
    @Test(
        "keys whose hashes are equal, or equal in the half that the index keeps, stay apart",
        arguments: [[0x1234_5678_9abc_def0], [0xdef0, 0x1_0000_def0, 0xff_0000_def0]] as [[UInt64]],
        PolicyName.allCases)
    func collide(hashes: [UInt64], policy: PolicyName) {
        let tier = MemoryTier(.init(capacity: 4 << 20, policy: policy, maxObject: 1000, shards: 2))
        func hash(_ number: Int) -> UInt64 { hashes[number % hashes.count] }
        for number in 0..<100 {
            #expect(tier.store(response("key \(number)", entryID: UInt64(number)), hash: hash(number)) == .stored)
        }
        #expect(tier.checkInvariants() == [])
        for number in 0..<100 {
            let found = tier.find("key \(number)", hash: hash(number))
            #expect(found?.keyText == "key \(number)")
            #expect(tier.all("key \(number)", hash: hash(number)).count == 1)
        }
        #expect(tier.find("key 100", hash: hash(0)) == nil)
        // Take out every third and look again: shifting back must lose and mix up nothing.
        for number in stride(from: 0, to: 100, by: 3) {
            let key = Array("key \(number)".utf8)
            #expect(key.withUnsafeBytes { tier.removeAll(hash: hash(number), key: $0) } == 1)
        }
        #expect(tier.checkInvariants() == [])
        for number in 0..<100 {
            #expect((tier.find("key \(number)", hash: hash(number)) == nil) == (number % 3 == 0))
        }
    }

    @Test("victims are taken out of the right chain when hashes are equal", arguments: PolicyName.allCases)
    func evicted(policy: PolicyName) {
        let tier = MemoryTier(.init(capacity: 1 << 20, policy: policy, maxObject: 100_000, shards: 1))
        for number in 0..<200 {
            tier.store(response("key \(number % 30)", selection: "\(number % 7)", body: 20_000), hash: 42)
            #expect(tier.checkInvariants() == [])
        }
        #expect(tier.statistics().evictions > 50)
        for number in 0..<30 {
            #expect(tier.all("key \(number)", hash: 42).allSatisfy { $0.keyText == "key \(number)" })
        }
    }

    @Test("hashes at the ends of their range find their shard", arguments: [1, 2, 64, 256])
    func ends(shards: Int) {
        let tier = MemoryTier(.init(capacity: 64 << 20, policy: .lru, maxObject: 1000, shards: shards))
        for hash: UInt64 in [0, 1, .max, .max - 1, 1 << 63, 1 << 32, 0xffff_ffff] {
            #expect(tier.store(response("\(hash)"), hash: hash) == .stored)
            #expect(tier.find("\(hash)", hash: hash)?.keyText == "\(hash)")
        }
        #expect(tier.checkInvariants() == [])
    }
}

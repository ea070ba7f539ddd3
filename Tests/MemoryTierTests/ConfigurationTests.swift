import CacheModel
import Eviction
import MemoryTier
import Testing

@Suite struct ConfigurationTests {
    static let megabyte = 1 << 20

    @Test(
        "shards leave room for four of the largest objects and 1 MB each",
        arguments: [
            (256 * megabyte, 8 * megabyte, 8), (16 * megabyte, 8 * megabyte, 1), (megabyte, 1000, 1),
            (64 * megabyte, 1000, 64), (1024 * megabyte, megabyte, 64), (63 * megabyte, 1000, 32),
        ])
    func defaultShards(capacity: Int, maxObject: Int, expected: Int) throws {
        let configuration = MemoryTier.Configuration(capacity: capacity, maxObject: maxObject)
        #expect(configuration.defaultShards == expected)
        try configuration.validate()
    }

    @Test(
        "what can't work is refused",
        arguments: [
            (megabyte - 1, 1000, nil, .capacityTooSmall), (megabyte, 0, nil, .maxObjectOutOfRange),
            (megabyte, -1, nil, .maxObjectOutOfRange), (16 << 30, 2 << 30 + 1, nil, .maxObjectOutOfRange),
            (8 * megabyte, 8 * megabyte, nil, .maxObjectTooLargeForShare),
            (64 * megabyte, 8 * megabyte, 8, .maxObjectTooLargeForShare), (megabyte, 100, 3, .shardsOutOfRange),
            (megabyte, 100, 0, .shardsOutOfRange), (megabyte, 100, -4, .shardsOutOfRange),
            (megabyte, 100, 512, .shardsOutOfRange), (.min, 100, nil, .capacityTooSmall),
            (megabyte, .max, nil, .maxObjectOutOfRange),
        ] as [(Int, Int, Int?, MemoryTier.Configuration.Fault)])
    func refused(capacity: Int, maxObject: Int, shards: Int?, fault: MemoryTier.Configuration.Fault) {
        let configuration = MemoryTier.Configuration(capacity: capacity, maxObject: maxObject, shards: shards)
        #expect(throws: fault) { try configuration.validate() }
    }

    @Test("an object of the largest size is stored, in a full tier too", arguments: PolicyName.allCases)
    func largest(policy: PolicyName) throws {
        let configuration = MemoryTier.Configuration(
            capacity: 16 * Self.megabyte, policy: policy, maxObject: 2 * Self.megabyte)
        let tier = MemoryTier(configuration)
        for number in 0..<40_000 { tier.store(response("small \(number)")) }
        #expect(tier.store(response("large", body: 2 * Self.megabyte)) == .stored)
        #expect(tier.find("large") != nil)
        #expect(tier.store(response("larger", body: 2 * Self.megabyte + 1)) == .tooLarge)
        #expect(tier.find("larger") == nil)
        #expect(tier.statistics().failures[.tooLarge] == 1)
        #expect(tier.checkInvariants() == [])
    }
}

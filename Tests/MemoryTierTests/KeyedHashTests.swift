import Eviction
import MemoryTier
import Testing

@testable import struct MemoryTier.KeyedHash

@Suite struct KeyedHashTests {
    /// From CPython 3.11, whose `hash(bytes)` is SipHash-1-3 under a zero key with `PYTHONHASHSEED=0`; the input of
    /// length n is the bytes 0, 1, … n-1.
    @Test(
        "it is SipHash-1-3",
        arguments: [
            (1, 0x68a9_1412_8e01_e473), (7, 0x2f09_8ab0_c751_325a), (8, 0xead4_11e6_7ebe_2eea),
            (9, 0x7592_7f9d_9512_4362), (15, 0xf30e_b725_bb91_c9ea), (16, 0x8972_1884_33a5_c5b7),
            (60, 0xd95a_7135_68da_ebf1), (63, 0x385d_3e39_e5f3_7359), (64, 0x75e0_5fd5_bbc8_70c6),
        ] as [(Int, UInt64)])
    func vectors(length: Int, expected: UInt64) {
        let input = (0..<length).map { UInt8($0) }
        #expect(input.withUnsafeBytes { KeyedHash(k0: 0, k1: 0).hash($0) } == expected)
        // At an odd address too.
        let shifted = [0xff] + input
        #expect(shifted.withUnsafeBytes { KeyedHash(k0: 0, k1: 0).hash(.init(rebasing: $0[1...])) } == expected)
    }

    @Test("the key of the hash matters and is drawn for each tier")
    func keyed() {
        let input = Array("GET https example.com /".utf8)
        let hashes = input.withUnsafeBytes { input in
            [(0, 0), (1, 0), (0, 1)].map { KeyedHash(k0: $0.0, k1: $0.1).hash(input) }
        }
        #expect(Set(hashes).count == 3)
        let tiers = (0..<3).map { _ in MemoryTier(.init(capacity: 1 << 20, policy: .lru, maxObject: 1000)) }
        #expect(Set(tiers.map { $0.hash(of: "GET / HTTP") }).count == 3)
    }

    @Test("an empty key has a hash")
    func empty() {
        let tier = MemoryTier(.init(capacity: 1 << 20, policy: .lru, maxObject: 1000))
        #expect(tier.hash(.init(start: nil, count: 0)) == tier.hash(of: ""))
    }
}

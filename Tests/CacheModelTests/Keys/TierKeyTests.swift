import TestSupport
import Testing

@testable import CacheModel

/// SipHash-2-4 with 128 bits of output. The expected words were computed from the algorithm of the paper (Aumasson &
/// Bernstein, INDOCRYPT 2012) by another program; rows 0 and 1 are also the first of the authors' `vectors_sip128`.
@Suite("Digests of tier keys")
struct TierKeyTests {
    @Test(
        "SipHash-2-4-128 under key 00…0f of 00, 01, 02, …",
        arguments: [
            (0, 0xe6a8_25ba_047f_81a3, 0x9302_55c7_1472_f66d),
            (1, 0x44af_996b_d8c1_87da, 0x45fc_229b_1159_7634),
            (2, 0xc75d_a4a4_8d22_7781, 0xe4ff_0af6_de8b_a3fc),
            (3, 0x4ea9_6752_0cb6_709c, 0x51ed_8529_b0b6_335f),
            (7, 0x53c1_dbd8_beeb_f1a1, 0x3982_f01f_a64a_b8c0),
            (8, 0x61f5_5862_baa9_623b, 0xb497_14f3_64e2_830f),
            (9, 0xabba_d90a_0699_4426, 0xed71_6dbb_028b_7fc4),
            (15, 0x11a8_b033_99e9_9354, 0xd9c3_cf97_0fec_087e),
            (16, 0xbb54_b067_caa4_e26e, 0x7705_2385_bf15_33fd),
            (63, 0x4a83_502f_77d1_5051, 0x7cbd_3f97_9a06_3e50),
        ] as [(Int, UInt64, UInt64)])
    func vectors(length: Int, first: UInt64, second: UInt64) {
        let input = (0..<length).map { UInt8($0) }
        for cut in [0, length / 3, length] {
            var hash = SipHash128(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
            input[..<cut].withUnsafeBytes { hash.update($0) }
            input[cut...].withUnsafeBytes { hash.update($0) }
            let words = hash.finish()
            #expect(words.0 == first && words.1 == second, "cut at \(cut)")
        }
    }

    @Test("digests stay what they are: records in Redis and on disk are found by them")
    func fixed() {
        let key = CacheKey(scheme: "https".utf8, host: "example.com".utf8, path: "/a".utf8, query: "b=1".utf8)
        #expect(TierKey.Digest([], []).hex == "5d5ecb7cf61b996e6ecdc0a5cd8ad9bf")
        #expect(TierKey(primary: key).digest.hex == "ccfef0b9c2db6c74bba00c76f2cd7b4d")
        #expect(
            TierKey(primary: key, selection: bytes("\u{6}accept\u{1}\u{1}x")).digest.hex
                == "6d7880c7a4c22f5d3e6ea2cbe8ecf201")
    }

    @Test("a byte that moves from the key to the selection changes the digest")
    func boundary() {
        #expect(TierKey.Digest(bytes("a"), []) != TierKey.Digest([], bytes("a")))
        var random = SplitMix(state: 3)
        for _ in 0..<500 {
            let whole = random.bytes(1...40)
            let digests = (0...whole.count).map { TierKey.Digest(Array(whole[..<$0]), Array(whole[$0...])) }
            #expect(Set(digests).count == digests.count)
        }
    }

    @Test("hex has 32 digits whatever the leading zeroes")
    func hex() {
        #expect(TierKey.Digest(high: 0, low: 1).hex == "00000000000000000000000000000001")
        #expect(TierKey.Digest(high: .max, low: 0xab).hex == "ffffffffffffffff00000000000000ab")
    }
}

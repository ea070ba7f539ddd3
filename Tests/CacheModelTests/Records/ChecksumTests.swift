import TestSupport
import CacheModel
import Testing

@Suite("CRC32C")
struct ChecksumTests {
    @Test(
        "the examples of RFC 3720 B.4, and the check value of its generator",
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0...31), 0x46dd_794e),
            (Array((0...31).reversed()), 0x113f_db5c),
            (Array("123456789".utf8), 0xe306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func published(input: [UInt8], expected: UInt32) {
        #expect(input.withUnsafeBytes { RecordCodec.checksum(0, $0) } == expected)
    }

    @Test("in pieces it is the same, at every alignment and cut")
    func pieces() {
        var random = SplitMix(state: 32)
        let input = random.bytes(200...200)
        for start in 0..<16 {
            let whole = input[start...].withUnsafeBytes { RecordCodec.checksum(0, $0) }
            #expect(whole == bitwise(input[start...]))
            for cut in stride(from: start, through: input.count, by: 7) {
                let first = input[start..<cut].withUnsafeBytes { RecordCodec.checksum(0, $0) }
                #expect(input[cut...].withUnsafeBytes { RecordCodec.checksum(first, $0) } == whole)
            }
        }
    }

    /// The polynomial division, a bit at a time.
    private func bitwise(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
        }
        return ~crc
    }
}

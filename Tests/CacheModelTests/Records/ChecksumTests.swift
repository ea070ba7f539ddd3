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

    @Test("of every length, from every place in a word, it is what a byte at a time gives", arguments: 0..<8)
    func lengths(start: Int) {
        var random = SplitMix(state: 33)
        let input = random.bytes(16_000...16_000)
        let table = (0..<256).map { (byte: UInt32) in
            (0..<8).reduce(byte) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0x82f6_3b78 : rest >> 1 }
        }
        var register = UInt32.max
        input.withUnsafeBytes { raw in
            for end in start..<raw.count {
                let count = end - start
                // All short ones, those about the bounds of what is summed at once, and some of the others.
                if count < 300 || (count + 9) % 1024 < 19 || count % 61 == 0 {
                    let part = UnsafeRawBufferPointer(rebasing: raw[start..<end])
                    guard RecordCodec.checksum(0, part) == ~register else {
                        Issue.record("\(count) bytes from \(start)")
                        return
                    }
                }
                register = table[Int(UInt8(truncatingIfNeeded: register) ^ raw[end])] ^ register >> 8
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

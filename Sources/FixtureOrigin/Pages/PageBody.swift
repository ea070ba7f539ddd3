import NIOCore

/// A body: literal bytes first, then pseudo-random ones up to the size, which follow from the seed alone, so that a
/// test knows every byte of every page without fetching it.
package struct PageBody: Sendable {
    package var prefix: [UInt8]
    package var seed: UInt64
    package var size: Int64

    package init(prefix: [UInt8] = [], seed: UInt64 = 0, size: Int64) {
        self.prefix = prefix
        self.seed = seed
        self.size = size
    }

    package init(literal: [UInt8]) { self.init(prefix: literal, size: Int64(literal.count)) }

    /// The bytes of `/page…?size=…`: the seed is the path's (without query).
    package static func bytes(ofPath path: String, size: Int) -> [UInt8] {
        PageBody(seed: seed(of: path), size: Int64(size)).bytes
    }

    package var bytes: [UInt8] {
        var buffer = ByteBuffer()
        write(0..<size, to: &buffer)
        return Array(buffer.readableBytesView)
    }

    /// FNV-1a, 64 bits.
    package static func seed(of text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Appends the bytes of that part.
    func write(_ range: Range<Int64>, to buffer: inout ByteBuffer) {
        var offset = range.lowerBound
        if offset < Int64(prefix.count) {
            let end = min(range.upperBound, Int64(prefix.count))
            buffer.writeBytes(prefix[Int(offset)..<Int(end)])
            offset = end
        }
        while offset < range.upperBound {
            let word = Self.word(seed, UInt64(offset) / 8)
            if offset % 8 == 0, range.upperBound - offset >= 8 {
                // All whole words in one call: a loop that makes megabytes keeps its other connections waiting.
                let first = UInt64(offset) / 8
                let count = Int((range.upperBound - offset) / 8)
                buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count * 8) { memory in
                    var index = 0
                    while index < count {
                        let word = Self.word(seed, first &+ UInt64(truncatingIfNeeded: index)).littleEndian
                        memory.storeBytes(of: word, toByteOffset: index &* 8, as: UInt64.self)
                        index &+= 1
                    }
                    return count * 8
                }
                offset += Int64(count) * 8
            } else {
                buffer.writeInteger(UInt8(truncatingIfNeeded: word >> (UInt64(offset % 8) * 8)))
                offset += 1
            }
        }
    }

    /// The index-th output of splitmix64.
    private static func word(_ seed: UInt64, _ index: UInt64) -> UInt64 {
        var z = seed &+ (index &+ 1) &* 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

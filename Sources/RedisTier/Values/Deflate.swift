internal import CZlib
internal import CacheModel
internal import NIOCore

/// zlib streams (RFC 1950) in one piece.
enum Deflate {
    /// Nil when zlib has no memory.
    static func compress(_ bytes: UnsafeRawBufferPointer, level: Int) -> [UInt8]? {
        let bound = Int(compressBound(uLong(bytes.count)))
        let compressed = [UInt8](unsafeUninitializedCapacity: bound) { memory, count in
            var length = uLongf(bound)
            let code = compress2(
                memory.baseAddress, &length, bytes.bindMemory(to: UInt8.self).baseAddress, uLong(bytes.count),
                Int32(level))
            count = code == Z_OK ? Int(length) : 0
        }
        return compressed.isEmpty ? nil : compressed
    }

    /// The stream's content if it has exactly that many bytes and nothing is behind it. Never writes more than `count`
    /// bytes, and takes no memory for what the stream can't hold: deflate makes at most 1032 bytes of one.
    static func decompress(_ bytes: UnsafeRawBufferPointer, count: Int) -> ByteBuffer? {
        guard count >= 0, bytes.count > 0, count / 1032 <= bytes.count else { return nil }
        var isWhole = false
        let whole = ByteBuffer.exact(count: count) { memory in
            var length = uLongf(count)
            var taken = uLong(bytes.count)
            let code = uncompress2(
                memory.bindMemory(to: UInt8.self).baseAddress, &length, bytes.bindMemory(to: UInt8.self).baseAddress,
                &taken)
            isWhole = code == Z_OK && Int(length) == count && Int(taken) == bytes.count
        }
        return isWhole ? whole : nil
    }
}

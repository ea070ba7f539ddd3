package import CacheModel
package import NIOCore

/// Records as values in Redis: `RecordCodec`'s bytes, where the body may be a zlib stream (`RecordHead.Flags`). Pure;
/// any thread. What comes back is untrusted.
package struct ValueCodec: Sendable {
    private let maxObject: Int
    private let compression: RecordCompression?

    package init(maxObject: Int, compression: RecordCompression? = nil) {
        self.maxObject = maxObject
        self.compression = compression
    }

    /// A record is its body and a head; a head above this is not written, and no larger value is taken in.
    package static let headAllowance = 256 << 10

    /// Making or reading larger ones is no work for an event loop; bytes of the body.
    package static let loopLimit = 256 << 10

    /// From here on a value's checksum is taken as it comes; bytes.
    static let minLarge = 64 << 10
    private static let compressingLoopLimit = 16 << 10

    /// Nil when the record is too large for the tier, or its body is in a file and so not at hand.
    package func encode(_ record: Record, key: TierKey) -> ByteBuffer? {
        guard case .response(let response) = record else {
            return bounded(RecordCodec.encode(record, key: key))
        }
        if case .external = response.body { return nil }
        guard response.bodyLength <= maxObject else { return nil }
        return bounded(compressed(response) ?? RecordCodec.encode(record, key: key))
    }

    private func bounded(_ value: ByteBuffer) -> ByteBuffer? {
        value.readableBytes <= maxObject + Self.headAllowance ? value : nil
    }

    /// Nil where it does not pay: a small body, one that is compressed already, or one that stays nearly as large.
    private func compressed(_ response: StoredResponse) -> ByteBuffer? {
        guard wantsCompression(response) else { return nil }
        return response.withBody { body in
            guard let stream = Deflate.compress(body, level: compression?.level ?? 1),
                stream.count <= body.count - body.count / 8
            else { return nil }
            let head = RecordCodec.encodeHead(
                response, bodyLength: body.count, bodyChecksum: RecordCodec.checksum(0, body), flags: .deflated)
            return ByteBuffer.exact(count: head.count + stream.count) { memory in
                head.withUnsafeBytes { memory.copyMemory(from: $0) }
                stream.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: memory[head.count...]).copyMemory(from: $0)
                }
            }
        }
    }

    private func wantsCompression(_ response: StoredResponse) -> Bool {
        guard let compression else { return false }
        return response.bodyLength >= max(compression.minSize, 1)
            && !CompressedBody.isLikely(lines: response.fields)
    }

    /// Whether `encode` takes longer than a loop may stand still.
    package func isWorkForThread(_ record: Record) -> Bool {
        guard case .response(let response) = record else { return false }
        if response.bodyLength > Self.loopLimit { return true }
        return response.bodyLength > Self.compressingLoopLimit && wantsCompression(response)
    }

    /// Whether `decode` takes longer than a loop may stand still. Looks at bytes that nothing has checked.
    /// - Parameter hasChecksum: the body's was taken while it came.
    package func isWorkForThread(_ value: ByteBuffer, hasChecksum: Bool = false) -> Bool {
        if value.readableBytes > Self.loopLimit {
            // A head takes time of its own, and where it is large the body is copied away from it.
            let head = value.getInteger(at: value.readerIndex + 8, as: UInt32.self) ?? 0
            if !hasChecksum || head > Self.minLarge { return true }
        }
        let flags = value.getInteger(at: value.readerIndex + 6, as: UInt16.self) ?? 0
        return flags & RecordHead.Flags.deflated.rawValue != 0 && value.readableBytes > Self.compressingLoopLimit / 4
    }

    /// The record in `value`, which is exactly one, if it is the key's.
    /// - Parameter checksum: the body's, if it was taken while it came.
    package func decode(
        _ value: ByteBuffer, key: TierKey, checksum: BodyChecksum? = nil
    ) throws(RecordError) -> Record {
        // Nearly all have none, and a wrong bit here is found out either way.
        if value.getInteger(at: value.readerIndex + 6, as: UInt16.self) ?? 0 == 0 {
            return try RecordCodec.decode(value, key: key, taken: checksum)
        }
        let head: RecordHead = try value.withUnsafeReadableBytes { (raw) throws(RecordError) in
            try RecordCodec.head(raw, knowing: .deflated)
        }
        guard head.kind == .response, head.bodyLength <= maxObject else { throw .badLengths }
        return try value.withUnsafeReadableBytes { (raw) throws(RecordError) in
            let stream = UnsafeRawBufferPointer(rebasing: raw[head.length...])
            guard let body = Deflate.decompress(stream, count: head.bodyLength) else { throw .badStream }
            let checksum = body.withUnsafeReadableBytes { RecordCodec.checksum(0, $0) }
            guard checksum == head.bodyChecksum else { throw .badChecksum }
            return try RecordCodec.decode(raw, head: head, key: key, body: .chunk(body))
        }
    }
}

extension StoredResponse {
    /// The bytes of a body that is in memory; nil for one in a file.
    fileprivate func withBody<Value>(_ work: (UnsafeRawBufferPointer) -> Value?) -> Value? {
        switch body {
        case .inline: work(inlineBody)
        case .chunk(let bytes): bytes.withUnsafeReadableBytes(work)
        case .external: nil
        }
    }
}

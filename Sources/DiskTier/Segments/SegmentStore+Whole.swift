internal import CacheModel
internal import NIOCore

/// Reading a record that is one frame.
extension SegmentStore {
    /// What is found without waiting for the device.
    enum Cached {
        case record(Record)
        /// It is another key's, expired, or gone.
        case none
        /// Some of it is not in memory, or it is not what was written: read it as any other.
        case unknown
    }

    /// The record if all of it is in the page cache and small enough to be copied and verified on an event loop. Never
    /// blocks.
    func readCached(_ key: TierKey, _ slot: IndexSlot) -> Cached {
        guard !slot.isExternal, slot.length <= Self.cachedLimit, let segment = table[slot.segment] else {
            return .unknown
        }
        do throws(FileFailure) {
            let record = try readWhole(key, slot, segment) { (memory, offset) throws(FileFailure) in
                guard segment.file.readCached(into: memory, at: offset) else { throw .truncated }
            }
            return record.map { .record($0) } ?? .none
        } catch {
            return .unknown
        }
    }

    /// - Parameter read: fills the memory from the offset of the segment's file.
    func readWhole(
        _ key: TierKey, _ slot: IndexSlot, _ segment: Segment,
        _ read: (UnsafeMutableRawBufferPointer, Int) throws(FileFailure) -> Void
    ) throws(FileFailure) -> Record? {
        // Of a larger one the beginning first: where its body begins stands there, and the body is read into the
        // memory that it is kept in.
        let beginning = try Self.bytes(min(slot.length, Self.beginning), at: Int(slot.offset), read)
        let header = beginning.withUnsafeBytes { FrameHeader($0, salt: segment.salt) }
        guard let header, header.kind == .whole, header.offset == slot.offset, header.frameLength == slot.length else {
            throw .corrupt
        }
        guard header.digest == key.digest, header.expiry > now() else { return nil }
        let payload = beginning[FrameHeader.length...]
        let head = payload.withUnsafeBytes { try? RecordCodec.head($0) }
        guard slot.length > Self.beginning, let head else {
            // All of it is here, or a head that is longer than that.
            let all = slot.length > Self.beginning ? try Self.bytes(slot.length, at: Int(slot.offset), read) : beginning
            return try decoded { () throws(RecordError) in
                try RecordCodec.decode(ByteBuffer(bytes: all[FrameHeader.length...]), key: key)
            }
        }
        guard head.length + head.bodyLength == header.payloadLength else { throw .corrupt }
        let body = try Self.body(of: head, after: payload, at: Int(slot.offset) + beginning.count, read)
        return try decoded { () throws(RecordError) in
            try payload.span.bytes.withUnsafeBytes { (raw) throws(RecordError) in
                try RecordCodec.decode(raw, head: head, key: key, body: .chunk(body))
            }
        }
    }

    /// The body whose first bytes are in `payload`, and whose others begin at `offset`.
    private static func body(
        of head: RecordHead, after payload: ArraySlice<UInt8>, at offset: Int,
        _ read: (UnsafeMutableRawBufferPointer, Int) throws(FileFailure) -> Void
    ) throws(FileFailure) -> ByteBuffer {
        var failure: FileFailure?
        let body = ByteBuffer.exact(count: head.bodyLength) { memory in
            do throws(FileFailure) {
                let known = min(payload.count - head.length, memory.count)
                payload.withUnsafeBytes { raw in
                    memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[head.length..<head.length + known]))
                }
                try read(UnsafeMutableRawBufferPointer(rebasing: memory[known...]), offset)
                if RecordCodec.checksum(0, UnsafeRawBufferPointer(memory)) != head.bodyChecksum { failure = .corrupt }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return body
    }

    private static func bytes(
        _ count: Int, at offset: Int, _ read: (UnsafeMutableRawBufferPointer, Int) throws(FileFailure) -> Void
    ) throws(FileFailure) -> [UInt8] {
        var failure: FileFailure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { memory, filled in
            do throws(FileFailure) {
                try read(UnsafeMutableRawBufferPointer(memory), offset)
                filled = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    private static let beginning = 16 << 10
    /// Copying and summing up take less than 20 microseconds.
    private static let cachedLimit = 256 << 10
}

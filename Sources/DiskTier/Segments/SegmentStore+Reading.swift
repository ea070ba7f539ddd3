internal import CacheModel
internal import NIOCore

/// Looking up. Bytes from the files are untrusted: the frame's header must be the one of this segment and place, the
/// record's head must have its checksum and the key, and every body byte is verified before it is handed out.
extension SegmentStore {
    /// The record in the slot; nil when it is another key's, expired, or was dropped meanwhile.
    /// - Parameter body: makes the body of a record that is read in pieces.
    func read(
        _ key: TierKey, _ slot: IndexSlot, body: (PieceReader, Int, [UInt32]) -> any BodySource
    ) throws(FileFailure) -> Record? {
        guard let segment = table[slot.segment] else {
            index.remove(slot.digest, at: slot.place)
            return nil
        }
        guard slot.isExternal else {
            return try readWhole(key, slot, segment) { (memory, offset) throws(FileFailure) in
                try segment.file.read(into: memory, at: offset)
            }
        }
        let header = try segment.header(at: slot.offset)
        guard header.digest == key.digest, header.expiry > now() else { return nil }
        let start = Int(slot.offset) + FrameHeader.length
        guard header.frameLength == slot.length else { throw .corrupt }
        let bytes = try segment.file.read(count: header.headLength, at: start)
        guard let (head, checksums) = Self.pieced(bytes, header) else { throw .corrupt }
        let reader: PieceReader
        if header.kind == .filed {
            guard let file = try openBody(header) else { return nil }
            reader = PieceReader(file: file, base: 0)
        } else {
            reader = PieceReader(file: segment.file, base: start + header.headLength)
        }
        let source = body(reader, header.bodyLength, checksums)
        return try decoded {
            () throws(RecordError) in
            try bytes.span.bytes.withUnsafeBytes { (raw) throws(RecordError) in
                try RecordCodec.decode(raw, head: head, key: key, body: .external(source))
            }
        }
    }

    /// What the record in the slot is, without its body; nil when it is a list of variants, expired, or was dropped.
    func entry(_ slot: IndexSlot) throws(FileFailure) -> TierEntry? {
        guard let segment = table[slot.segment] else { return nil }
        let header = try segment.header(at: slot.offset)
        guard header.digest.low == slot.digest, header.expiry > now(), header.kind != .tombstone else { return nil }
        let start = Int(slot.offset) + FrameHeader.length
        let fixed = try segment.file.read(count: min(header.payloadLength, RecordHead.fixedLength), at: start)
        guard fixed.count == RecordHead.fixedLength else { throw .corrupt }
        let length = fixed.withUnsafeBytes { Int(BigEndian.word32($0, 8)) }
        guard length >= RecordHead.fixedLength, length <= min(RecordHead.maxLength, header.payloadLength) else {
            throw .corrupt
        }
        let bytes = try segment.file.read(count: length, at: start)
        let entry: Result<TierEntry?, RecordError> = bytes.withUnsafeBytes { raw in
            do throws(RecordError) { return .success(try RecordCodec.entry(raw)) } catch { return .failure(error) }
        }
        guard case .success(let found) = entry else { throw .corrupt }
        return found
    }

    /// The parts of what stands before a body that is read in pieces.
    static func pieced(_ bytes: [UInt8], _ header: FrameHeader) -> (RecordHead, [UInt32])? {
        bytes.withUnsafeBytes { raw in
            guard let head = try? RecordCodec.head(raw), head.kind == .response, head.bodyLength == header.bodyLength,
                let checksums = PieceTable.decode(
                    UnsafeRawBufferPointer(rebasing: raw[head.length...]), bodyLength: head.bodyLength)
            else { return nil }
            return (head, checksums)
        }
    }

    /// Nil when the file was dropped since the look at the index.
    private func openBody(_ header: FrameHeader) throws(FileFailure) -> OpenFile? {
        let file: OpenFile
        do throws(FileFailure) {
            file = try OpenFile(folder.body(header.bodyNumber), .read, on: device)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
        guard try file.size() == header.bodyLength else { throw .corrupt }
        return file
    }

    func decoded(_ decode: () throws(RecordError) -> Record) throws(FileFailure) -> Record? {
        do throws(RecordError) {
            return try decode()
        } catch .otherKey {
            return nil
        } catch {
            throw .corrupt
        }
    }
}

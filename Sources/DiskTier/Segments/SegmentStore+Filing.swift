internal import CacheModel
internal import NIOCore
internal import Synchronization

/// Filing and removing. Outcomes that are the device's fault are thrown.
extension SegmentStore {
    /// Records with larger bodies are read in pieces.
    static let wholeLimit = 1 << 20

    /// Larger ones get a file of their own.
    private var bodyLimit: Int { segmentSize / 4 }

    /// What a frame is made of, apart from its header's lengths.
    private struct Parts {
        var kind: FrameHeader.Kind
        /// The record's head, and the piece table where there is one.
        var head: [UInt8]
        var bodyLength = 0
        var bodyNumber: UInt64 = 0
    }

    /// The record as a frame of its own bytes; nil when its body is read in pieces: then `file` it.
    func prepare(_ record: Record, key: TierKey, expiry: Int64) -> PreparedFrame? {
        guard record.bodyLength <= min(Self.wholeLimit, bodyLimit) else { return nil }
        return PreparedFrame(record, key: key, expiry: expiry)
    }

    /// Files the frames in their order, and gives what came of each.
    func file(_ batch: [PreparedFrame]) -> [Result<TierWrite, FileFailure>] {
        guard !batch.isEmpty else { return [] }
        return log.withLock { $0.append(batch, now: now()) }
    }

    /// Files a record that `prepare` left.
    func file(_ record: Record, key: TierKey, expiry: Int64) throws(FileFailure) -> TierWrite {
        guard case .response(let response) = record, response.bodyLength > min(Self.wholeLimit, bodyLimit) else {
            let outcome = file([PreparedFrame(record, key: key, expiry: expiry)])[0]
            return try outcome.get()
        }
        let body: ByteBuffer
        switch response.body {
        case .inline: body = ByteBuffer(bytes: response.inlineBody)
        case .chunk(let bytes): body = bytes
        case .external: preconditionFailure("the tier refuses external bodies")
        }
        guard body.readableBytes <= bodyLimit else {
            return try fileApart(body, response, key, expiry)
        }
        var pieces = PieceTable()
        body.withUnsafeReadableBytes { pieces.update($0) }
        pieces.finish()
        let parts = Parts(kind: .pieced, head: Self.head(response, pieces), bodyLength: pieces.length)
        return try append(parts, record, key, expiry, payload: parts.head.count + parts.bodyLength) {
            (file, offset) throws(FileFailure) in
            try file.write(parts.head, at: offset)
            try Self.write(body, to: file, at: offset + parts.head.count)
        }
    }

    /// Files what was spooled as the body of `response`: a small one is copied into a segment, a large one keeps its
    /// file. Consumes the file in every outcome.
    func file(
        _ spooled: WrittenBody, as response: StoredResponse, key: TierKey, expiry: Int64
    ) throws(FileFailure) -> TierWrite {
        let pieces = spooled.pieces
        guard pieces.length <= bodyLimit else { return try keep(spooled, response, key, expiry) }
        defer {
            spooled.place.unlink()
            release(pieces.length)
        }
        let isWhole = pieces.length <= Self.wholeLimit
        let head =
            isWhole
            ? RecordCodec.encodeHead(response, bodyLength: pieces.length, bodyChecksum: pieces.whole)
            : Self.head(response, pieces)
        let parts = Parts(kind: isWhole ? .whole : .pieced, head: head, bodyLength: isWhole ? 0 : pieces.length)
        return try append(parts, .response(response), key, expiry, payload: head.count + pieces.length) {
            (file, offset) throws(FileFailure) in
            try file.write(head, at: offset)
            try Self.copy(spooled.file, count: pieces.length, to: file, at: offset + head.count)
        }
    }

    /// Removes what is filed under the key. With an entry id only that entry.
    func remove(_ key: TierKey, entryID: UInt64?) throws(FileFailure) -> Bool {
        let failure: FileFailure?
        let removed: Bool
        (removed, failure) = log.withLock { log in
            guard let (slot, header) = log.existing(key.digest.low), header.digest == key.digest else {
                return (false, nil)
            }
            guard entryID == nil || header.entryID == entryID else { return (false, nil) }
            index.remove(key.digest.low, at: slot.place)
            log.dropBody(of: slot.place)
            // Without it a restart would find the record again. On a full disk the oldest segment makes room for it.
            let tombstone = FrameHeader(kind: .tombstone, digest: key.digest)
            for isLast in [false, true] {
                do throws(FileFailure) {
                    _ = try log.append(tombstone, now: now()) { _, _ in }
                    break
                } catch {
                    log.afterFailure(error, now: now())
                    if isLast || error.tierFailure != .full { return (true, error) }
                }
            }
            return (true, nil)
        }
        if let failure { throw failure }
        return removed
    }

    private func fileApart(
        _ body: ByteBuffer, _ response: StoredResponse, _ key: TierKey, _ expiry: Int64
    ) throws(FileFailure) -> TierWrite {
        guard reserve(body.readableBytes) else { throw .noRoom }
        let place = makeBody()
        let file: OpenFile
        do throws(FileFailure) {
            file = try place.open()
            try Self.write(body, to: file, at: 0)
        } catch {
            place.unlink()
            release(body.readableBytes)
            throw error
        }
        var pieces = PieceTable()
        body.withUnsafeReadableBytes { pieces.update($0) }
        pieces.finish()
        return try keep(WrittenBody(place: place, file: file, pieces: pieces), response, key, expiry)
    }

    /// Files the record of a body that keeps its file.
    func keep(
        _ spooled: WrittenBody, _ response: StoredResponse, _ key: TierKey, _ expiry: Int64
    ) throws(FileFailure) -> TierWrite {
        let length = spooled.pieces.length
        do throws(FileFailure) {
            // Before the record that speaks of it.
            try spooled.file.sync()
            let parts = Parts(
                kind: .filed, head: Self.head(response, spooled.pieces), bodyLength: length,
                bodyNumber: spooled.place.number)
            let outcome = try append(parts, .response(response), key, expiry, payload: parts.head.count) {
                (file, offset) throws(FileFailure) in try file.write(parts.head, at: offset)
            }
            guard outcome != .stored else { return outcome }
            spooled.place.unlink()
            release(length)
            return outcome
        } catch {
            spooled.place.unlink()
            release(length)
            throw error
        }
    }

    private func append(
        _ parts: Parts, _ record: Record, _ key: TierKey, _ expiry: Int64, payload: Int,
        _ write: (OpenFile, Int) throws(FileFailure) -> Void
    ) throws(FileFailure) -> TierWrite {
        let header = FrameHeader(
            kind: parts.kind, digest: key.digest, expiry: expiry, epoch: record.asOfEpoch, n: record.asOfN,
            entryID: record.entryID, bodyNumber: parts.bodyNumber, bodyLength: parts.bodyLength,
            headLength: parts.kind == .whole ? payload : parts.head.count, payloadLength: payload)
        return try log.withLock { (log) throws(FileFailure) in
            let now = now()
            guard !log.isSuperseded(header, now: now) else { return .superseded }
            do throws(FileFailure) {
                let place = try log.append(header, now: now, write)
                log.publish(header, at: place)
                // The body's bytes are the record's now, no longer a spool's.
                if header.kind == .filed { log.held -= header.bodyLength }
            } catch {
                log.afterFailure(error, now: now)
                throw error
            }
            return .stored
        }
    }

    private static func head(_ response: StoredResponse, _ pieces: PieceTable) -> [UInt8] {
        RecordCodec.encodeHead(response, bodyLength: pieces.length, bodyChecksum: pieces.whole) + pieces.encoded()
    }

    private static func write(_ bytes: ByteBuffer, to file: OpenFile, at offset: Int) throws(FileFailure) {
        try bytes.withUnsafeReadableBytes { (raw) throws(FileFailure) in try file.write(raw, at: offset) }
    }

    static func copy(
        _ source: OpenFile, from start: Int = 0, count: Int, to target: OpenFile, at offset: Int
    ) throws(FileFailure) {
        var done = 0
        while done < count {
            let bytes = try source.read(count: min(1 << 20, count - done), at: start + done)
            try target.write(bytes, at: offset + done)
            done += bytes.count
        }
    }
}

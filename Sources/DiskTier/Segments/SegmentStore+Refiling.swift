internal import CacheModel
internal import NIOCore

/// A new head for a body that is filed already: the origin confirmed a large response.
extension SegmentStore {
    func refile(
        _ response: StoredResponse, replacing entryID: UInt64, key: TierKey, expiry: Int64
    ) throws(FileFailure) -> TierWrite {
        guard let slot = index[key.digest.low], slot.isExternal, let segment = table[slot.segment] else {
            return .dropped(.refused)
        }
        let header = try segment.header(at: slot.offset)
        guard header.digest == key.digest, header.entryID == entryID, header.expiry > now() else {
            return .dropped(.refused)
        }
        let start = Int(slot.offset) + FrameHeader.length
        let bytes = try segment.file.read(count: header.headLength, at: start)
        guard let (head, checksums) = Self.pieced(bytes, header) else { throw .corrupt }
        guard header.kind == .filed else {
            let reader = PieceReader(file: segment.file, base: start + header.headLength)
            let copy = response.with(try Self.whole(reader, length: header.bodyLength, checksums))
            return try file(.response(copy), key: key, expiry: expiry)
        }
        let pieces = PieceTable(checksums: checksums, whole: head.bodyChecksum, length: header.bodyLength)
        guard let linked = try link(header.bodyNumber, pieces) else { return .dropped(.refused) }
        return try keep(linked, response, key, expiry)
    }

    /// A second name for a body's file, so that the record of each name may go without the other. Nil: the file is gone,
    /// or this file system has no such names. A crash leaves at most a name without a record, which recovery removes.
    private func link(_ number: UInt64, _ pieces: PieceTable) throws(FileFailure) -> WrittenBody? {
        let place = makeBody()
        let path = folder.body(place.number)
        guard device.link(folder.body(number), path) >= 0 else { return nil }
        do throws(FileFailure) {
            let file = try OpenFile(path, .read, on: device)
            guard try file.size() == pieces.length else { throw .corrupt }
            // The bytes count twice until the old record goes, a moment from now.
            guard reserve(pieces.length) else { throw .noRoom }
            return WrittenBody(place: place, file: file, pieces: pieces)
        } catch {
            place.unlink()
            throw error
        }
    }

    /// A body in a segment: a quarter of it at most.
    private static func whole(
        _ reader: PieceReader, length: Int, _ checksums: [UInt32]
    ) throws(FileFailure) -> ByteBuffer {
        var chunks: [ByteBuffer] = []
        var at = 0
        while at < length {
            let pieces = PieceReader.pieces(from: at, count: PieceReader.longest, length: length)
            let bytes = try reader.read(
                from: at, count: PieceReader.longest, length: length, checksums: checksums[pieces])
            at += bytes.readableBytes
            chunks.append(bytes)
        }
        return ByteBuffer.exact(chunks)
    }
}

extension StoredResponse {
    /// The same with another body.
    fileprivate func with(_ body: ByteBuffer) -> StoredResponse {
        StoredResponse(
            meta: meta, key: CacheKey(bytes: Array(key)), selection: Array(selection), fields: Array(fields),
            etag: etagRange, tags: Array(tags), body: .chunk(body))
    }
}

internal import CacheModel
internal import Logging

/// What a snapshot tells a start about the segments.
struct KnownSegments {
    var mark: SnapshotMark
    /// Those of the snapshot whose files are there, open, with the sizes of the files.
    var segments: [UInt32: (Segment, size: Int)] = [:]
    /// The frames of the marked segment before the mark.
    var frames: SegmentFrames?
}

extension SegmentLog {
    /// Fills the index from the snapshot; nil, and the file removed, when there is none that holds.
    mutating func loadSnapshot(_ numbers: [UInt32], now: Int64, _ report: inout Recovery) -> KnownSegments? {
        _ = device.unlink(folder.newIndex)
        do throws(SnapshotProblem) {
            var reader = try SnapshotReader(folder.index, on: device)
            let known = try load(&reader, Set(numbers), now: now)
            report.indexBytes = reader.size
            space.used += reader.size
            held += reader.size
            return known
        } catch {
            report.index = error
            index.removeAll()
            bodies = [:]
            guard error != .missing else { return nil }
            logger.notice(
                "the disk tier's saved index is dropped, all segments are looked through",
                metadata: ["path": "\(folder.index)", "reason": "\(error.rawValue)"])
            _ = device.unlink(folder.index)
            // Before anything is appended: it must not come back and be taken for newer than it is.
            Folder.sync(folder.path)
            return nil
        }
    }

    private mutating func load(
        _ reader: inout SnapshotReader, _ present: Set<UInt32>, now: Int64
    ) throws(SnapshotProblem) -> KnownSegments {
        let header = reader.header
        var known = KnownSegments(mark: header.mark)
        let segments = try reader.block(.segments)
        let ends = try open(segments.payload, present, &known)
        let files = try reader.block(.bodies)
        known.frames = try frames(reader.block(.frames).payload, known)
        var records = 0
        while !reader.isAtEnd {
            let block = try reader.block(.records)
            records += block.count
            index.load(live(block.payload, ends, now: now), inShard: block.shard)
        }
        guard records == header.records else { throw .broken }
        try takeBodies(files.payload)
        nextSegment = max(nextSegment, header.nextSegment)
        nextBody = max(nextBody, header.nextBody)
        return known
    }

    /// Opens the segments that are still there, and gives for each number where its frames end.
    private func open(
        _ payload: [UInt8], _ present: Set<UInt32>, _ known: inout KnownSegments
    ) throws(SnapshotProblem) -> [UInt32: Int] {
        var ends: [UInt32: Int] = [:]
        let length = SnapshotFormat.Block.segments.itemLength
        for at in stride(from: 0, to: payload.count, by: length) {
            guard let segment = payload.withUnsafeBytes({ SnapshotSegment($0, at: at) }) else { throw .broken }
            // One that is not there was evicted, and what the snapshot has in it with it.
            guard present.contains(segment.number) else { continue }
            let isMarked = segment.number == known.mark.segment
            guard segment.number <= known.mark.segment else { throw .broken }
            guard let (opened, size) = open(segment.number), opened.salt == segment.salt,
                isMarked ? size >= segment.length : size == segment.length
            else { throw .outdated }
            known.segments[segment.number] = (opened, size)
            ends[segment.number] = segment.length
        }
        return ends
    }

    private func frames(_ payload: [UInt8], _ known: KnownSegments) throws(SnapshotProblem) -> SegmentFrames? {
        guard let (segment, _) = known.segments[known.mark.segment] else { return nil }
        var frames = SegmentFrames(headers: [], end: SegmentHeader.length)
        let isWhole = payload.withUnsafeBytes { raw in
            for at in stride(from: 0, to: raw.count, by: FrameHeader.length) {
                let bytes = UnsafeRawBufferPointer(rebasing: raw[at..<at + FrameHeader.length])
                guard let header = FrameHeader(bytes, salt: segment.salt), header.offset == frames.end else {
                    return false
                }
                frames.headers.append(header)
                frames.end += header.frameLength
            }
            return frames.end == known.mark.offset
        }
        guard isWhole else { throw .broken }
        return frames
    }

    /// Those whose segment is there and that were written before the mark: of the others the segments tell.
    private func live(_ payload: [UInt8], _ ends: [UInt32: Int], now: Int64) -> [IndexSlot] {
        var slots: [IndexSlot] = []
        slots.reserveCapacity(payload.count / IndexSlot.encodedLength)
        // Neighbours in the table have nothing in common: a dictionary look-up each would be half of the work.
        let first = ends.keys.min() ?? 0
        let span = Int((ends.keys.max() ?? 0) - first) + 1
        var table = [Int](repeating: 0, count: min(span, Self.tableLimit))
        for (number, end) in ends where Int(number - first) < table.count { table[Int(number - first)] = end }
        payload.withUnsafeBytes { raw in
            for at in stride(from: 0, to: raw.count, by: IndexSlot.encodedLength) {
                let slot = IndexSlot(raw, at: at)
                guard slot.segment >= first, Int64(slot.expirySeconds) * 1_000 > now else { continue }
                let number = Int(slot.segment - first)
                let end = number < table.count ? table[number] : ends[slot.segment] ?? 0
                if Int(slot.offset) + slot.length <= end { slots.append(slot) }
            }
        }
        return slots
    }

    /// More segments than that in a row there are only when something else went wrong.
    private static let tableLimit = 1 << 16

    /// A record whose body's file is gone or cut goes too.
    private mutating func takeBodies(_ payload: [UInt8]) throws(SnapshotProblem) {
        let length = SnapshotFormat.Block.bodies.itemLength
        for at in stride(from: 0, to: payload.count, by: length) {
            guard let (place, body) = payload.withUnsafeBytes({ Body.decode($0, at: at) }) else { throw .broken }
            guard index[body.digest]?.place == place else { continue }
            if isWhole(body) { bodies[place] = body } else { index.remove(body.digest, at: place) }
        }
    }
}

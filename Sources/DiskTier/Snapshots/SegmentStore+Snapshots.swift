internal import CacheModel
internal import Logging
internal import Synchronization

/// Writing the index's snapshot, beside the writers and readers. Why it can be copied while they go on, and what a start
/// makes of it, is argued in docs/disk-format.md.
extension SegmentStore {
    /// What is copied in one moment, under the log's lock.
    private struct Moment {
        var mark: SnapshotMark
        var nextSegment: UInt32
        var nextBody: UInt64
        var segments: [SnapshotSegment]
        var bodies: [(Place, SegmentLog.Body)]
        /// The encoded headers of the frames of the marked segment.
        var frames: HeaderList
    }

    /// Writes a snapshot of what was written until now; with `onlyIfDue` if there is enough of it. True when the newest
    /// snapshot is as new as that. Blocks.
    @discardableResult
    func snapshot(onlyIfDue: Bool = false) -> Bool {
        snapshots.withLock { state in
            let written = log.withLock { $0.written }
            guard written != state.written else { return true }
            if onlyIfDue, !isDue(written &- state.written, &state) { return true }
            do throws(FileFailure) {
                try write(&state)
                state.written = written
                state.looks = 0
                saving.came(nil)
                return true
            } catch {
                saving.failed(error, "its cap leaves no room")
                return false
            }
        }
    }

    /// A large index is not written for a few records: to scan them costs less.
    private func isDue(_ frames: UInt64, _ state: inout SnapshotState) -> Bool {
        state.looks += 1
        return frames >= Self.fewFrames || frames >= UInt64(index.count) / Self.fewFrames
            || state.looks >= Self.looksForFew
    }

    private static let fewFrames: UInt64 = 1_024
    private static let looksForFew = 20

    private func write(_ state: inout SnapshotState) throws(FileFailure) {
        let moment = log.withLock { log -> Moment in self.moment(of: log) }
        // What the snapshot speaks of must not be lost when it is not: frames before it are never looked for again.
        try sync()
        _ = device.unlink(folder.newIndex)
        var length = 0
        do throws(FileFailure) {
            let file = try folderHold.create(folder.newIndex)
            try fill(file, moment) { [self] bytes in
                guard reserveForIndex(bytes) else { return false }
                length += bytes
                return true
            }
            let result = device.rename(folder.newIndex, folder.index)
            guard result >= 0 else { throw FileFailure(result) }
        } catch {
            _ = device.unlink(folder.newIndex)
            release(length)
            throw error
        }
        release(state.bytes)
        state.bytes = length
        Folder.sync(folder.path)
    }

    private func moment(of log: SegmentLog) -> Moment {
        var segments = log.sealed.compactMap { sealed in
            table[sealed.number].map {
                SnapshotSegment(number: sealed.number, salt: $0.salt, length: sealed.footprint)
            }
        }
        var mark = SnapshotMark(segment: log.nextSegment, offset: 0)
        if let active = log.active {
            mark = SnapshotMark(segment: active.segment.number, offset: active.end)
            segments.append(
                SnapshotSegment(number: active.segment.number, salt: active.segment.salt, length: active.end))
        }
        return Moment(
            mark: mark, nextSegment: log.nextSegment, nextBody: nextBody.load(ordering: .relaxed), segments: segments,
            bodies: log.bodies.map { ($0.key, $0.value) }, frames: log.active?.headers ?? HeaderList())
    }

    private func fill(
        _ file: OpenFile, _ moment: Moment, reserve: @escaping (Int) -> Bool
    ) throws(FileFailure) {
        var writer = try SnapshotWriter(file, reserve: reserve)
        let itemLength = SnapshotFormat.Block.segments.itemLength
        var segments = [UInt8](repeating: 0, count: moment.segments.count * itemLength)
        for (number, segment) in moment.segments.enumerated() {
            segment.encode(into: &segments, at: number * itemLength)
        }
        try writer.block(.segments, count: moment.segments.count, segments)
        var bodies = [UInt8](repeating: 0, count: moment.bodies.count * SnapshotFormat.Block.bodies.itemLength)
        for (number, (place, body)) in moment.bodies.enumerated() {
            body.encode(at: place, into: &bodies, at: number * SnapshotFormat.Block.bodies.itemLength)
        }
        try writer.block(.bodies, count: moment.bodies.count, bodies)
        try writer.block(.frames, count: moment.frames.count / FrameHeader.length, moment.frames.bytes)
        var records = 0
        for shard in 0..<DiskIndex.shardCount {
            let slots = index.all(inShard: shard)
            records += slots.count
            if !slots.isEmpty { try writer.records(slots, ofShard: shard) }
        }
        try writer.finish(
            SnapshotHeader(
                mark: moment.mark, nextSegment: moment.nextSegment, nextBody: moment.nextBody, records: records))
    }

    /// The space that all cleaning leaves free may take it too; else the oldest records make room.
    private func reserveForIndex(_ bytes: Int) -> Bool {
        log.withLock { log in
            guard log.space.used + bytes <= log.capacity || log.makeRoom(bytes, now: now()) else { return false }
            log.held += bytes
            log.space.used += bytes
            return true
        }
    }
}

/// What is known of the snapshot on the disk. Touched under the lock `SegmentStore.snapshots` alone.
struct SnapshotState {
    /// Bytes of the file; 0: there is none.
    var bytes = 0
    /// `SegmentLog.written` when it was begun.
    var written: UInt64 = 0
    /// Looks since then that found too little to write another.
    var looks = 0
}

extension SegmentLog.Body {
    func encode(at place: Place, into bytes: inout [UInt8], at: Int) {
        BigEndian.put(place.segment, into: &bytes, at: at)
        BigEndian.put(place.offset, into: &bytes, at: at + 4)
        BigEndian.put(number, into: &bytes, at: at + 8)
        BigEndian.put(UInt64(length), into: &bytes, at: at + 16)
        BigEndian.put(digest, into: &bytes, at: at + 24)
    }

    static func decode(_ bytes: UnsafeRawBufferPointer, at: Int) -> (Place, SegmentLog.Body)? {
        guard let length = Int(exactly: BigEndian.word64(bytes, at + 16)) else { return nil }
        let place = Place(segment: BigEndian.word32(bytes, at), offset: BigEndian.word32(bytes, at + 4))
        let (number, digest) = (BigEndian.word64(bytes, at + 8), BigEndian.word64(bytes, at + 24))
        return (place, SegmentLog.Body(digest: digest, number: number, length: length))
    }
}

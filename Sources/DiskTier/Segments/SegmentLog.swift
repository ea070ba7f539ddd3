internal import CacheModel
internal import Glibc
internal import Logging

/// The segments of a folder as its one writer knows them: the oldest is dropped, the newest is appended to. Everything
/// that changes files or the index goes through here, under the lock of `SegmentStore`; readers need only the index and
/// the table.
struct SegmentLog {
    /// A segment that takes no more frames.
    struct Sealed {
        var number: UInt32
        /// What the file occupies.
        var footprint: Int
    }

    struct Active {
        var segment: Segment
        var end = SegmentHeader.length
        /// The encoded headers of its frames, for the footer.
        var headers = HeaderList()
        /// Bytes of the body files whose records lie in it.
        var bodyBytes = 0
        /// `HeldFolder.remakes` when its file was made.
        var remakes = 0

        var footprint: Int { end + headers.count + SegmentFooter.trailerLength }
        var isEmpty: Bool { headers.isEmpty }
    }

    struct Body {
        /// The record's, its low half.
        var digest: UInt64
        var number: UInt64
        var length: Int
    }

    let folder: Folder
    let folderHold: HeldFolder
    let device: any Device
    let index: DiskIndex
    let table: SegmentTable
    let space: Space
    let capacity: Int
    let segmentSize: Int
    let logger: Logger

    /// Oldest first.
    var sealed: [Sealed] = []
    var active: Active?
    /// Body files by the record that they belong to.
    var bodies: [Place: Body] = [:]
    /// Bytes that no eviction frees: spools in progress, and the index's snapshot.
    var held = 0
    /// Frames appended since the start, and those that it had to look for in the segments.
    var written: UInt64 = 0
    var nextSegment: UInt32 = 1
    /// The first number that no body has had, as the start found it.
    var nextBody: UInt64 = 1
    /// Segments with bytes that were not synced.
    var dirty: [UInt32: Segment] = [:]

    /// `HeldFolder.remakes` as it was looked at last: not while frames are laid out for a segment.
    var remakes = 0
    /// Bytes of all files when the file system was last full below the cap; 0: it never was.
    var fullAt = 0

    /// The memory of the last write of many frames, for the next.
    var staging: [UInt8] = []

    /// What appending may fill. The rest takes what a dropped segment hands on before its own bytes are free.
    var softCapacity: Int { capacity - segmentSize / 4 - 4 * FrameHeader.length }

    /// Appends one frame, made room for, and gives its place. Not in the index yet.
    /// - Parameter payload: writes the payload to the file, from the offset on.
    mutating func append(
        _ header: FrameHeader, now: Int64, _ payload: (OpenFile, Int) throws(FileFailure) -> Void
    ) throws(FileFailure) -> Place {
        try prepare(header, now: now)
        return try appendHere(header, payload)
    }

    /// Makes room for a frame.
    mutating func prepare(_ header: FrameHeader, now: Int64) throws(FileFailure) {
        remakes = folderHold.remakes
        let need = header.frameLength + FrameHeader.length
        guard fits(header) else { throw .tooLarge }
        guard makeRoom(need + SegmentHeader.length + SegmentFooter.trailerLength, now: now) else { throw .noRoom }
    }

    private func fits(_ header: FrameHeader) -> Bool {
        SegmentHeader.length + header.frameLength + SegmentFooter.length(frames: 1) <= segmentSize
    }

    /// Appends without asking for room.
    mutating func appendHere(
        _ header: FrameHeader, _ payload: (OpenFile, Int) throws(FileFailure) -> Void
    ) throws(FileFailure) -> Place {
        let (segment, end) = try target(taking: header.frameLength)
        var header = header
        header.salt = segment.salt
        header.offset = end
        let encoded = header.encoded()
        do throws(FileFailure) {
            // The header last: without it the payload is nothing.
            try payload(segment.file, end + FrameHeader.length)
            try segment.file.write(encoded, at: end)
        } catch {
            retract()
            throw error
        }
        active?.end += header.frameLength
        active?.headers.append(encoded)
        written &+= 1
        space.used += header.frameLength + FrameHeader.length
        dirty[segment.number] = segment
        return Place(segment: segment.number, offset: UInt32(end))
    }

    /// After a failed append: nothing may stand behind the last frame. A segment that can't be cut is not used again.
    mutating func retract() {
        guard let active else { return }
        do throws(FileFailure) {
            try active.segment.file.truncate(to: active.end)
        } catch {
            seal()
        }
    }

    /// The segment that the next frame goes to, and where.
    mutating func target(taking length: Int) throws(FileFailure) -> (Segment, Int) {
        if let active {
            if !isFull(active, taking: length) { return (active.segment, active.end) }
            seal()
        }
        let begun = try begin()
        return (begun.segment, begun.end)
    }

    /// - Parameter behind: bytes that are to be written before the frame.
    func isFull(_ active: Active, taking length: Int, behind: Int = 0) -> Bool {
        // Nobody would find again what is written to a file that was removed.
        guard active.remakes == remakes else { return true }
        let full = active.footprint + behind + length + FrameHeader.length > segmentSize
        // Large bodies weigh too: a segment of nothing but heads must not hold the whole tier.
        return full || active.end + active.bodyBytes >= mostBytes
    }

    /// What a segment and its bodies hold together: where the file system ends below the cap, an eighth of what it has
    /// room for, so that the oldest segment is not all there is.
    private var mostBytes: Int {
        guard fullAt > 0 else { return segmentSize }
        return min(segmentSize, max(max(fullAt, space.used) / 8, DiskTier.Configuration.minimumSegment))
    }

    /// To drop the oldest segment would leave something.
    var hasSeveral: Bool { sealed.count + (active.map { $0.isEmpty ? 0 : 1 } ?? 0) > 1 }

    /// The file system is full below the cap.
    mutating func meetEnd() { fullAt = space.used }

    private mutating func begin() throws(FileFailure) -> Active {
        let number = nextSegment
        guard number < UInt32.max else { throw .noRoom }
        let header = SegmentHeader(number: number, salt: UInt64.random(in: 1...UInt64.max))
        let path = folder.segment(number)
        let file: OpenFile
        do throws(FileFailure) {
            file = try folderHold.create(path)
        } catch {
            // Somebody put another folder here: the next number may be free.
            if error == .system(EEXIST) { nextSegment += 1 }
            throw error
        }
        nextSegment += 1
        do throws(FileFailure) {
            try file.write(header.encoded(), at: 0)
        } catch {
            _ = device.unlink(path)
            throw error
        }
        Folder.sync(folder.segments)
        var begun = Active(segment: Segment(number: number, salt: header.salt, file: file))
        remakes = folderHold.remakes
        begun.remakes = remakes
        table[number] = begun.segment
        active = begun
        space.used += begun.footprint
        return begun
    }

    /// Writes the footer. A segment that has none for a fault is walked instead.
    mutating func seal() {
        guard let active else { return }
        let footer = SegmentFooter.encoded(headers: active.headers.bytes, salt: active.segment.salt)
        try? active.segment.file.write(footer, at: active.end)
        dirty[active.segment.number] = active.segment
        sealed.append(Sealed(number: active.segment.number, footprint: active.footprint))
        self.active = nil
    }

    /// Puts the record in the index and forgets the one that it replaces.
    mutating func publish(_ header: FrameHeader, at place: Place) {
        let slot = IndexSlot(
            digest: header.digest.low, place: place, length: header.frameLength, external: header.kind != .whole,
            expiry: header.expiry)
        if header.kind == .filed {
            bodies[place] = Body(digest: header.digest.low, number: header.bodyNumber, length: header.bodyLength)
            active?.bodyBytes += header.bodyLength
        }
        if let old = index.insert(slot) { dropBody(of: old.place) }
    }

    /// Removes the body file of a record that is gone. Who reads it goes on reading.
    mutating func dropBody(of place: Place) {
        guard let body = bodies.removeValue(forKey: place) else { return }
        _ = device.unlink(folder.body(body.number))
        space.used -= body.length
        if active?.segment.number == place.segment { active?.bodyBytes -= body.length }
    }

    /// The header of what is filed under the digest, nil when nothing is or it can't be read.
    func existing(_ digest: UInt64) -> (slot: IndexSlot, header: FrameHeader)? {
        guard let slot = index[digest], let segment = table[slot.segment],
            let header = try? segment.header(at: slot.offset)
        else { return nil }
        return (slot, header)
    }
}

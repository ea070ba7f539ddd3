internal import CacheModel

/// The start: what the index's snapshot says, then what the segments say from its mark on, is believed as far as the
/// checksums hold, in the order in which it was written. Of the segments only frame headers are read.
extension SegmentLog {
    /// What a start found.
    struct Recovery {
        var records = 0
        var segments = 0
        /// Segments that could not be read, or were cut short at a torn frame.
        var tornSegments = 0
        var orphanBodies = 0
        var evictedSegments = 0
        /// Why there was no snapshot to go by; nil: it was used.
        var index: SnapshotProblem?
        /// Bytes of the snapshot that was used.
        var indexBytes = 0
    }

    mutating func recover(now: Int64) throws(DiskError) -> Recovery {
        var report = Recovery()
        space.used = FormatFile.line.utf8.count
        let numbers = try folder.segmentNumbers()
        let known = loadSnapshot(numbers, now: now, &report)
        for number in numbers {
            nextSegment = max(nextSegment, number == .max ? .max : number + 1)
            if let known, number < known.mark.segment {
                // Of those before the mark it names all that were not dropped.
                if !takeSealed(number, known, &report) { _ = device.unlink(folder.segment(number)) }
                continue
            }
            let marked = known.flatMap { $0.mark.segment == number ? $0 : nil }
            guard let (segment, size, frames) = open(number, marked) else {
                _ = device.unlink(folder.segment(number))
                report.tornSegments += 1
                continue
            }
            table[number] = segment
            report.segments += 1
            for header in frames.headers where header.offset >= marked?.mark.offset ?? 0 {
                apply(header, in: number, now: now)
                written += 1
            }
            take(segment, frames, size: size, isNewest: number == numbers.last, &report)
        }
        try removeOrphans(&report)
        let before = sealed.count
        _ = makeRoom(0, now: now, reinserting: false)
        report.evictedSegments = max(0, before - sealed.count)
        space.evictions = 0
        report.records = index.count
        return report
    }

    /// The segment's file, if that is what it is.
    func open(_ number: UInt32) -> (Segment, size: Int)? {
        guard let file = try? OpenFile(folder.segment(number), .readWrite, on: device), let size = try? file.size(),
            let bytes = try? file.read(count: SegmentHeader.length, at: 0),
            let header = bytes.withUnsafeBytes({ SegmentHeader($0) }), header.number == number,
            size <= Int(UInt32.max)
        else { return nil }
        return (Segment(number: number, salt: header.salt, file: file), size)
    }

    private func open(_ number: UInt32, _ marked: KnownSegments?) -> (Segment, size: Int, SegmentFrames)? {
        guard let (segment, size) = marked?.segments[number] ?? open(number),
            let frames = try? segment.frames(size: size, after: marked?.frames)
        else { return nil }
        return (segment, size, frames)
    }

    private mutating func takeSealed(_ number: UInt32, _ known: KnownSegments, _ report: inout Recovery) -> Bool {
        guard let (segment, size) = known.segments[number] else { return false }
        table[number] = segment
        sealed.append(Sealed(number: number, footprint: size))
        space.used += size
        report.segments += 1
        return true
    }

    private mutating func apply(_ header: FrameHeader, in number: UInt32, now: Int64) {
        nextBody = max(nextBody, header.bodyNumber &+ 1)
        let place = Place(segment: number, offset: UInt32(header.offset))
        let isLive = header.kind != .tombstone && header.expiry > now && header.frameLength < IndexSlot.lengthLimit
        // The last word on a digest counts, also when it is that there is nothing any more.
        guard isLive, header.kind != .filed || bodyIsWhole(header) else {
            if let old = index.remove(header.digest.low) { bodies[old.place] = nil }
            return
        }
        let slot = IndexSlot(
            digest: header.digest.low, place: place, length: header.frameLength, external: header.kind != .whole,
            expiry: header.expiry)
        if let old = index.insert(slot) { bodies[old.place] = nil }
        if header.kind == .filed { bodies[place] = body(of: header) }
    }

    private func bodyIsWhole(_ header: FrameHeader) -> Bool {
        isWhole(body(of: header))
    }

    private func body(of header: FrameHeader) -> Body {
        Body(digest: header.digest.low, number: header.bodyNumber, length: header.bodyLength)
    }

    func isWhole(_ body: Body) -> Bool {
        guard let file = try? OpenFile(folder.body(body.number), .read, on: device) else { return false }
        return (try? file.size()) == body.length
    }

    /// Files the segment as sealed, or goes on appending to it when it is the newest and was not sealed.
    private mutating func take(
        _ segment: Segment, _ frames: SegmentFrames, size: Int, isNewest: Bool, _ report: inout Recovery
    ) {
        space.used += frames.footprint
        guard !frames.isSealed else {
            sealed.append(Sealed(number: segment.number, footprint: frames.footprint))
            return
        }
        var cut = true
        if size > frames.end {
            report.tornSegments += 1
            cut = (try? segment.file.truncate(to: frames.end)) != nil
        }
        let bodyBytes = bodies.reduce(0) { $0 + ($1.key.segment == segment.number ? $1.value.length : 0) }
        var headers = HeaderList()
        for header in frames.headers { headers.append(header.encoded()) }
        active = Active(segment: segment, end: frames.end, headers: headers, bodyBytes: bodyBytes)
        if !isNewest || !cut { seal() }
    }

    private mutating func removeOrphans(_ report: inout Recovery) throws(DiskError) {
        var owned: Set<UInt64> = []
        for body in bodies.values {
            owned.insert(body.number)
            space.used += body.length
        }
        for number in try folder.bodyNumbers() {
            nextBody = max(nextBody, number &+ 1)
            guard !owned.contains(number) else { continue }
            _ = device.unlink(folder.body(number))
            report.orphanBodies += 1
        }
    }
}

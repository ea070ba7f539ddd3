internal import CacheModel

/// Eviction: the oldest segment goes, and what was hit in it since it was written is copied to the head, within bounds,
/// so that the log keeps what is used without a list to maintain on every hit.
extension SegmentLog {
    /// How much one call for room may hand on, so that it ends.
    private struct Allowance {
        /// Of frames, for each dropped segment.
        var frames: Int
        /// Of body files, which stay where they are and only change their segment; for the whole call.
        var bodies: Int
    }

    /// Drops segments until so many bytes may be written. False: not even an empty tier has the room, or what is left
    /// no eviction frees.
    mutating func makeRoom(_ bytes: Int, now: Int64, reinserting: Bool = true) -> Bool {
        guard bytes <= softCapacity - held else { return false }
        var bodyAllowance = reinserting ? capacity / 4 : 0
        while space.used + bytes > softCapacity {
            var allowance = Allowance(frames: reinserting ? segmentSize / 4 : 0, bodies: bodyAllowance)
            guard dropOldest(now: now, &allowance) else { return false }
            bodyAllowance = allowance.bodies
        }
        return true
    }

    /// Drops the oldest segment and hands nothing on: when the file system is full below the cap. False: there is none.
    @discardableResult
    mutating func dropOldest(now: Int64) -> Bool {
        var none = Allowance(frames: 0, bodies: 0)
        return dropOldest(now: now, &none)
    }

    private mutating func dropOldest(now: Int64, _ allowance: inout Allowance) -> Bool {
        if sealed.isEmpty {
            guard let active, !active.isEmpty else { return false }
            seal()
        }
        let oldest = sealed.removeFirst()
        guard let segment = table[oldest.number] else { return true }
        for header in liveFrames(of: segment) {
            let place = Place(segment: oldest.number, offset: UInt32(header.offset))
            guard let slot = index[header.digest.low], slot.place == place else { continue }
            if slot.wasHit, header.expiry > now, reinsert(header, from: segment, &allowance) { continue }
            index.remove(header.digest.low, at: place)
            dropBody(of: place)
            space.evictions += 1
        }
        for place in bodies.keys where place.segment == oldest.number { dropBody(of: place) }
        table[oldest.number] = nil
        dirty[oldest.number] = nil
        _ = device.unlink(folder.segment(oldest.number))
        space.used -= oldest.footprint
        return true
    }

    /// The frames of a segment that is about to go; where they can't be read, its records leave the index at once.
    private func liveFrames(of segment: Segment) -> [FrameHeader] {
        if let size = try? segment.file.size(), let frames = try? segment.frames(size: size) { return frames.headers }
        for slot in index.all(in: segment.number) { index.remove(slot.digest, at: slot.place) }
        return []
    }

    private mutating func reinsert(_ old: FrameHeader, from segment: Segment, _ allowance: inout Allowance) -> Bool {
        let cost = old.frameLength + FrameHeader.length
        let most = cost + SegmentFooter.trailerLength + SegmentHeader.length
        guard cost <= allowance.frames, space.used + most <= capacity,
            old.kind != .filed || old.bodyLength <= allowance.bodies
        else { return false }
        let from = Place(segment: segment.number, offset: UInt32(old.offset))
        do throws(FileFailure) {
            let place = try appendHere(old) { (file, offset) throws(FileFailure) in
                let start = old.offset + FrameHeader.length
                try SegmentStore.copy(segment.file, from: start, count: old.payloadLength, to: file, at: offset)
            }
            // The body file goes along: it is the new record's before the old one is replaced.
            bodies[from] = nil
            publish(old, at: place)
        } catch {
            return false
        }
        allowance.frames -= cost
        if old.kind == .filed { allowance.bodies -= old.bodyLength }
        return true
    }
}

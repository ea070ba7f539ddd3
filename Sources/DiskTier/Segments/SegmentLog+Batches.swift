internal import CacheModel

/// Appending many small frames with few writes: frames that follow each other in one segment go to the file together.
/// The headers are in front of their payloads here. A write that is cut off leaves a file that ends inside a frame,
/// which is not taken for one; and a frame whose payload did not reach the device fails its checksum.
extension SegmentLog {
    /// Frames that are laid out behind the last one of the active segment and not written yet.
    private struct Run {
        var bytes: [UInt8]
        var frames: [(number: Int, header: FrameHeader, encoded: [UInt8])] = []
        /// What the frames and their footer entries take.
        var footprint = 0

        mutating func clear() {
            bytes.removeAll(keepingCapacity: true)
            frames.removeAll(keepingCapacity: true)
            footprint = 0
        }
    }

    /// Files the frames in their order, and gives what came of each.
    mutating func append(_ batch: [PreparedFrame], now: Int64) -> [Result<TierWrite, FileFailure>] {
        var outcomes = [Result<TierWrite, FileFailure>](repeating: .success(.stored), count: batch.count)
        var run = Run(bytes: staging)
        staging = []
        for (number, frame) in batch.enumerated() {
            // The record under the digest is read, so it must be written.
            if run.frames.contains(where: { $0.header.digest.low == frame.header.digest.low }) {
                write(&run, batch, now: now, &outcomes)
            }
            if isSuperseded(frame.header, now: now) {
                outcomes[number] = .success(.superseded)
                continue
            }
            if !fits(frame.header, behind: run) { write(&run, batch, now: now, &outcomes) }
            do throws(FileFailure) {
                try lay(frame, number, into: &run, now: now)
            } catch {
                outcomes[number] = .failure(error)
            }
            if run.bytes.count >= Self.longestRun { write(&run, batch, now: now, &outcomes) }
        }
        write(&run, batch, now: now, &outcomes)
        staging = run.bytes
        return outcomes
    }

    /// Neither a new segment nor an eviction is needed for it: both write, where the run is to stand.
    private func fits(_ header: FrameHeader, behind run: Run) -> Bool {
        guard let active, !isFull(active, taking: header.frameLength, behind: run.footprint) else { return false }
        let need = header.frameLength + FrameHeader.length + SegmentHeader.length + SegmentFooter.trailerLength
        return space.used + run.footprint + need <= softCapacity
    }

    private mutating func lay(
        _ frame: PreparedFrame, _ number: Int, into run: inout Run, now: Int64
    ) throws(FileFailure) {
        if run.frames.isEmpty { try prepare(frame.header, now: now) }
        let (segment, end) = try target(taking: run.footprint + frame.header.frameLength)
        var header = frame.header
        header.salt = segment.salt
        header.offset = end + run.bytes.count
        let encoded = header.encoded()
        run.bytes.append(contentsOf: encoded)
        frame.put(into: &run.bytes)
        run.frames.append((number, header, encoded))
        run.footprint += header.frameLength + FrameHeader.length
    }

    private mutating func write(
        _ run: inout Run, _ batch: [PreparedFrame], now: Int64, _ outcomes: inout [Result<TierWrite, FileFailure>]
    ) {
        guard let segment = active?.segment, let end = active?.end, !run.frames.isEmpty else { return }
        defer { run.clear() }
        do throws(FileFailure) {
            try segment.file.write(run.bytes, at: end)
        } catch {
            retract()
            guard run.frames.count > 1 else {
                outcomes[run.frames[0].number] = .failure(error)
                return afterFailure(error, now: now)
            }
            // One after the other, for what the disk still takes.
            for frame in run.frames {
                outcomes[frame.number] = appendAlone(batch[frame.number], now: now)
            }
            return
        }
        active?.end += run.bytes.count
        space.used += run.footprint
        written &+= UInt64(run.frames.count)
        dirty[segment.number] = segment
        for frame in run.frames {
            active?.headers.append(frame.encoded)
            publish(frame.header, at: Place(segment: segment.number, offset: UInt32(frame.header.offset)))
        }
    }

    private mutating func appendAlone(_ frame: PreparedFrame, now: Int64) -> Result<TierWrite, FileFailure> {
        do throws(FileFailure) {
            let place = try append(frame.header, now: now) { (file, offset) throws(FileFailure) in
                var bytes: [UInt8] = []
                bytes.reserveCapacity(frame.header.payloadLength)
                frame.put(into: &bytes)
                try file.write(bytes, at: offset)
            }
            publish(frame.header, at: place)
            return .success(.stored)
        } catch {
            afterFailure(error, now: now)
            return .failure(error)
        }
    }

    /// The file system is full below the cap: the next write shall find room.
    mutating func afterFailure(_ failure: FileFailure, now: Int64) {
        guard case .system = failure, failure.tierFailure == .full else { return }
        meetEnd()
        dropOldest(now: now)
    }

    /// What is filed under the digest came from a later position (invalidation.md rule 7).
    func isSuperseded(_ header: FrameHeader, now: Int64) -> Bool {
        guard let (_, old) = existing(header.digest.low) else { return false }
        return old.digest == header.digest && old.expiry > now && old.epoch == header.epoch && old.n > header.n
    }

    /// A write takes no more bytes than a frame above that.
    static let longestRun = 1 << 20
}

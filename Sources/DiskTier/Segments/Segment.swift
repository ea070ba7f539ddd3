internal import CacheModel

/// One segment file: appended to by the log alone, read by anyone who holds it, also after it was dropped.
final class Segment: Sendable {
    let number: UInt32
    let salt: UInt64
    let file: OpenFile

    init(number: UInt32, salt: UInt64, file: OpenFile) {
        self.number = number
        self.salt = salt
        self.file = file
    }

    /// The header of the frame there. `.corrupt` when there is none.
    func header(at offset: UInt32) throws(FileFailure) -> FrameHeader {
        let bytes = try file.read(count: FrameHeader.length, at: Int(offset))
        guard let header = bytes.withUnsafeBytes({ FrameHeader($0, salt: salt) }), header.offset == offset else {
            throw .corrupt
        }
        return header
    }
}

/// What a segment file holds, as its footer or a walk over its frames tells.
struct SegmentFrames {
    var headers: [FrameHeader]
    /// Where the frames end.
    var end: Int
    /// It has a footer and takes no more frames.
    var isSealed = false
    /// What the file may occupy, a footer to come included.
    var footprint: Int { end + SegmentFooter.length(frames: headers.count) }
}

extension Segment {
    /// - Parameters:
    ///   - size: of the file.
    ///   - known: the frames that it begins with, when they are known: those after them are looked for.
    func frames(size: Int, after known: SegmentFrames? = nil) throws(FileFailure) -> SegmentFrames {
        if let sealed = try footer(size: size) { return sealed }
        return try walk(size: size, after: known ?? SegmentFrames(headers: [], end: SegmentHeader.length))
    }

    private func footer(size: Int) throws(FileFailure) -> SegmentFrames? {
        guard size >= SegmentHeader.length + SegmentFooter.trailerLength else { return nil }
        let trailer = try file.read(count: SegmentFooter.trailerLength, at: size - SegmentFooter.trailerLength)
        guard let (count, checksum) = SegmentFooter.trailer(trailer, salt: salt) else { return nil }
        let start = size - SegmentFooter.length(frames: count)
        guard start >= SegmentHeader.length else { return nil }
        let bytes = try file.read(count: count * FrameHeader.length, at: start)
        return bytes.withUnsafeBytes { raw in
            guard RecordCodec.checksum(0, raw) == checksum else { return nil }
            var headers: [FrameHeader] = []
            headers.reserveCapacity(count)
            for at in stride(from: 0, to: raw.count, by: FrameHeader.length) {
                let one = UnsafeRawBufferPointer(rebasing: raw[at..<at + FrameHeader.length])
                guard let header = FrameHeader(one, salt: salt), header.offset + header.frameLength <= start else {
                    return nil
                }
                headers.append(header)
            }
            return SegmentFrames(headers: headers, end: start, isSealed: true)
        }
    }

    /// From frame to frame, reading headers only, to the first that is torn or reaches past the end.
    private func walk(size: Int, after known: SegmentFrames) throws(FileFailure) -> SegmentFrames {
        var found = known
        var window: [UInt8] = []
        var windowStart = 0
        while found.end + FrameHeader.length <= size {
            if found.end < windowStart || found.end + FrameHeader.length > windowStart + window.count {
                windowStart = found.end
                window = try file.read(count: min(Self.window, size - found.end), at: found.end)
            }
            let at = found.end - windowStart
            let header = window.withUnsafeBytes {
                FrameHeader(UnsafeRawBufferPointer(rebasing: $0[at..<at + FrameHeader.length]), salt: salt)
            }
            guard let header, header.offset == found.end, header.frameLength <= size - found.end else { break }
            found.headers.append(header)
            found.end += header.frameLength
        }
        return found
    }

    /// Small frames stand close together: one read brings some.
    private static let window = 8 << 10
}

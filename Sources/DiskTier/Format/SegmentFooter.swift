internal import CacheModel

/// What ends a sealed segment: the headers of all its frames once more, in a row, and a trailer, so that a start and an
/// eviction read one stretch of the file instead of hopping from frame to frame (docs/disk-format.md).
enum SegmentFooter {
    static let trailerLength = 32
    static let magic: UInt32 = 0x5345_4e44  // "SEND"

    static func length(frames: Int) -> Int { frames * FrameHeader.length + trailerLength }

    /// - Parameter headers: the encoded frame headers, in the order of the frames.
    static func encoded(headers: [UInt8], salt: UInt64) -> [UInt8] {
        var trailer = [UInt8](repeating: 0, count: trailerLength)
        BigEndian.put(magic, into: &trailer, at: 0)
        BigEndian.put(UInt32(headers.count / FrameHeader.length), into: &trailer, at: 4)
        BigEndian.put(headers.withUnsafeBytes { RecordCodec.checksum(0, $0) }, into: &trailer, at: 8)
        BigEndian.put(salt, into: &trailer, at: 16)
        BigEndian.put(trailer.withUnsafeBytes { RecordCodec.checksum(0, $0) }, into: &trailer, at: 12)
        return headers + trailer
    }

    /// How many frames the trailer speaks of and the checksum over their headers; nil when it is none.
    static func trailer(_ bytes: [UInt8], salt: UInt64) -> (frames: Int, checksum: UInt32)? {
        guard bytes.count == trailerLength else { return nil }
        return bytes.withUnsafeBytes { raw in
            guard BigEndian.word32(raw, 0) == magic, BigEndian.word64(raw, 16) == salt else { return nil }
            var crc = RecordCodec.checksum(0, UnsafeRawBufferPointer(rebasing: raw[..<12]))
            withUnsafeBytes(of: UInt32(0)) { crc = RecordCodec.checksum(crc, $0) }
            crc = RecordCodec.checksum(crc, UnsafeRawBufferPointer(rebasing: raw[16...]))
            guard crc == BigEndian.word32(raw, 12) else { return nil }
            return (Int(BigEndian.word32(raw, 4)), BigEndian.word32(raw, 8))
        }
    }
}

internal import CacheModel

/// The first 64 bytes of a segment file (docs/disk-format.md).
struct SegmentHeader: Equatable {
    /// Counts up over the life of the folder; it is in the file's name too.
    var number: UInt32
    /// Random; every frame of the segment repeats it.
    var salt: UInt64

    static let length = 64
    static let magic: UInt64 = 0x5354_5241_5345_474d  // "STRASEGM"
    /// Changes with every change of docs/disk-format.md that an older or newer program can't read.
    static let formatVersion: UInt32 = 1

    func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.length)
        BigEndian.put(Self.magic, into: &bytes, at: 0)
        BigEndian.put(Self.formatVersion, into: &bytes, at: 8)
        BigEndian.put(number, into: &bytes, at: 16)
        BigEndian.put(salt, into: &bytes, at: 24)
        let crc = bytes.withUnsafeBytes { RecordCodec.checksum(0, UnsafeRawBufferPointer(rebasing: $0[16...])) }
        BigEndian.put(crc, into: &bytes, at: 12)
        return bytes
    }

    init(number: UInt32, salt: UInt64) {
        self.number = number
        self.salt = salt
    }

    /// Nil for another format or a torn header.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.length, BigEndian.word64(bytes, 0) == Self.magic,
            BigEndian.word32(bytes, 8) == Self.formatVersion,
            RecordCodec.checksum(0, UnsafeRawBufferPointer(rebasing: bytes[16..<Self.length]))
                == BigEndian.word32(bytes, 12)
        else { return nil }
        number = BigEndian.word32(bytes, 16)
        salt = BigEndian.word64(bytes, 24)
    }
}

internal import CacheModel

/// The bytes of the index's snapshot (docs/disk-format.md): a header, then blocks, each with a checksum of its own.
enum SnapshotFormat {
    static let magic: UInt64 = 0x5354_5241_494e_4458  // "STRAINDX"
    /// Changes with every change that an older or newer program can't read; such a snapshot is dropped, nothing else.
    static let version: UInt32 = 1
    static let headerLength = 64
    static let blockHeaderLength = 16

    enum Block: UInt32 {
        case segments = 1
        case bodies = 2
        /// The frame headers of the segment that the mark is in.
        case frames = 3
        /// The records of one shard of the index; a shard without any has none.
        case records = 4

        /// Bytes of one item.
        var itemLength: Int {
            switch self {
            case .segments: 24
            case .bodies: 32
            case .frames: FrameHeader.length
            case .records: IndexSlot.encodedLength
            }
        }
    }

    /// A block's header for its payload.
    /// - Parameter shard: of a block of records.
    static func blockHeader(
        _ kind: Block, shard: Int = 0, count: Int, payload: UnsafeRawBufferPointer
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: blockHeaderLength)
        BigEndian.put(kind.rawValue, into: &bytes, at: 0)
        BigEndian.put(UInt32(count), into: &bytes, at: 4)
        BigEndian.put(UInt32(shard), into: &bytes, at: 8)
        let start = bytes.withUnsafeBytes { RecordCodec.checksum(0, UnsafeRawBufferPointer(rebasing: $0[..<12])) }
        BigEndian.put(RecordCodec.checksum(start, payload), into: &bytes, at: 12)
        return bytes
    }
}

/// A place in the log: everything before it is in the snapshot, everything from it on is not.
struct SnapshotMark: Equatable, Sendable {
    var segment: UInt32
    var offset: Int
}

/// The snapshot's header.
struct SnapshotHeader: Equatable {
    var mark: SnapshotMark
    var nextSegment: UInt32
    var nextBody: UInt64
    var records: Int

    func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: SnapshotFormat.headerLength)
        BigEndian.put(SnapshotFormat.magic, into: &bytes, at: 0)
        BigEndian.put(SnapshotFormat.version, into: &bytes, at: 8)
        BigEndian.put(mark.segment, into: &bytes, at: 16)
        BigEndian.put(UInt32(mark.offset), into: &bytes, at: 20)
        BigEndian.put(nextSegment, into: &bytes, at: 24)
        BigEndian.put(nextBody, into: &bytes, at: 32)
        BigEndian.put(UInt64(records), into: &bytes, at: 40)
        BigEndian.put(bytes.withUnsafeBytes { RecordCodec.checksum(0, $0) }, into: &bytes, at: 12)
        return bytes
    }

    init(mark: SnapshotMark, nextSegment: UInt32, nextBody: UInt64, records: Int) {
        self.mark = mark
        self.nextSegment = nextSegment
        self.nextBody = nextBody
        self.records = records
    }

    init(_ bytes: [UInt8]) throws(SnapshotProblem) {
        var blank = bytes
        guard bytes.count == SnapshotFormat.headerLength else { throw .broken }
        BigEndian.put(UInt32(0), into: &blank, at: 12)
        let crc = blank.withUnsafeBytes { RecordCodec.checksum(0, $0) }
        let (magic, version, checksum) = bytes.withUnsafeBytes {
            (BigEndian.word64($0, 0), BigEndian.word32($0, 8), BigEndian.word32($0, 12))
        }
        guard magic == SnapshotFormat.magic, checksum == crc else { throw .broken }
        guard version == SnapshotFormat.version else { throw .otherVersion }
        let raw = bytes.withUnsafeBytes {
            (
                BigEndian.word32($0, 16), BigEndian.word32($0, 20), BigEndian.word32($0, 24), BigEndian.word64($0, 32),
                BigEndian.word64($0, 40)
            )
        }
        guard let records = Int(exactly: raw.4) else { throw .broken }
        self.init(
            mark: SnapshotMark(segment: raw.0, offset: Int(raw.1)), nextSegment: raw.2, nextBody: raw.3,
            records: records)
    }
}

/// Why a snapshot is not used. The raw values are log words.
enum SnapshotProblem: String, Error {
    /// There is none.
    case missing
    case otherVersion = "other_version"
    /// Torn, flipped, or unreadable.
    case broken
    /// It speaks of segments that are no longer as it says.
    case outdated
}

/// A segment as the snapshot knows it.
struct SnapshotSegment: Equatable {
    var number: UInt32
    var salt: UInt64
    /// Of a sealed one the size of its file, of the marked one where its frames ended.
    var length: Int

    func encode(into bytes: inout [UInt8], at: Int) {
        BigEndian.put(number, into: &bytes, at: at)
        BigEndian.put(salt, into: &bytes, at: at + 8)
        BigEndian.put(UInt64(length), into: &bytes, at: at + 16)
    }

    init(number: UInt32, salt: UInt64, length: Int) {
        self.number = number
        self.salt = salt
        self.length = length
    }

    init?(_ bytes: UnsafeRawBufferPointer, at: Int) {
        number = BigEndian.word32(bytes, at)
        salt = BigEndian.word64(bytes, at + 8)
        guard let length = Int(exactly: BigEndian.word64(bytes, at + 16)) else { return nil }
        self.length = length
    }
}

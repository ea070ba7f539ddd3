internal import CacheModel

/// What stands before every record in a segment, and once more in the segment's footer (docs/disk-format.md). Bytes
/// that come from a file are believed only after the checksum, the salt and the offset hold.
struct FrameHeader: Equatable {
    enum Kind: UInt8 {
        /// The payload is a record with its body.
        case whole = 1
        /// The payload is a record's head, the piece table, and the body.
        case pieced = 2
        /// The payload is a record's head and the piece table; the body has a file of its own.
        case filed = 3
        /// No payload: what was filed under the digest before is removed.
        case tombstone = 4
    }

    var kind: Kind
    var digest: TierKey.Digest
    /// Wall-clock milliseconds.
    var expiry: Int64 = 0
    var epoch: UInt64 = 0
    var n: UInt64 = 0
    var entryID: UInt64 = 0
    /// Of the body's file; 0 when it has none.
    var bodyNumber: UInt64 = 0
    var bodyLength = 0
    /// Bytes of the payload before the body; all of it when the body is elsewhere or a part of the record.
    var headLength = 0
    var payloadLength = 0
    /// The segment's; nobody outside can know it, so no body can pretend to hold a frame.
    var salt: UInt64 = 0
    /// Where in its segment the frame begins.
    var offset = 0

    static let length = 96
    static let magic: UInt32 = 0x5346_524d  // "SFRM"

    var frameLength: Int { Self.length + payloadLength }

    func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.length)
        BigEndian.put(Self.magic, into: &bytes, at: 0)
        bytes[4] = kind.rawValue
        BigEndian.put(UInt32(payloadLength), into: &bytes, at: 8)
        BigEndian.put(digest.high, into: &bytes, at: 16)
        BigEndian.put(digest.low, into: &bytes, at: 24)
        BigEndian.put(expiry, into: &bytes, at: 32)
        BigEndian.put(epoch, into: &bytes, at: 40)
        BigEndian.put(n, into: &bytes, at: 48)
        BigEndian.put(entryID, into: &bytes, at: 56)
        BigEndian.put(bodyNumber, into: &bytes, at: 64)
        BigEndian.put(UInt64(bodyLength), into: &bytes, at: 72)
        BigEndian.put(salt, into: &bytes, at: 80)
        BigEndian.put(UInt32(offset), into: &bytes, at: 88)
        BigEndian.put(UInt32(headLength), into: &bytes, at: 92)
        // The field of the checksum is still zero here.
        let crc = bytes.withUnsafeBytes { RecordCodec.checksum(0, $0) }
        BigEndian.put(crc, into: &bytes, at: 12)
        return bytes
    }

    /// Nil unless the bytes are a whole header of a segment with this salt.
    init?(_ bytes: UnsafeRawBufferPointer, salt: UInt64) {
        guard bytes.count >= Self.length, BigEndian.word32(bytes, 0) == Self.magic,
            let kind = Kind(rawValue: bytes[4]), BigEndian.word64(bytes, 80) == salt
        else { return nil }
        var crc = RecordCodec.checksum(0, UnsafeRawBufferPointer(rebasing: bytes[..<12]))
        withUnsafeBytes(of: UInt32(0)) { crc = RecordCodec.checksum(crc, $0) }
        crc = RecordCodec.checksum(crc, UnsafeRawBufferPointer(rebasing: bytes[16..<Self.length]))
        guard crc == BigEndian.word32(bytes, 12), let bodyLength = Int(exactly: BigEndian.word64(bytes, 72)) else {
            return nil
        }
        self.init(
            kind: kind,
            digest: TierKey.Digest(high: BigEndian.word64(bytes, 16), low: BigEndian.word64(bytes, 24)),
            expiry: Int64(bitPattern: BigEndian.word64(bytes, 32)), epoch: BigEndian.word64(bytes, 40),
            n: BigEndian.word64(bytes, 48), entryID: BigEndian.word64(bytes, 56),
            bodyNumber: BigEndian.word64(bytes, 64), bodyLength: bodyLength,
            headLength: Int(BigEndian.word32(bytes, 92)), payloadLength: Int(BigEndian.word32(bytes, 8)), salt: salt,
            offset: Int(BigEndian.word32(bytes, 88)))
        guard lengthsAgree else { return nil }
    }

    private var lengthsAgree: Bool {
        switch kind {
        case .whole, .filed: headLength == payloadLength
        case .pieced: headLength <= payloadLength && payloadLength - headLength == bodyLength
        case .tombstone: payloadLength == 0 && headLength == 0
        }
    }

    init(
        kind: Kind, digest: TierKey.Digest, expiry: Int64 = 0, epoch: UInt64 = 0, n: UInt64 = 0, entryID: UInt64 = 0,
        bodyNumber: UInt64 = 0, bodyLength: Int = 0, headLength: Int = 0, payloadLength: Int = 0, salt: UInt64 = 0,
        offset: Int = 0
    ) {
        self.kind = kind
        self.digest = digest
        self.expiry = expiry
        self.epoch = epoch
        self.n = n
        self.entryID = entryID
        self.bodyNumber = bodyNumber
        self.bodyLength = bodyLength
        self.headLength = headLength
        self.payloadLength = payloadLength
        self.salt = salt
        self.offset = offset
    }
}

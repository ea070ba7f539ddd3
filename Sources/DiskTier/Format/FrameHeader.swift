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
        [UInt8](unsafeUninitializedCapacity: Self.length) { memory, filled in
            encode(into: UnsafeMutableRawBufferPointer(memory))
            filled = Self.length
        }
    }

    private func encode(into bytes: UnsafeMutableRawBufferPointer) {
        func put(_ value: UInt32, _ at: Int) {
            bytes.storeBytes(of: value.bigEndian, toByteOffset: at, as: UInt32.self)
        }
        func put(_ value: UInt64, _ at: Int) {
            bytes.storeBytes(of: value.bigEndian, toByteOffset: at, as: UInt64.self)
        }
        put(Self.magic, 0)
        put(UInt32(kind.rawValue) << 24, 4)
        put(UInt32(payloadLength), 8)
        put(UInt32(0), 12)
        put(digest.high, 16)
        put(digest.low, 24)
        put(UInt64(bitPattern: expiry), 32)
        put(epoch, 40)
        put(n, 48)
        put(entryID, 56)
        put(bodyNumber, 64)
        put(UInt64(bodyLength), 72)
        put(salt, 80)
        put(UInt32(offset), 88)
        put(UInt32(headLength), 92)
        // Taken with its own field as zero.
        put(RecordCodec.checksum(0, UnsafeRawBufferPointer(rebasing: bytes[..<Self.length])), 12)
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

/// One record in the index, 24 bytes. The rest of what is known of it stands in its frame's header.
struct IndexSlot {
    /// The low half of the key's digest. Two keys that share it push each other out; the frame's header and the key in
    /// the record decide whose the record is.
    var digest: UInt64
    /// 0: the slot is empty.
    var segment: UInt32
    var offset: UInt32
    private var lengthAndFlags: UInt32
    /// Seconds since 1970, rounded up.
    var expirySeconds: UInt32

    /// The body is read in pieces, not with the record.
    var isExternal: Bool { lengthAndFlags & Self.externalFlag != 0 }
    /// It was read since it was written.
    var wasHit: Bool {
        get { lengthAndFlags & Self.hitFlag != 0 }
        set { lengthAndFlags = newValue ? lengthAndFlags | Self.hitFlag : lengthAndFlags & ~Self.hitFlag }
    }
    /// Bytes of the frame.
    var length: Int { Int(lengthAndFlags & ~(Self.hitFlag | Self.externalFlag)) }
    var place: Place { Place(segment: segment, offset: offset) }

    /// Frames are shorter.
    static let lengthLimit = 1 << 30

    private static let hitFlag: UInt32 = 1 << 31
    private static let externalFlag: UInt32 = 1 << 30

    /// As the index's snapshot has it (docs/disk-format.md).
    static let encodedLength = 24

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        digest = BigEndian.word64(bytes, offset)
        segment = BigEndian.word32(bytes, offset + 8)
        self.offset = BigEndian.word32(bytes, offset + 12)
        lengthAndFlags = BigEndian.word32(bytes, offset + 16)
        expirySeconds = BigEndian.word32(bytes, offset + 20)
    }

    func encode(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        bytes.storeBytes(of: digest.bigEndian, toByteOffset: offset, as: UInt64.self)
        bytes.storeBytes(of: segment.bigEndian, toByteOffset: offset + 8, as: UInt32.self)
        bytes.storeBytes(of: self.offset.bigEndian, toByteOffset: offset + 12, as: UInt32.self)
        bytes.storeBytes(of: lengthAndFlags.bigEndian, toByteOffset: offset + 16, as: UInt32.self)
        bytes.storeBytes(of: expirySeconds.bigEndian, toByteOffset: offset + 20, as: UInt32.self)
    }

    static let empty = IndexSlot(digest: 0, place: Place(segment: 0, offset: 0), length: 0, external: false, expiry: 0)

    /// - Parameters:
    ///   - length: below 2^30, as segments are no larger.
    ///   - expiry: wall-clock milliseconds.
    init(digest: UInt64, place: Place, length: Int, external: Bool, expiry: Int64) {
        self.digest = digest
        segment = place.segment
        offset = place.offset
        lengthAndFlags = UInt32(length) | (external ? Self.externalFlag : 0)
        expirySeconds = UInt32(clamping: expiry / 1_000 + (expiry % 1_000 > 0 ? 1 : 0))
    }
}

/// Where a frame is.
struct Place: Hashable, Sendable {
    var segment: UInt32
    var offset: UInt32
}

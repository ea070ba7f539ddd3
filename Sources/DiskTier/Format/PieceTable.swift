internal import CacheModel

/// The checksums of a body's pieces, so that a part of a large body can be verified before it is served. Filled while
/// the body is written.
struct PieceTable: Sendable, Equatable {
    /// Bytes of a piece; the last one may be shorter.
    static let piece = 64 << 10

    /// CRC32C of each complete piece; of all when the body is complete.
    private(set) var checksums: [UInt32] = []
    /// CRC32C of the whole, as the record's head has it.
    private(set) var whole: UInt32 = 0
    /// Bytes taken in.
    private(set) var length = 0
    private var open: UInt32 = 0

    init() {}

    /// Of a body that is written: what its record has.
    init(checksums: [UInt32], whole: UInt32, length: Int) {
        self.checksums = checksums
        self.whole = whole
        self.length = length
    }

    /// Takes in the next bytes of the body.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        whole = RecordCodec.checksum(whole, bytes)
        var at = 0
        while at < bytes.count {
            let count = min(Self.piece - length % Self.piece, bytes.count - at)
            open = RecordCodec.checksum(open, UnsafeRawBufferPointer(rebasing: bytes[at..<at + count]))
            at += count
            length += count
            if length.isMultiple(of: Self.piece) { close() }
        }
    }

    /// After the last byte.
    mutating func finish() {
        if checksums.count * Self.piece < length { close() }
    }

    private mutating func close() {
        checksums.append(open)
        open = 0
    }

    static func count(bodyLength: Int) -> Int { bodyLength / piece + (bodyLength.isMultiple(of: piece) ? 0 : 1) }

    /// Bytes of the encoded table: the checksums, and one over them.
    static func encodedLength(bodyLength: Int) -> Int { (count(bodyLength: bodyLength) + 1) * 4 }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity((checksums.count + 1) * 4)
        for sum in checksums { withUnsafeBytes(of: sum.bigEndian) { bytes.append(contentsOf: $0) } }
        let own = bytes.withUnsafeBytes { RecordCodec.checksum(0, $0) }
        withUnsafeBytes(of: own.bigEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// The checksums in an encoded table of a body of this length; nil when it is torn.
    static func decode(_ bytes: UnsafeRawBufferPointer, bodyLength: Int) -> [UInt32]? {
        let count = count(bodyLength: bodyLength)
        guard bytes.count / 4 == count + 1, bytes.count.isMultiple(of: 4) else { return nil }
        let sums = UnsafeRawBufferPointer(rebasing: bytes[..<(count * 4)])
        guard RecordCodec.checksum(0, sums) == BigEndian.word32(bytes, count * 4) else { return nil }
        return (0..<count).map { BigEndian.word32(sums, $0 * 4) }
    }
}

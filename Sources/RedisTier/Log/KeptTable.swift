internal import CZlib
internal import CacheModel
internal import Glibc
internal import Invalidation
internal import NIOCore

/// The table as it was at one contact, for a process that is started while the log is out of reach (rule 15): it may go
/// on where the one before stood, for as long as that one could have. It counts only if nothing was applied since, and
/// the machine has not booted since, so that nothing has to be synced.
struct KeptTable {
    /// Of the boot; CLOCK_BOOTTIME is comparable within it.
    var boot: String
    /// When the write of that contact was sent.
    var contact: Int64
    var mark: AppliedMark
    var floor: UInt64
    var records: [InvalidationRecord]

    private static let magic: UInt64 = 0x5354_5254_4142_0002

    var bytes: [UInt8] {
        var out = ByteBuffer()
        out.writeInteger(Self.magic)
        out.writeInteger(UInt32(boot.utf8.count))
        out.writeString(boot)
        out.writeInteger(contact)
        for word in [mark.epoch, mark.n, mark.nonce == nil ? 0 : 1, mark.nonce ?? 0, floor, UInt64(records.count)] {
            out.writeInteger(word)
        }
        for record in records {
            let bytes = RecordBytes.encode(record)
            out.writeInteger(UInt32(bytes.count))
            out.writeBytes(bytes)
        }
        out.writeInteger(Self.checksum(out.readableBytesView))
        return Array(out.readableBytesView)
    }

    init(boot: String, contact: Int64, mark: AppliedMark, floor: UInt64, records: [InvalidationRecord]) {
        self.boot = boot
        self.contact = contact
        self.mark = mark
        self.floor = floor
        self.records = records
    }

    /// Nil when a byte is not as it was written.
    init?(_ bytes: [UInt8]) {
        guard bytes.count > 4 else { return nil }
        var reader = ByteBuffer(bytes: bytes)
        guard reader.getInteger(at: bytes.count - 4, as: UInt32.self) == Self.checksum(bytes.dropLast(4)) else {
            return nil
        }
        guard reader.readInteger(as: UInt64.self) == Self.magic, let length = reader.readInteger(as: UInt32.self),
            length <= 64, let boot = reader.readString(length: Int(length)),
            let contact = reader.readInteger(as: Int64.self)
        else { return nil }
        var words: [UInt64] = []
        for _ in 0..<6 {
            guard let word = reader.readInteger(as: UInt64.self) else { return nil }
            words.append(word)
        }
        var records: [InvalidationRecord] = []
        for _ in 0..<words[5] {
            guard let length = reader.readInteger(as: UInt32.self), Int(length) <= RecordBytes.maxLength,
                let bytes = reader.readBytes(length: Int(length)), let record = RecordBytes.decode(bytes)
            else { return nil }
            records.append(record)
        }
        guard reader.readableBytes == 4 else { return nil }
        self.init(
            boot: boot, contact: contact,
            mark: AppliedMark(epoch: words[0], n: words[1], nonce: words[2] == 1 ? words[3] : nil), floor: words[4],
            records: records)
    }

    private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        bytes.withContiguousStorageIfAvailable { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) } ?? 0
    }

    /// The id of this boot; nil where the system does not tell.
    static var boot: String? {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 36 else { return nil }
        return String(decoding: bytes[..<36], as: UTF8.self)
    }
}

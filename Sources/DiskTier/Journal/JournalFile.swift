internal import CPlatform
internal import Glibc
internal import Invalidation

/// Why a journal can't be used. The text names the path.
package struct JournalError: Error, Sendable, CustomStringConvertible {
    package var description: String
}

/// The bytes of the journal (invalidation.md, "The log in a journal").
///
/// ```
/// 0 "STRJ" · 4 version:4 · 8 epoch:8 · 16 floor:8 · 24 head:8 · 32 CRC32C of 0..<32 : 4
/// then frames: length:4 · CRC32C of the payload:4 · payload (RecordBytes)
/// ```
/// Numbers are big-endian. `head` is the newest `n` when the file was made: frames count on from there.
enum JournalFormat {
    static let magic: UInt32 = 0x5354_524a
    static let version: UInt32 = 1
    static let headerLength = 36

    struct Contents {
        var epoch: UInt64
        var floor: UInt64
        var head: UInt64
        var records: [InvalidationRecord]
    }

    /// What a journal holds; nil when any byte of it is not as it was written: then nobody can tell what was lost.
    static func parse(_ bytes: [UInt8]) -> Contents? {
        guard bytes.count >= headerLength, word32(bytes, 0) == magic, word32(bytes, 4) == version,
            word32(bytes, 32) == checksum(bytes[..<32])
        else { return nil }
        var contents = Contents(
            epoch: word64(bytes, 8), floor: word64(bytes, 16), head: word64(bytes, 24), records: [])
        var at = headerLength
        var last: UInt64 = 0
        while at < bytes.count {
            guard bytes.count - at >= 8 else { return nil }
            let length = Int(word32(bytes, at))
            guard length <= RecordBytes.maxLength, bytes.count - at - 8 >= length else { return nil }
            let payload = bytes[(at + 8)..<(at + 8 + length)]
            guard checksum(payload) == word32(bytes, at + 4), let record = RecordBytes.decode(Array(payload)),
                record.n > last
            else { return nil }
            last = record.n
            contents.records.append(record)
            at += 8 + length
        }
        contents.head = max(contents.head, last)
        return contents
    }

    static func header(epoch: UInt64, floor: UInt64, head: UInt64) -> [UInt8] {
        var out: [UInt8] = []
        put(magic, to: &out)
        put(version, to: &out)
        put(epoch, to: &out)
        put(floor, to: &out)
        put(head, to: &out)
        put(checksum(out[...]), to: &out)
        return out
    }

    static func frame(_ record: InvalidationRecord) -> [UInt8] {
        let payload = RecordBytes.encode(record)
        var out: [UInt8] = []
        put(UInt32(payload.count), to: &out)
        put(checksum(payload[...]), to: &out)
        return out + payload
    }

    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { cplatform_crc32c(0, $0.baseAddress, $0.count) }
    }

    static func put(_ value: some FixedWidthInteger, to out: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { out.append(contentsOf: $0) }
    }

    static func word32(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    static func word64(_ bytes: [UInt8], _ at: Int) -> UInt64 {
        bytes[at..<at + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The open journal: a locked file that is only appended to, and replaced whole when it is compacted. One thread.
struct JournalFile: ~Copyable {
    let path: String
    private var descriptor: Int32
    private(set) var length: Int
    /// What it held when it was opened. Given up by the first `replace`.
    private(set) var contents: [UInt8]

    /// Opens and locks the journal at `path`, made if it is not there, and reads it.
    init(opening path: String) throws(JournalError) {
        let descriptor = try Self.openLocked(path)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let got = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else {
                let error = Self.failure("read", path)
                close(descriptor)
                throw error
            }
            if got == 0 { break }
            bytes += piece[..<got]
        }
        self.path = path
        self.descriptor = descriptor
        length = bytes.count
        contents = bytes
    }

    deinit { close(descriptor) }

    private static func openLocked(_ path: String) throws(JournalError) -> Int32 {
        while true {
            let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw failure("open", path) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let error = errno
                close(descriptor)
                if error == EWOULDBLOCK {
                    throw JournalError(
                        description: "\(path): another process uses this journal (is Strata running already?)")
                }
                throw JournalError(description: "\(path): lock: \(String(cString: strerror(error)))")
            }
            // Whoever has the journal may have replaced it between the two calls: the lock would be of the old file.
            var locked = stat()
            var named = stat()
            if fstat(descriptor, &locked) == 0, stat(path, &named) == 0, locked.st_ino == named.st_ino,
                locked.st_dev == named.st_dev
            {
                return descriptor
            }
            close(descriptor)
        }
    }

    /// Appends and, unless told otherwise, syncs. When it throws, the file is as it was before.
    mutating func append(_ bytes: [UInt8], syncs: Bool = true) throws(JournalError) {
        do throws(JournalError) {
            try Self.write(bytes, to: descriptor, at: length, path)
            guard !syncs || fdatasync(descriptor) == 0 else { throw Self.failure("fdatasync", path) }
        } catch {
            // What was written in part must not stand before the next record.
            guard ftruncate(descriptor, off_t(length)) == 0 else {
                throw JournalError(description: "\(error.description); and it could not be cut back")
            }
            throw error
        }
        length += bytes.count
    }

    /// Replaces the whole content in one step: a new file, synced, renamed over the old one, the folder synced.
    mutating func replace(with bytes: [UInt8]) throws(JournalError) {
        let temporary = path + ".new"
        let fresh = Glibc.open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard fresh >= 0 else { throw Self.failure("open", temporary) }
        do throws(JournalError) {
            guard flock(fresh, LOCK_EX | LOCK_NB) == 0 else { throw Self.failure("lock", temporary) }
            try Self.write(bytes, to: fresh, at: 0, temporary)
            guard fsync(fresh) == 0 else { throw Self.failure("fsync", temporary) }
            guard rename(temporary, path) == 0 else { throw Self.failure("rename", path) }
            Self.syncFolder(of: path)
        } catch {
            close(fresh)
            throw error
        }
        close(descriptor)
        descriptor = fresh
        length = bytes.count
        contents = []
    }

    private static func write(
        _ bytes: [UInt8], to descriptor: Int32, at offset: Int, _ path: String
    ) throws(JournalError) {
        var done = 0
        while done < bytes.count {
            let wrote = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + done, bytes.count - done, off_t(offset + done))
            }
            if wrote < 0, errno == EINTR { continue }
            guard wrote > 0 else { throw failure("write", path) }
            done += wrote
        }
    }

    private static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(_ call: String, _ path: String) -> JournalError {
        JournalError(description: "\(path): \(call): \(String(cString: strerror(errno)))")
    }
}

import Glibc

/// Files below one folder, read at each request: they are few and small.
struct Folder: Sendable {
    struct File: Sendable {
        var bytes: [UInt8]
        /// Seconds since 1970.
        var modified: Int64
    }

    let path: String

    /// Nil unless it is a plain file below the folder.
    func file(_ name: some StringProtocol) -> File? {
        let parts = name.split(separator: "/")
        guard !parts.isEmpty, !parts.contains(".."), !name.contains("\0") else { return nil }
        let descriptor = open(path + "/" + parts.joined(separator: "/"), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(info.st_size)) { buffer, count in
            while count < buffer.count {
                let got = read(descriptor, buffer.baseAddress! + count, buffer.count - count)
                if got <= 0 { break }
                count += got
            }
        }
        return File(bytes: bytes, modified: Int64(info.st_mtim.tv_sec))
    }
}

internal import CPlatform
internal import Glibc

/// The folder is this process's as long as this object lives; the system gives it free when the process dies.
final class FolderLock: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Its file is still the one that others would lock.
    var isNamed: Bool { cplatform_is_file(descriptor, path) == 1 }

    init(_ folder: Folder) throws(DiskError) {
        let descriptor = cplatform_open(folder.lock, O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else {
            throw DiskError(kind: .system, path: folder.lock, errno: -descriptor, action: "open the lock file")
        }
        let result = cplatform_lock(descriptor)
        guard result == 0 else {
            _ = cplatform_close(descriptor)
            guard result == -EWOULDBLOCK else {
                throw DiskError(kind: .system, path: folder.lock, errno: -result, action: "lock")
            }
            throw DiskError(kind: .locked, path: folder.path, errno: 0, action: "lock")
        }
        self.descriptor = descriptor
        path = folder.lock
    }

    deinit { _ = cplatform_close(descriptor) }
}

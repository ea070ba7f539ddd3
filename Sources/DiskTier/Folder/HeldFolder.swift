internal import CPlatform
internal import CacheModel
internal import Logging
internal import Synchronization

/// A folder that this process works in: made, locked, and made again when somebody removed it meanwhile. Any thread;
/// calls may block.
final class HeldFolder: Sendable {
    private let folder: Folder
    private let device: any Device
    private let logger: Logger
    /// Nil once it was given free.
    private let lock: Mutex<FolderLock?>
    private let times = Atomic(0)

    /// How often it was made again. A file from before may have no name any more.
    var remakes: Int { times.load(ordering: .acquiring) }

    init(_ folder: Folder, on device: any Device, logger: Logger) throws(DiskError) {
        self.folder = folder
        self.device = device
        self.logger = logger
        try folder.create()
        lock = Mutex(try FolderLock(folder))
    }

    /// The folder is free for another process.
    func giveFree() { lock.withLock { $0 = nil } }

    /// Makes a file that is not there yet, and the folders above it where they are gone.
    func create(_ path: String) throws(FileFailure) -> OpenFile {
        do throws(FileFailure) {
            return try OpenFile(path, .create, on: device)
        } catch {
            guard error.isMissing, remake() else { throw error }
            return try OpenFile(path, .create, on: device)
        }
    }

    /// False: it can't be made, it is another process's now, or there is something else in its place.
    private func remake() -> Bool {
        lock.withLock { lock in
            guard let held = lock else { return false }
            do throws(DiskError) {
                try folder.create()
                // With its file the lock went: it would keep nobody out.
                if !held.isNamed { lock = try FolderLock(folder) }
                switch FormatFile.read(folder, on: device) {
                case .ours: break
                case .none: try FormatFile.write(folder, on: device)
                case .other: return false
                }
            } catch {
                return false
            }
            times.add(1, ordering: .releasing)
            logger.warning("the disk tier's folder was gone and is made again", metadata: ["path": "\(folder.path)"])
            return true
        }
    }
}

import DiskTier
import Glibc
import Synchronization

/// The machine's files on a file system that is full at so many bytes below a folder.
final class SmallDevice: Device {
    private let system = SystemDevice()
    private let folder: TemporaryFolder
    private let limit: Int

    init(_ folder: TemporaryFolder, limit: Int) {
        self.folder = folder
        self.limit = limit
    }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        let growth = max(0, offset + bytes.count - system.size(descriptor))
        guard folder.bytes + growth <= limit else { return -Int(ENOSPC) }
        return system.write(descriptor, bytes, at: offset)
    }

    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        system.read(descriptor, into: bytes, at: offset)
    }

    func readCached(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        system.readCached(descriptor, into: bytes, at: offset)
    }

    func open(_ path: String, _ mode: OpenMode) -> Int32 { system.open(path, mode) }
    func close(_ descriptor: Int32) { system.close(descriptor) }
    func sync(_ descriptor: Int32) -> Int32 { system.sync(descriptor) }
    func truncate(_ descriptor: Int32, to length: Int) -> Int32 { system.truncate(descriptor, to: length) }
    func size(_ descriptor: Int32) -> Int { system.size(descriptor) }
    func rename(_ path: String, _ other: String) -> Int32 { system.rename(path, other) }
    func unlink(_ path: String) -> Int32 { system.unlink(path) }
    func link(_ path: String, _ other: String) -> Int32 { system.link(path, other) }
}

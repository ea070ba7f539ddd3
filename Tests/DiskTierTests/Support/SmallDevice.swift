import DiskTier
import Glibc
import Synchronization

/// The machine's files on a file system that is full at so many bytes below a folder.
final class SmallDevice: WrappingDevice {
    let system = SystemDevice()
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
}

import DiskTier
import Glibc
import Synchronization

/// The machine's files on a file system where all that is read is in memory, until reads fail.
final class WarmDevice: WrappingDevice {
    let system = SystemDevice()
    /// What every read comes to; 0: well.
    private let fault = Atomic<Int32>(0)

    func fail(_ code: Int32) { fault.store(code, ordering: .relaxed) }

    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        let code = fault.load(ordering: .relaxed)
        return code == 0 ? system.read(descriptor, into: bytes, at: offset) : -Int(code)
    }

    func readCached(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        fault.load(ordering: .relaxed) == 0 ? system.read(descriptor, into: bytes, at: offset) : -Int(EAGAIN)
    }
}

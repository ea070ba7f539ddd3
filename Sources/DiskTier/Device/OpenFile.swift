internal import CPlatform
internal import CacheModel
internal import Glibc

/// One open file, closed with its last reference: whoever reads a file that was dropped meanwhile still reads its
/// bytes.
final class OpenFile: Sendable {
    let device: any Device
    let descriptor: Int32

    /// Takes over the descriptor.
    init(_ descriptor: Int32, on device: any Device) {
        self.descriptor = descriptor
        self.device = device
    }

    convenience init(_ path: String, _ mode: OpenMode, on device: any Device) throws(FileFailure) {
        let descriptor = device.open(path, mode)
        guard descriptor >= 0 else { throw FileFailure(descriptor) }
        self.init(descriptor, on: device)
    }

    deinit { device.close(descriptor) }

    /// Fills all of `bytes`. A file that ends before is `.truncated`.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileFailure) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = device.read(descriptor, into: rest, at: offset + done)
            guard count >= 0 else { throw FileFailure(Int32(truncatingIfNeeded: count)) }
            guard count > 0 else { throw .truncated }
            done += count
        }
    }

    /// Fills all of `bytes` if they are in memory; false: the device would have to be waited for. Never blocks.
    func readCached(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Bool {
        bytes.isEmpty || device.readCached(descriptor, into: bytes, at: offset) == bytes.count
    }

    func read(count: Int, at offset: Int) throws(FileFailure) -> [UInt8] {
        var failure: FileFailure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { memory, filled in
            do throws(FileFailure) {
                try read(into: UnsafeMutableRawBufferPointer(memory), at: offset)
                filled = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all of `bytes`, over again where the device takes fewer.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileFailure) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = device.write(descriptor, rest, at: offset + done)
            guard count >= 0 else { throw FileFailure(Int32(truncatingIfNeeded: count)) }
            guard count > 0 else { throw .system(EIO) }
            done += count
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileFailure) {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(FileFailure) in try write(raw, at: offset) }
    }

    func sync() throws(FileFailure) {
        let result = device.sync(descriptor)
        guard result >= 0 else { throw FileFailure(result) }
    }

    func truncate(to length: Int) throws(FileFailure) {
        let result = device.truncate(descriptor, to: length)
        guard result >= 0 else { throw FileFailure(result) }
    }

    func size() throws(FileFailure) -> Int {
        let result = device.size(descriptor)
        guard result >= 0 else { throw FileFailure(Int32(truncatingIfNeeded: result)) }
        return result
    }

    /// Asks the kernel to begin writing a range back. A hint: its failure means nothing.
    func startWriteback(from offset: Int, count: Int) {
        _ = cplatform_start_writeback(descriptor, Int64(offset), Int64(count))
    }
}

/// Why a file call came to nothing.
enum FileFailure: Error, Equatable {
    /// The system refused, with this errno.
    case system(Int32)
    /// The file ends before the bytes that were asked for.
    case truncated
    /// The bytes are not what was written.
    case corrupt
    /// The cap leaves no room.
    case noRoom
    /// It could never fit.
    case tooLarge

    init(_ negativeErrno: Int32) { self = .system(-negativeErrno) }

    var tierFailure: TierFailure {
        switch self {
        case .system(ENOSPC), .system(EDQUOT), .system(EFBIG), .noRoom: .full
        case .tooLarge: .tooLarge
        case .system: .ioError
        case .truncated, .corrupt: .corrupt
        }
    }

    /// There is no such file.
    var isMissing: Bool { self == .system(ENOENT) }

    /// Whether it speaks against the device as a whole (the circuit breaker counts these).
    var isDeviceFault: Bool { tierFailure == .ioError }
}

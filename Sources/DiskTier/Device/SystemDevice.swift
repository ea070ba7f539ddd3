internal import CPlatform
internal import Glibc

/// The files of this machine.
package struct SystemDevice: Device {
    package init() {}

    package func open(_ path: String, _ mode: OpenMode) -> Int32 {
        switch mode {
        case .read: cplatform_open(path, O_RDONLY, 0)
        case .readWrite: cplatform_open(path, O_RDWR, 0)
        case .create: cplatform_open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        }
    }

    package func close(_ descriptor: Int32) { _ = cplatform_close(descriptor) }

    package func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        Int(cplatform_pread(descriptor, bytes.baseAddress, bytes.count, Int64(offset)))
    }

    package func readCached(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        Int(cplatform_pread_cached(descriptor, bytes.baseAddress, bytes.count, Int64(offset)))
    }

    package func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        Int(cplatform_pwrite(descriptor, bytes.baseAddress, bytes.count, Int64(offset)))
    }

    package func sync(_ descriptor: Int32) -> Int32 { cplatform_fdatasync(descriptor) }

    package func truncate(_ descriptor: Int32, to length: Int) -> Int32 {
        cplatform_ftruncate(descriptor, Int64(length))
    }

    package func size(_ descriptor: Int32) -> Int { Int(cplatform_file_size(descriptor)) }

    package func rename(_ path: String, _ other: String) -> Int32 { cplatform_rename(path, other) }

    package func unlink(_ path: String) -> Int32 { cplatform_unlink(path) }

    package func link(_ path: String, _ other: String) -> Int32 { Glibc.link(path, other) < 0 ? -errno : 0 }
}

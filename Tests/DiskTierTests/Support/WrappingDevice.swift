import DiskTier

/// A device that does as the machine's, but for what it says itself.
protocol WrappingDevice: Device {
    var system: SystemDevice { get }
}

extension WrappingDevice {
    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        system.read(descriptor, into: bytes, at: offset)
    }
    func readCached(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        system.readCached(descriptor, into: bytes, at: offset)
    }
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        system.write(descriptor, bytes, at: offset)
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

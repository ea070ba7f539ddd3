/// The calls through which this tier touches files: the system's, or in tests the system's with faults put in front.
/// Results below 0 are -errno. Any thread; every call may block.
package protocol Device: Sendable {
    /// A descriptor.
    func open(_ path: String, _ mode: OpenMode) -> Int32
    func close(_ descriptor: Int32)
    /// Up to `bytes.count` bytes; 0 at the end of the file.
    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int
    /// The same, of what is in memory: never waits for the device. -EAGAIN when it is not there; may be fewer bytes.
    func readCached(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int
    /// May write fewer bytes than given.
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int
    func sync(_ descriptor: Int32) -> Int32
    func truncate(_ descriptor: Int32, to length: Int) -> Int32
    func size(_ descriptor: Int32) -> Int
    /// Puts the file under the other name, in place of what had it.
    func rename(_ path: String, _ other: String) -> Int32
    func unlink(_ path: String) -> Int32
    /// A second name for a file.
    func link(_ path: String, _ other: String) -> Int32
}

package enum OpenMode: Sendable {
    case read
    case readWrite
    /// The file must not be there yet.
    case create
}

/// Lines of the access log on their way to the file: whole lines only.
final class LogBuffer: @unchecked Sendable {
    // Safe because a buffer has one owner at a time: a loop fills it, the writer's lock guards it while it is queued,
    // the writer's thread writes it out. It changes hands under that lock.

    static let capacity = 64 << 10

    let base = UnsafeMutableRawPointer.allocate(byteCount: LogBuffer.capacity, alignment: 16)
    /// Bytes in it.
    var count = 0
    var lines = 0

    deinit { base.deallocate() }

    var room: Int { Self.capacity - count }

    func clear() {
        count = 0
        lines = 0
    }

    /// Adds the other's lines. There must be room.
    func append(_ other: LogBuffer) {
        precondition(other.count <= room, "lines don't fit")
        base.advanced(by: count).copyMemory(from: other.base, byteCount: other.count)
        count += other.count
        lines += other.lines
    }

    /// Adds one line, its line feed included. There must be room.
    func append(line: UnsafeRawBufferPointer) {
        precondition(line.count <= room, "the line doesn't fit")
        UnsafeMutableRawBufferPointer(start: base + count, count: room).copyMemory(from: line)
        count += line.count
        lines += 1
    }

    /// Lines that begin at or after the index, which stands at the start of one.
    func lines(from start: Int) -> Int {
        UnsafeRawBufferPointer(start: base + start, count: count - start).reduce(0) { $0 + ($1 == 0x0a ? 1 : 0) }
    }

    /// Where the line begins that the byte at `index` belongs to.
    func lineStart(_ index: Int) -> Int {
        var start = index
        while start > 0, base.load(fromByteOffset: start - 1, as: UInt8.self) != 0x0a { start -= 1 }
        return start
    }
}

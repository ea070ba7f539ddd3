/// An array in pieces of 64 KB: it grows without copying and without room to spare.
struct Chunks<Element: Sendable>: Sendable {
    private static var perChunk: Int { max(1, (64 << 10) / max(1, MemoryLayout<Element>.stride)) }

    private var chunks: [[Element]] = []
    private(set) var count = 0

    var indices: Range<Int> { 0..<count }
    /// Bytes held.
    var footprint: Int { chunks.count * (Self.perChunk * MemoryLayout<Element>.stride + 48) }

    subscript(index: Int) -> Element {
        get { chunks[index / Self.perChunk][index % Self.perChunk] }
        _modify { yield &chunks[index / Self.perChunk][index % Self.perChunk] }
    }

    mutating func append(_ element: Element) {
        if count == chunks.count * Self.perChunk {
            var chunk: [Element] = []
            chunk.reserveCapacity(Self.perChunk)
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(element)
        count += 1
    }
}

/// Byte strings one after another in pieces of 64 KB, none across two pieces; a longer one has a piece of its own. A place
/// is the piece's number above 16 bits of offset, and stays.
struct ByteChunks: Sendable {
    private static let size = 64 << 10
    /// Places have 40 bits.
    private static let mostChunks = 1 << 24

    private var chunks: [[UInt8]] = []
    private(set) var count = 0

    /// Bytes held.
    var footprint: Int { chunks.reduce(0) { $0 + $1.capacity + 48 } }

    /// Appends a string of `length` bytes, which `write` appends, and returns its place.
    mutating func append(_ length: Int, _ write: (inout [UInt8]) -> Void) -> Int {
        if chunks.isEmpty || chunks[chunks.count - 1].count + length > Self.size {
            precondition(chunks.count < Self.mostChunks, "the table is full")
            var chunk: [UInt8] = []
            chunk.reserveCapacity(max(Self.size, length))
            chunks.append(chunk)
        }
        let last = chunks.count - 1
        let offset = chunks[last].count
        write(&chunks[last])
        count += chunks[last].count - offset
        return last << 16 | offset
    }

    /// The bytes from a place on, to the end of its piece.
    func from<Result>(_ place: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        chunks[place >> 16].withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[(place & 0xffff)...])) }
    }
}

/// The encoded headers of a segment's frames, in stretches: it grows without moving, and a copy shares all but the last.
struct HeaderList {
    private var stretches: [[UInt8]] = []
    /// Bytes.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ header: [UInt8]) {
        if stretches.isEmpty || stretches[stretches.count - 1].count + header.count > Self.stretch {
            var new: [UInt8] = []
            new.reserveCapacity(Self.stretch)
            stretches.append(new)
        }
        stretches[stretches.count - 1] += header
        count += header.count
    }

    /// All of them in a row.
    var bytes: [UInt8] { Array(stretches.joined()) }

    private static let stretch = 256 * FrameHeader.length
}

internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import NIOCore

/// Keeps the body of a passed 206 beside its reader.
struct PartRecorder {
    private let head: StoredHead
    private let range: Range<Int>
    private let completeLength: Int
    private var chunks: [ByteBuffer] = []
    private var count = 0
    /// The framing says how long the body is: its last byte is known to be that.
    private let isFramed: Bool

    init(_ head: StoredHead, _ contentRange: ContentRange, completeLength: Int, isFramed: Bool) {
        self.head = head
        self.isFramed = isFramed
        range = contentRange.range
        self.completeLength = completeLength
    }

    /// False when there are more bytes than `Content-Range` says: whatever it is, it is not that part.
    mutating func append(_ bytes: ByteBuffer) -> Bool {
        count += bytes.readableBytes
        guard count <= range.count else { return false }
        chunks.append(bytes)
        return true
    }

    /// Nothing more can come: the part may be filed before the client has its last byte.
    var isWhole: Bool { isFramed && count == range.count }

    /// The part; nil when there are fewer bytes than there should be.
    func finish() -> PartialResponse? {
        guard count == range.count else { return nil }
        return PartialResponse(
            head: head, completeLength: completeLength,
            part: PartialResponse.Part(start: range.lowerBound, bytes: ByteBuffer.exact(chunks)))
    }
}

import CZlib
import HTTPMessage
import NIOCore

/// Reads requests from a connection's bytes. Its own, and not the proxy's parser: a peer that shared the parser would
/// share its mistakes. It takes what it can and refuses only what it can't frame.
struct RequestReader {
    enum Event {
        case needsMore
        /// The head is whole; the body follows.
        case head(Request)
        case complete(Request)
        /// Not a request; the connection can't go on.
        case unreadable(String)
    }

    private enum State {
        case head
        case counted(Request, left: Int)
        case chunkSize(Request)
        case chunkData(Request, left: Int)
        case chunkEnd(Request)
        case trailers(Request)
        case failed(String)
    }

    private static let largestHead = 1 << 20

    private var buffer = ByteBuffer()
    private var state = State.head

    mutating func append(_ bytes: inout ByteBuffer) { buffer.writeBuffer(&bytes) }

    /// Takes the next event; call it until it says `needsMore`.
    mutating func next() -> Event {
        while true {
            switch state {
            case .failed(let reason):
                return .unreadable(reason)
            case .head:
                guard let event = readHead() else { return .needsMore }
                return event
            case .counted(var request, let left):
                let taken = takeBody(&request, atMost: left)
                if taken == left { return finish(request) }
                state = .counted(request, left: left - taken)
                return .needsMore
            case .chunkSize(let request):
                guard let line = takeLine() else { return .needsMore }
                let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
                guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
                    return fail("bad chunk size")
                }
                state = size == 0 ? .trailers(request) : .chunkData(request, left: size)
            case .chunkData(var request, let left):
                let taken = takeBody(&request, atMost: left)
                state = taken == left ? .chunkEnd(request) : .chunkData(request, left: left - taken)
                if taken < left { return .needsMore }
            case .chunkEnd(let request):
                guard let line = takeLine() else { return .needsMore }
                guard line.isEmpty else { return fail("bytes after a chunk") }
                state = .chunkSize(request)
            case .trailers(let request):
                guard let line = takeLine() else { return .needsMore }
                if line.isEmpty { return finish(request) }
            }
        }
    }

    private mutating func finish(_ request: Request) -> Event {
        state = .head
        buffer.discardReadBytes()
        return .complete(request)
    }

    private mutating func fail(_ reason: String) -> Event {
        state = .failed(reason)
        return .unreadable(reason)
    }

    // MARK: - Pieces

    /// Takes the head once all of it is there.
    private mutating func readHead() -> Event? {
        let bytes = buffer.readableBytesView
        guard let end = Self.endOfHead(bytes) else {
            return bytes.count > Self.largestHead ? fail("head above \(Self.largestHead) bytes") : nil
        }
        let head = Array(bytes[..<end])
        buffer.moveReaderIndex(forwardBy: end - bytes.startIndex)
        var lines = head.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
        while lines.first?.isEmpty == true { lines.removeFirst() }
        let first = lines.isEmpty ? [] : lines.removeFirst().split(separator: UInt8(ascii: " "))
        guard first.count == 3 else { return fail("bad request line") }
        let words = first.map { String(decoding: $0, as: UTF8.self) }
        var request = Request(method: words[0], target: words[1], version: words[2], fields: FieldBlock())
        for line in lines where !line.isEmpty {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return fail("a field line without colon") }
            request.fields.append(nameBytes: line[..<colon], Self.trimmed(line[(colon + 1)...]))
        }
        return body(of: request)
    }

    private mutating func body(of request: Request) -> Event {
        if request.field("transfer-encoding")?.lowercased().hasSuffix("chunked") == true {
            state = .chunkSize(request)
        } else if let length = request.field("content-length") {
            guard let count = Int(length), count >= 0 else { return fail("bad Content-Length") }
            state = .counted(request, left: count)
        } else {
            state = .counted(request, left: 0)
        }
        return .head(request)
    }

    /// The index after the blank line.
    private static func endOfHead(_ bytes: ByteBufferView) -> Int? {
        var lineLength = 0
        var seenText = false
        for (index, byte) in zip(bytes.indices, bytes) {
            if byte == UInt8(ascii: "\n") {
                if lineLength == 0 && seenText { return index + 1 }
                lineLength = 0
            } else if byte != UInt8(ascii: "\r") {
                lineLength += 1
                seenText = true
            }
        }
        return nil
    }

    private mutating func takeLine() -> [UInt8]? {
        let bytes = buffer.readableBytesView
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        var line = Array(bytes[..<end])
        buffer.moveReaderIndex(forwardBy: end - bytes.startIndex + 1)
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }

    private mutating func takeBody(_ request: inout Request, atMost left: Int) -> Int {
        let count = min(left, buffer.readableBytes)
        guard count > 0 else { return 0 }
        request.bodyChecksum = buffer.withUnsafeReadableBytes { bytes in
            crc32_z(request.bodyChecksum, bytes.bindMemory(to: UInt8.self).baseAddress, count)
        }
        request.bodyLength += count
        buffer.moveReaderIndex(forwardBy: count)
        return count
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        var value = value.drop(while: isSpace)
        while let last = value.last, isSpace(last) { value.removeLast() }
        return value
    }
}

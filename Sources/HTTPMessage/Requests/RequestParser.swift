/// The strict HTTP/1.1 request parser (RFC 9112): bytes in, a head or an error out. One for a connection; it keeps its
/// storage from request to request. It reads every byte once however the bytes are cut: what it has seen it does not
/// look at again, and the outcome is the same for every cut.
package struct RequestParser: Sendable {
    /// The head that `parse` completed; valid until the next call of `parse`.
    package internal(set) var head = RequestHead()

    let limits: MessageLimits
    let names = FieldNameTable.shared
    private var phase = Phase.emptyLines
    /// Where the request line starts: behind the empty lines that are skipped.
    var base = 0
    private var lineStart = 0
    /// No line ends before this offset.
    private var scanned = 0
    private var emptyLines = 0
    private var failure: RequestError?
    var connection = ConnectionOptions()

    private enum Phase { case emptyLines, requestLine, fields, complete }

    package init(limits: MessageLimits) { self.limits = limits }

    /// Whether bytes of a request have been seen that is not complete yet: the header timeout counts, not the idle one.
    package var isWithinHead: Bool { phase == .requestLine || phase == .fields }

    /// Reads on. `bytes` are all unconsumed bytes of the connection: the ones of the last call that returned nil again,
    /// and what arrived since. Returns how many of them the head took (empty lines before it included) and has then
    /// filled `head`; nil when more is needed. After an error every call throws it again.
    package mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> Int? {
        if let failure { throw failure }
        do throws(RequestError) {
            return try advance(bytes)
        } catch {
            failure = error
            // The fields read so far name ranges of these bytes, and whoever logs the refusal looks at them.
            if phase == .fields {
                head.fields.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[base..<lineStart]))
            }
            throw error
        }
    }

    private mutating func advance(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> Int? {
        if phase == .complete || (phase == .emptyLines && scanned == 0) { start() }
        if phase == .emptyLines {
            guard try skipEmptyLines(bytes) else { return nil }
        }
        while let end = try lineEnd(bytes) {
            if phase == .requestLine {
                try parseRequestLine(bytes, end)
                phase = .fields
            } else if end == lineStart {
                try finish(bytes, end + 2)
                return end + 2
            } else {
                try parseField(bytes, lineStart, end)
            }
            lineStart = end + 2
            scanned = lineStart
        }
        return nil
    }

    private mutating func start() {
        head.removeAll()
        connection = ConnectionOptions()
        phase = .emptyLines
        (base, lineStart, scanned, emptyLines) = (0, 0, 0, 0)
    }

    /// RFC 9112 §2.2: some clients send an empty line after a body. Two are forgiven. True when a request line begins.
    private mutating func skipEmptyLines(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> Bool {
        while lineStart < bytes.count {
            switch bytes[lineStart] {
            case 0x0a: throw .bareLineFeed
            case 0x0d:
                guard lineStart + 1 < bytes.count else { return false }
                guard bytes[lineStart + 1] == 0x0a else { throw .bareCarriageReturn }
                guard emptyLines < 2 else { throw .tooManyEmptyLines }
                emptyLines += 1
                lineStart += 2
                scanned = lineStart
            default:
                base = lineStart
                phase = .requestLine
                return true
            }
        }
        return false
    }

    /// Where the line that starts at `lineStart` ends: the offset of its CR, an LF behind it. Nil when more is needed.
    /// The window never reaches beyond a limit, so that a limit strikes at the same byte however the input is cut.
    @inline(__always)
    private mutating func lineEnd(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> Int? {
        let inRequestLine = phase == .requestLine
        let limit = inRequestLine ? base + limits.requestLine + 2 : base + limits.head
        let window = min(bytes.count, limit)
        while true {
            let i = ByteScan.firstControl(bytes, from: scanned, to: window)
            scanned = i
            guard i < window else { break }
            switch bytes[i] {
            case 0x0d:
                guard i + 1 < window else {
                    if window == limit { break }
                    return nil
                }
                guard bytes[i + 1] == 0x0a else { throw .bareCarriageReturn }
                return i
            case 0x09:
                if inRequestLine { throw .badRequestLine }
                scanned = i + 1
                continue
            case 0x0a: throw .bareLineFeed
            default: throw .controlCharacter
            }
            break
        }
        if window == limit { throw inRequestLine ? .requestLineTooLong : .headTooLarge }
        return nil
    }
}

// MARK: - The request line

extension RequestParser {
    /// `method SP request-target SP HTTP-version` (RFC 9112 §3) in `base..<end`.
    private mutating func parseRequestLine(_ bytes: UnsafeRawBufferPointer, _ end: Int) throws(RequestError) {
        var methodEnd = base
        while methodEnd < end, ByteSet.token.contains(bytes[methodEnd]) { methodEnd += 1 }
        guard methodEnd < end, bytes[methodEnd] == 0x20, methodEnd > base else {
            throw methodEnd > base && methodEnd < end && bytes[methodEnd] != 0x20 ? .badMethod : .badRequestLine
        }
        let targetStart = methodEnd + 1
        let targetEnd = ByteScan.first(0x20, bytes, from: targetStart, to: end)
        guard targetEnd > targetStart else { throw .badRequestLine }
        guard targetEnd < end else { throw .simpleRequest }
        head.minorVersion = try Self.minorVersion(bytes, targetEnd + 1, end)
        head.method = Method(UnsafeRawBufferPointer(rebasing: bytes[base..<methodEnd]))
        // The head's limit keeps every offset within 32 bits.
        head.methodEnd = UInt32(methodEnd - base)
        head.targetStart = UInt32(targetStart - base)
        head.targetEnd = UInt32(targetEnd - base)
        head.requestLineEnd = UInt32(end - base)
    }

    /// `HTTP/1.0` or `HTTP/1.x`, in upper case (RFC 9112 §2.3).
    private static func minorVersion(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) throws(RequestError) -> UInt8 {
        if ByteScan.first(0x20, bytes, from: start, to: end) < end || start == end { throw .badRequestLine }
        guard end - start == 8, bytes[start] == 0x48, bytes[start + 1] == 0x54, bytes[start + 2] == 0x54,
            bytes[start + 3] == 0x50, bytes[start + 4] == 0x2f, Text.isDigit(bytes[start + 5]),
            bytes[start + 6] == 0x2e, Text.isDigit(bytes[start + 7])
        else { throw .badVersion }
        guard bytes[start + 5] == 0x31 else { throw .unsupportedVersion }
        return bytes[start + 7] == 0x30 ? 0 : 1
    }
}

// MARK: - The end of the head

extension RequestParser {
    private mutating func finish(_ bytes: UnsafeRawBufferPointer, _ end: Int) throws(RequestError) {
        if head.minorVersion == 1, !head.traits.contains(.host) { throw .missingHost }
        // RFC 9112 §9.3: `close` beats all, 1.1 persists, 1.0 only when asked to.
        head.keepAlive = !connection.close && (head.minorVersion == 1 || connection.keepAlive)
        // RFC 9110 §10.1.1: a 100-continue in HTTP/1.0 must be ignored.
        if head.minorVersion == 0, head.expect == .continue100 { head.expect = .none }
        head.fields.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[base..<end]))
        phase = .complete
    }
}

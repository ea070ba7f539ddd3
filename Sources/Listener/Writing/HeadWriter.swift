internal import CacheModel
internal import Engine
internal import HTTPCaching
internal import HTTPMessage
internal import NIOCore

/// How the body of an HTTP/1 answer is delimited.
enum AnswerFraming: Equatable {
    /// No body, no field.
    case none
    case length(Int)
    case chunked
    /// Until the connection closes.
    case close
}

/// Writes HTTP/1.1 answer heads. Each call reserves once and copies; it allocates only when the buffer grows.
enum HeadWriter {
    /// The head of a hit that is at hand, and its body when that lies in the entry: one write.
    static func writeHit(
        _ response: StoredResponse, _ tier: TierName, notModified: Bool, isHead: Bool, age: Int64, ttl: Int64,
        via: [UInt8],
        connection: ConnectionField, to out: inout ByteBuffer
    ) {
        let fields = response.fields
        let body = notModified || isHead ? UnsafeRawBufferPointer(start: nil, count: 0) : response.inlineBody
        let room = fields.count + body.count + via.count + 256
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
            var cursor = Cursor(memory.baseAddress!)
            if notModified {
                cursor.put(Self.notModified)
                cursor.putNotModifiedLines(fields, hasEntityTag: !response.etag.isEmpty)
            } else {
                if response.status == 200 {
                    cursor.put(Self.ok)
                } else {
                    cursor.putStatus(Int(response.status))
                }
                cursor.put(fields)
            }
            cursor.put(Self.age)
            cursor.put(age)
            cursor.put(Self.cacheStatusHit)
            cursor.put(ttl)
            cursor.put(Self.detail(tier))
            via.withUnsafeBytes { cursor.put($0) }
            if !notModified, response.status != 204 {
                cursor.put(Self.contentLength)
                cursor.put(Int64(response.bodyLength))
                cursor.put(Self.lineEnd)
            }
            cursor.put(connection.line)
            cursor.put(Self.lineEnd)
            cursor.put(body)
            return cursor.count(from: memory.baseAddress!)
        }
        withExtendedLifetime(response) {}
    }

    /// Any other head.
    static func write(
        _ head: AnswerHead, framing: AnswerFraming, via: [UInt8], date: [UInt8], connection: ConnectionField,
        to out: inout ByteBuffer
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024)
        append(statusLine: head.status, reason: head.reason, to: &bytes)
        var hasDate = true
        switch head.fields {
        case .stored(let response): bytes.append(contentsOf: response.fields)
        case .block(let block):
            block.appendLines(to: &bytes)
            hasDate = block.contains(.date)
        }
        if !hasDate { bytes += date }
        if let age = head.age { bytes += Array("Age: \(age)\r\n".utf8) }
        head.cacheStatus?.appendLine(to: &bytes)
        bytes += via
        head.debug?.appendLines(to: &bytes)
        switch framing {
        case .none, .close: break
        case .length(let length): bytes += Array("Content-Length: \(length)\r\n".utf8)
        case .chunked: bytes += Array("Transfer-Encoding: chunked\r\n".utf8)
        }
        out.writeBytes(bytes)
        out.writeStaticString(connection.line)
        out.writeStaticString(lineEnd)
    }

    /// A 1xx answer.
    static func writeInterim(_ status: Int, _ fields: FieldBlock, to out: inout ByteBuffer) {
        var bytes: [UInt8] = []
        append(statusLine: status, reason: [], to: &bytes)
        fields.appendLines(to: &bytes)
        bytes += [0x0d, 0x0a]
        out.writeBytes(bytes)
    }

    private static func append(statusLine status: Int, reason: [UInt8], to bytes: inout [UInt8]) {
        bytes += Array("HTTP/1.1 \(status) ".utf8)
        bytes += reason.isEmpty ? Array("\(StatusText.phrase(status))".utf8) : reason
        bytes += [0x0d, 0x0a]
    }

    private static let ok: StaticString = "HTTP/1.1 200 OK\r\n"
    private static let notModified: StaticString = "HTTP/1.1 304 Not Modified\r\n"
    private static let age: StaticString = "Age: "
    private static let cacheStatusHit: StaticString = "\r\nCache-Status: strata; hit; ttl="

    private static func detail(_ tier: TierName) -> StaticString {
        switch tier {
        case .memory: "; detail=memory\r\n"
        case .redis: "; detail=redis\r\n"
        case .disk: "; detail=disk\r\n"
        }
    }

    private static let contentLength: StaticString = "Content-Length: "
    private static let lineEnd: StaticString = "\r\n"
}

/// What an answer says about its connection.
enum ConnectionField {
    /// HTTP/1.1's default.
    case silent
    /// To an HTTP/1.0 client that asked for it.
    case keepAlive
    case close

    var line: StaticString {
        switch self {
        case .silent: ""
        case .keepAlive: "Connection: keep-alive\r\n"
        case .close: "Connection: close\r\n"
        }
    }
}

/// Writes forward through memory that has room for everything: the caller reserved it.
private struct Cursor {
    // Safe because `HeadWriter.writeHit` reserves the sizes of all variable parts and 256 bytes for the fixed ones,
    // which come to less than 200: status line 60, Age 25, Cache-Status 70, Content-Length 40, Connection 25.
    private var at: UnsafeMutableRawPointer

    init(_ start: UnsafeMutableRawPointer) { at = start }

    func count(from start: UnsafeMutableRawPointer) -> Int { at - start }

    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let from = bytes.baseAddress else { return }
        at.copyMemory(from: from, byteCount: bytes.count)
        at += bytes.count
    }

    mutating func put(_ text: StaticString) {
        at.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        at += text.utf8CodeUnitCount
    }

    /// Decimal digits: at most 20 bytes.
    mutating func put(_ number: Int64) {
        if number < 0 { put("-") }
        var rest = number.magnitude
        var length = 1
        var power: UInt64 = 10
        while length < 19, rest >= power {
            length += 1
            power *= 10
        }
        for place in stride(from: length - 1, through: 0, by: -1) {
            at.storeBytes(of: UInt8(truncatingIfNeeded: 0x30 + rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
        at += length
    }

    mutating func putStatus(_ status: Int) {
        put("HTTP/1.1 ")
        put(Int64(status))
        put(" ")
        put(StatusText.phrase(status))
        put("\r\n")
    }

    /// Only lines that a 304 carries; together never longer than `fields`.
    mutating func putNotModifiedLines(_ fields: UnsafeRawBufferPointer, hasEntityTag: Bool) {
        Conditional.forEachNotModifiedLine(fields, hasEntityTag: hasEntityTag) { put($0) }
    }
}

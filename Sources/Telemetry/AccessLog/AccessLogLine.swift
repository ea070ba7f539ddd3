internal import CacheModel
internal import Engine
internal import HTTPMessage
internal import NIOCore

/// Writes access-log lines: the combined format, then the cache result and the tier that answered, or `-`.
///
/// ```
/// 192.0.2.1 - - [21/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1726 "-" "curl/8.5" hit memory
/// ```
/// What a client sent can't break a line or a terminal: control bytes, quotes, backslashes and bytes above ASCII are
/// written as `\xHH`, and long values are cut.
struct AccessLogLine {
    /// Bytes of one value that are shown.
    static let maxValue = 4096

    private var stamp: [UInt8] = []
    private var stampSecond: Int64 = .min

    /// Appends the line. Allocates only when the buffer grows, and once a second.
    mutating func write(_ request: borrowing RequestRecord, to out: inout ByteBuffer) {
        if stampSecond != request.now.seconds { makeStamp(request.now) }
        let line = Self.cut(request.requestLine)
        let referer = Self.cut(request.referer)
        let userAgent = Self.cut(request.userAgent)
        let client = Self.cut(request.client)
        let room = 4 * (line.count + referer.count + userAgent.count + client.count) + stamp.count + 128
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
            var pen = Pen(memory.baseAddress!)
            pen.escape(client)
            stamp.withUnsafeBytes { pen.put($0) }
            if line.isEmpty { pen.put("-") } else { pen.escape(line) }
            pen.put("\" ")
            pen.put(request.status)
            pen.put(" ")
            pen.put(request.bodyBytes)
            pen.put(" \"")
            if referer.isEmpty { pen.put("-") } else { pen.escape(referer) }
            pen.put("\" \"")
            if userAgent.isEmpty { pen.put("-") } else { pen.escape(userAgent) }
            pen.put("\" ")
            pen.put(Self.word(request.result))
            pen.put(" ")
            pen.put(Self.word(request.tier))
            pen.put("\n")
            return pen.count(from: memory.baseAddress!)
        }
    }

    private static func cut(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        value.count <= maxValue ? value : UnsafeRawBufferPointer(rebasing: value[..<maxValue])
    }

    /// ` - - [21/Nov/2026:12:00:00 +0000] "`, from the HTTP date of the second: `Sat, 21 Nov 2026 12:00:00 GMT`.
    private mutating func makeStamp(_ now: Timestamp) {
        stampSecond = now.seconds
        let date = HTTPDate.bytes(now)
        stamp = Array(" - - [".utf8)
        for (part, after) in [(5..<7, "/"), (8..<11, "/"), (12..<16, ":"), (17..<25, " +0000] \"")] {
            stamp.append(contentsOf: date[part])
            stamp.append(contentsOf: after.utf8)
        }
    }

    private static func word(_ result: CacheResult) -> StaticString {
        switch result {
        case .hit: "hit"
        case .stale: "stale"
        case .revalidated: "revalidated"
        case .miss: "miss"
        case .collapsed: "collapsed"
        case .pass: "pass"
        case .synthetic: "synthetic"
        case .purge: "purge"
        }
    }

    private static func word(_ tier: TierName?) -> StaticString {
        switch tier {
        case .memory: "memory"
        case .redis: "redis"
        case .disk: "disk"
        case nil: "-"
        }
    }
}

/// Writes forward through memory that has room for everything.
private struct Pen {
    // Safe because `AccessLogLine.write` reserves four bytes for each byte that may be escaped, the stamp, and 128 bytes
    // for the rest, which comes to less than 100: two numbers of 20 digits, two words of 11, 20 bytes between them.
    private var at: UnsafeMutableRawPointer

    init(_ start: UnsafeMutableRawPointer) { at = start }

    func count(from start: UnsafeMutableRawPointer) -> Int { at - start }

    mutating func put(_ text: StaticString) {
        at.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        at += text.utf8CodeUnitCount
    }

    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let from = bytes.baseAddress else { return }
        at.copyMemory(from: from, byteCount: bytes.count)
        at += bytes.count
    }

    mutating func put(_ number: Int) {
        var rest = UInt64(max(0, number))
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

    /// Copies at once what needs no escape, which is nearly everything.
    mutating func escape(_ bytes: UnsafeRawBufferPointer) {
        guard let from = bytes.baseAddress else { return }
        for byte in bytes where byte &- 0x20 >= 0x5f || byte == 0x22 || byte == 0x5c { return escapeSlowly(bytes) }
        at.copyMemory(from: from, byteCount: bytes.count)
        at += bytes.count
    }

    @inline(never)
    private mutating func escapeSlowly(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            if byte &- 0x20 < 0x5f, byte != 0x22, byte != 0x5c {
                putByte(byte)
            } else {
                put("\\x")
                putByte(Self.hex(byte >> 4))
                putByte(Self.hex(byte & 15))
            }
        }
    }

    private mutating func putByte(_ byte: UInt8) {
        at.storeBytes(of: byte, as: UInt8.self)
        at += 1
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }
}

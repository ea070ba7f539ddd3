internal import CacheModel
internal import Engine
internal import HTTPMessage

/// The lines of the access log as one object of JSON each (RFC 8259):
///
///     {"time":"2026-11-21T12:00:00.123Z","client":"127.0.0.1","host":"example.com","request":"GET / HTTP/1.1",
///     "status":200,"bytes":1024,"result":"hit","tier":"memory","microseconds":85,"referer":"","user_agent":"curl/8"}
///
/// on one line. What the client sent is escaped byte by byte: what is no printable ASCII is `\u00HH`, also of text in
/// UTF-8. Touched by one loop only.
struct JSONLogFormat: ~Copyable {
    /// Longest values, in bytes before they are escaped.
    private static let client = 128
    private static let host = 255
    private static let requestLine = 8192
    private static let referer = 1024
    private static let userAgent = 1024

    /// `2026-11-21T12:00:00`, made once a second.
    private var stamp: [UInt8] = []
    private var stamped: Int64 = .min

    /// At most this many bytes will the record's line have; never more than a `LogBuffer` holds.
    static func bound(_ record: borrowing RequestRecord) -> Int {
        6
            * (min(record.client.count, client) + min(record.host.count, host)
                + min(record.requestLine.count, requestLine) + min(record.referer.count, referer)
                + min(record.userAgent.count, userAgent)) + 384
    }

    /// Writes the line, `bound` bytes at most, and returns how many it took.
    mutating func write(_ record: borrowing RequestRecord, to start: UnsafeMutableRawPointer) -> Int {
        if stamped != record.now.seconds || stamp.isEmpty { remakeStamp(record.now) }
        var line = LineWriter(start)
        line.text(#"{"time":""#)
        stamp.withUnsafeBytes { line.bytes($0.baseAddress!, count: $0.count) }
        line.byte(0x2e)
        let milliseconds = Int(max(0, record.now.milliseconds) % 1000)
        for digit in [milliseconds / 100, milliseconds / 10 % 10, milliseconds % 10] { line.byte(0x30 + UInt8(digit)) }
        line.text(#"Z","client":"#)
        line.json(record.client, limit: Self.client)
        line.text(#","host":"#)
        line.json(record.host, limit: Self.host)
        line.text(#","request":"#)
        line.json(record.requestLine, limit: Self.requestLine)
        line.text(#","status":"#)
        line.number(record.status)
        line.text(#","bytes":"#)
        line.number(record.bodyBytes)
        line.text(#","result":""#)
        line.text(record.result.rawValue)
        if let tier = record.tier {
            line.text(#"","tier":""#)
            line.text(tier.rawValue)
            line.text(#"","microseconds":"#)
        } else {
            line.text(#"","tier":null,"microseconds":"#)
        }
        line.number(Int(record.durationMicroseconds))
        line.text(#","referer":"#)
        line.json(record.referer, limit: Self.referer)
        line.text(#","user_agent":"#)
        line.json(record.userAgent, limit: Self.userAgent)
        line.text("}\n")
        return line.out - start
    }

    @inline(never)
    private mutating func remakeStamp(_ now: Timestamp) {
        stamp = Array(RFC3339.seconds(now.seconds).utf8)
        stamped = now.seconds
    }
}

extension LineWriter {
    mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { bytes($0.baseAddress!, count: $0.count) }
    }

    /// A string of JSON; what is longer than `limit` bytes is cut.
    mutating func json(_ value: UnsafeRawBufferPointer, limit: Int) {
        byte(0x22)
        for index in 0..<min(value.count, limit) {
            switch value[index] {
            case 0x22, 0x5c:
                byte(0x5c)
                byte(value[index])
            case 0x20..<0x7f:
                byte(value[index])
            default:
                text(#"\u00"#)
                hexDigit(value[index] >> 4)
                hexDigit(value[index] & 15)
            }
        }
        byte(0x22)
    }
}

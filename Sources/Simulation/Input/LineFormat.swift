/// What the lines of a file are. The first line that is not empty decides.
enum LineFormat {
    /// `key size` or `time key size`, with spaces, tabs or commas between.
    case trace(fields: Int)
    /// Apache's and nginx's common and combined formats; what follows is passed over.
    case accessLog
    /// One JSON object a line.
    case json

    /// A line that can't be read.
    struct Fault: Error { var reason: String }

    /// What a line asks for.
    enum Line {
        case request(key: UInt64, size: Int)
        /// No request for something that a cache could hold.
        case skipped
    }

    init(first line: UnsafeRawBufferPointer) throws(Fault) {
        if line.first == UInt8(ascii: "{") {
            self = .json
        } else if line.contains(UInt8(ascii: "\"")), line.contains(UInt8(ascii: "[")) {
            self = .accessLog
        } else {
            let fields = Fields(line).reduce(0) { count, _ in count + 1 }
            guard (2...3).contains(fields) else {
                throw Fault(reason: "neither \"key size\", \"time key size\", an access log nor JSON")
            }
            self = .trace(fields: fields)
        }
    }

    func parse(_ line: UnsafeRawBufferPointer) throws(Fault) -> Line {
        switch self {
        case .trace(let fields): try Self.parseTrace(line, fields)
        case .accessLog: try AccessLogLine.parse(line)
        case .json: try JSONLine.parse(line)
        }
    }

    private static func parseTrace(_ line: UnsafeRawBufferPointer, _ count: Int) throws(Fault) -> Line {
        var fields = Fields(line)
        if count == 3 { _ = fields.next() }
        guard let key = fields.next(), let size = fields.next(), fields.next() == nil else {
            throw Fault(reason: "not \(count) fields, as in the first line")
        }
        guard let bytes = Bytes.number(size) else {
            throw Fault(reason: "the size \"\(Bytes.text(size))\" is no whole number")
        }
        return .request(key: Bytes.hash(key), size: bytes)
    }
}

/// The fields of a line, split at spaces, tabs and commas.
struct Fields: Sequence, IteratorProtocol {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ line: UnsafeRawBufferPointer) { rest = line[...] }

    mutating func next() -> UnsafeRawBufferPointer? {
        var start = rest.startIndex
        while start < rest.endIndex, Self.divides(rest[start]) { start += 1 }
        guard start < rest.endIndex else { return nil }
        var end = start
        while end < rest.endIndex, !Self.divides(rest[end]) { end += 1 }
        defer { rest = rest[end...] }
        return UnsafeRawBufferPointer(rebasing: rest[start..<end])
    }

    private static func divides(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x2c }
}

enum Bytes {
    /// FNV-1a, 64 bits (Fowler, Noll and Vo, RFC 9923). The multiplication wraps by definition.
    static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0xcbf2_9ce4_8422_2325) -> UInt64 {
        bytes.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Decimal digits alone, below 10^18.
    static func number(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard (1...18).contains(bytes.count) else { return nil }
        var number = 0
        for byte in bytes {
            guard (0x30...0x39).contains(byte) else { return nil }
            number = number * 10 + Int(byte - 0x30)
        }
        return number
    }

    /// For messages: cut, and without control bytes.
    static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix(60).map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }
}

/// A line of the common or combined format: `HOST - USER [TIME] "GET /path HTTP/1.1" 200 1234 …`.
enum AccessLogLine {
    static func parse(_ line: UnsafeRawBufferPointer) throws(LineFormat.Fault) -> LineFormat.Line {
        guard let bracket = line.firstIndex(of: UInt8(ascii: "]")),
            let open = line[bracket...].firstIndex(of: UInt8(ascii: "\"")),
            let close = closingQuote(line, after: open)
        else { throw LineFormat.Fault(reason: "no \"request line\" in quotes after the time in brackets") }
        var rest = Fields(UnsafeRawBufferPointer(rebasing: line[(close + 1)...]))
        guard let status = rest.next().flatMap(Bytes.number), let sizeField = rest.next() else {
            throw LineFormat.Fault(reason: "no status and size after the request line")
        }
        let isNone = sizeField.count == 1 && sizeField[0] == UInt8(ascii: "-")
        guard let size = isNone ? 0 : Bytes.number(sizeField) else {
            throw LineFormat.Fault(reason: "the size \"\(Bytes.text(sizeField))\" is no whole number")
        }
        return request(
            UnsafeRawBufferPointer(rebasing: line[(open + 1)..<close]), status: status, size: size, host: nil)
    }

    /// What a request line and its status come to: only `GET` with a status that caches keep is a request here. A 304 and
    /// a 206 ask for the object that a 200 brings.
    static func request(
        _ requestLine: UnsafeRawBufferPointer, status: Int, size: Int, host: UnsafeRawBufferPointer?
    ) -> LineFormat.Line {
        let words = requestLine.split(separator: 0x20, maxSplits: 2)
        guard words.count >= 2, words[0].elementsEqual("GET".utf8) else { return .skipped }
        return request(target: UnsafeRawBufferPointer(rebasing: words[1]), status: status, size: size, host: host)
    }

    static func request(
        target: UnsafeRawBufferPointer, status: Int, size: Int, host: UnsafeRawBufferPointer?
    ) -> LineFormat.Line {
        guard cacheable.contains(status) else { return .skipped }
        let seed = host.map { Bytes.hash($0) }
        return .request(key: seed.map { Bytes.hash(target, seed: $0) } ?? Bytes.hash(target), size: size)
    }

    /// The heuristically cacheable ones (RFC 9110 section 15.1) that a memory cache sees, and 304.
    private static let cacheable: Set<Int> = [200, 203, 204, 206, 300, 301, 304, 308, 404, 410, 414]

    /// Quotes inside are written `\"`.
    private static func closingQuote(_ line: UnsafeRawBufferPointer, after open: Int) -> Int? {
        var at = open + 1
        while at < line.endIndex {
            switch line[at] {
            case UInt8(ascii: "\\"): at += 2
            case UInt8(ascii: "\""): return at
            default: at += 1
            }
        }
        return nil
    }
}

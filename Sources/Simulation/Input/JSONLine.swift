/// A line of a JSON access log: one object, of which the members below count, whatever else there is. Strata's own log and
/// those of nginx and Caddy by their usual names.
enum JSONLine {
    private enum Member {
        case host, method, target, request, status, size

        init?(_ name: UnsafeRawBufferPointer) {
            switch String(decoding: name, as: UTF8.self) {
            case "host": self = .host
            case "method", "request_method": self = .method
            case "url", "uri", "target", "path", "request_uri": self = .target
            case "request", "request_line": self = .request
            case "status": self = .status
            case "bytes", "size", "body_bytes", "bytes_sent", "body_bytes_sent": self = .size
            default: return nil
            }
        }
    }

    static func parse(_ line: UnsafeRawBufferPointer) throws(LineFormat.Fault) -> LineFormat.Line {
        var scanner = Scanner(rest: line[...])
        var values: [Member: UnsafeRawBufferPointer] = [:]
        guard scanner.take("{") else { throw LineFormat.Fault(reason: "not a JSON object") }
        while !scanner.take("}") {
            guard let name = scanner.string(), scanner.take(":"), let value = scanner.value() else {
                throw LineFormat.Fault(reason: "not a JSON object of names and values")
            }
            if let member = Member(name), values[member] == nil { values[member] = value }
            _ = scanner.take(",")
        }
        guard let status = values[.status].flatMap(Bytes.number), let size = values[.size].flatMap(Bytes.number) else {
            throw LineFormat.Fault(reason: "no \"status\" and \"bytes\" that are whole numbers")
        }
        if let method = values[.method], !method.elementsEqual("GET".utf8) { return .skipped }
        if let target = values[.target] {
            return AccessLogLine.request(target: target, status: status, size: size, host: values[.host])
        }
        guard let request = values[.request] else { throw LineFormat.Fault(reason: "no \"url\" and no \"request\"") }
        return AccessLogLine.request(request, status: status, size: size, host: values[.host])
    }

    /// As much of JSON (RFC 8259) as finding members takes. Strings stay escaped: they are only compared and hashed.
    private struct Scanner {
        var rest: Slice<UnsafeRawBufferPointer>

        private mutating func skipSpace() {
            while let byte = rest.first, byte == 0x20 || (0x09...0x0d).contains(byte) { rest = rest.dropFirst() }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func string() -> UnsafeRawBufferPointer? {
            guard take("\"") else { return nil }
            var end = rest.startIndex
            while end < rest.endIndex, rest[end] != UInt8(ascii: "\"") {
                end += rest[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard end < rest.endIndex else { return nil }
            defer { rest = rest[(end + 1)...] }
            return UnsafeRawBufferPointer(rebasing: rest[rest.startIndex..<end])
        }

        /// A string without its quotes, any other value as it is written.
        mutating func value() -> UnsafeRawBufferPointer? {
            skipSpace()
            if rest.first == UInt8(ascii: "\"") { return string() }
            let start = rest
            var depth = 0
            while let byte = rest.first {
                switch byte {
                case UInt8(ascii: "\""):
                    guard string() != nil else { return nil }
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "]") where depth > 0, UInt8(ascii: "}") where depth > 0: depth -= 1
                case UInt8(ascii: ",") where depth == 0, UInt8(ascii: "}") where depth == 0, 0x20 where depth == 0:
                    let value = UnsafeRawBufferPointer(rebasing: start[..<rest.startIndex])
                    return value.isEmpty ? nil : value
                default: break
                }
                rest = rest.dropFirst()
            }
            return nil
        }
    }
}

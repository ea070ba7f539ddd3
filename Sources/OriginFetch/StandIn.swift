import HTTPMessage
import CacheModel

struct MessageLimits { var head: Int; var fields: Int }
enum ResponseHeadError: Error { case malformed, headTooLarge
    var isTooLarge: Bool { self == .headTooLarge } }
struct ParsedResponseHead {
    enum Framing { case none, length(Int64), chunked, close }
    var status: Int; var reason: [UInt8]; var fields: FieldBlock; var framing: Framing
}
enum ResponseHeadParser {
    static func parse(_ bytes: UnsafeRawBufferPointer, isHeadRequest: Bool, limits: MessageLimits) throws(ResponseHeadError) -> ParsedResponseHead {
        if bytes.count > limits.head { throw .headTooLarge }
        let all = String(decoding: bytes, as: UTF8.self)
        guard all.utf8.suffix(4).elementsEqual("\r\n\r\n".utf8) else { throw .malformed }
        let b = Array(bytes)
        var lines: [[UInt8]] = []; var cur: [UInt8] = []; var i = 0
        while i < b.count - 2 {
            if b[i] == 13, b[i+1] == 10 { lines.append(cur); cur = []; i += 2; continue }
            if b[i] == 13 || b[i] == 10 || b[i] == 0 { throw .malformed }
            cur.append(b[i]); i += 1
        }
        guard let first = lines.first, first.starts(with: "HTTP/1.".utf8), first.count >= 12, let status = Int(String(decoding: first[9..<12], as: UTF8.self)) else { throw .malformed }
        var fields = FieldBlock(); var lengths: [Int64] = []; var chunked = false
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: 58), colon > 0, !line[..<colon].contains(where: { $0 <= 32 }) else { throw .malformed }
            var v = line[(colon + 1)...]
            while v.first == 32 { v = v.dropFirst() }
            while v.last == 32 { v = v.dropLast() }
            fields.append(nameBytes: line[..<colon], v)
        }
        if fields.count > limits.fields { throw .headTooLarge }
        for v in fields.values(.contentLength) { guard let n = Int64(String(decoding: v, as: UTF8.self)), n >= 0 else { throw .malformed }; lengths.append(n) }
        for v in fields.values(.transferEncoding) { guard v.elementsEqual("chunked".utf8), !chunked else { throw .malformed }; chunked = true }
        if lengths.count > 1 || (chunked && !lengths.isEmpty) { throw .malformed }
        let framing: ParsedResponseHead.Framing = isHeadRequest || status < 200 || status == 204 || status == 304 ? .none : chunked ? .chunked : lengths.first.map { .length($0) } ?? .close
        return ParsedResponseHead(status: status, reason: Array(first.dropFirst(13)), fields: fields, framing: framing)
    }
}
extension OriginHead.Framing {
    init(_ f: ParsedResponseHead.Framing) { switch f { case .none: self = .none; case .length(let n): self = .length(n); case .chunked: self = .chunked; case .close: self = .close } }
}

/// Cuts a connection's bytes into responses (RFC 9112 §6.3), leniently.
struct ResponseParser {
    /// The first response in `bytes` and how many bytes it took; nil while bytes are missing. `isHead`: it answers a
    /// HEAD request, so no body follows. At `isEnd` a missing rest makes it `isCut`.
    static func parse(_ bytes: [UInt8], isHead: Bool, isEnd: Bool) -> (RawResponse, Int)? {
        var interims: [(status: Int, fields: [(name: String, value: String)])] = []
        var start = 0
        while let head = Head(bytes[start...]) {
            if (100..<200).contains(head.status), head.status != 101 {
                interims.append((head.status, head.fields))
                start = head.end
                continue
            }
            var response = RawResponse(
                status: head.status, version: head.version, reason: head.reason, fields: head.fields, body: [],
                interims: interims, raw: [])
            guard let end = takeBody(bytes, from: head.end, isHead: isHead, isEnd: isEnd, into: &response) else {
                return nil
            }
            response.raw = Array(bytes[..<end])
            return (response, end)
        }
        return nil
    }

    private struct Head {
        var version: String
        var status: Int
        var reason: String
        var fields: [(name: String, value: String)]
        var end: Int

        init?(_ bytes: ArraySlice<UInt8>) {
            guard let end = ResponseParser.find([13, 10, 13, 10], in: bytes) else { return nil }
            var lines = ResponseParser.lines(bytes[..<end])
            let words = lines.removeFirst().split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            version = String(words[0])
            status = words.count > 1 ? Int(words[1]) ?? 0 : 0
            reason = words.count > 2 ? String(words[2]) : ""
            fields = lines.map(ResponseParser.field)
            self.end = end + 4
        }
    }

    /// The index after the body, or nil while it is incomplete.
    private static func takeBody(
        _ bytes: [UInt8], from start: Int, isHead: Bool, isEnd: Bool, into response: inout RawResponse
    ) -> Int? {
        if isHead || response.status == 204 || response.status == 304 || response.status == 101 { return start }
        if response["Transfer-Encoding"]?.lowercased().hasSuffix("chunked") == true {
            return takeChunks(bytes, from: start, isEnd: isEnd, into: &response)
        }
        if let length = response["Content-Length"].flatMap({ Int($0) }) {
            if bytes.count - start >= length {
                response.body = Array(bytes[start..<start + length])
                return start + length
            }
            response.isCut = true
        }
        guard isEnd else { return nil }
        response.body = Array(bytes[start...])
        return bytes.count
    }

    private static func takeChunks(
        _ bytes: [UInt8], from start: Int, isEnd: Bool, into response: inout RawResponse
    ) -> Int? {
        var index = start
        while let end = find([13, 10], in: bytes[index...]) {
            let digits = bytes[index..<end].prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else { break }
            index = end + 2
            if size == 0 { return takeTrailers(bytes, from: index, into: &response) ?? cut(bytes, isEnd, &response) }
            guard bytes.count - index >= size + 2 else {
                if isEnd { response.body += bytes[index...].prefix(size) }
                break
            }
            response.body += bytes[index..<index + size]
            index += size + 2
        }
        return cut(bytes, isEnd, &response)
    }

    private static func takeTrailers(_ bytes: [UInt8], from start: Int, into response: inout RawResponse) -> Int? {
        var index = start
        while let end = find([13, 10], in: bytes[index...]) {
            if end == index { return index + 2 }
            response.trailers.append(field(String(decoding: bytes[index..<end], as: UTF8.self)))
            index = end + 2
        }
        return nil
    }

    private static func cut(_ bytes: [UInt8], _ isEnd: Bool, _ response: inout RawResponse) -> Int? {
        guard isEnd else {
            response.body = []
            response.trailers = []
            return nil
        }
        response.isCut = true
        return bytes.count
    }

    private static func lines(_ bytes: ArraySlice<UInt8>) -> [String] {
        var lines: [String] = []
        var rest = bytes
        while let end = find([13, 10], in: rest) {
            lines.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = rest[(end + 2)...]
        }
        return lines + [String(decoding: rest, as: UTF8.self)]
    }

    private static func field(_ line: String) -> (name: String, value: String) {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return (line, "") }
        return (String(parts[0]), String(parts[1].drop { $0 == " " || $0 == "\t" }))
    }

    private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.startIndex
        while index + pattern.count <= bytes.endIndex {
            guard let next = bytes[index...].firstIndex(of: pattern[0]), next + pattern.count <= bytes.endIndex else {
                return nil
            }
            if bytes[next..<next + pattern.count].elementsEqual(pattern) { return next }
            index = next + 1
        }
        return nil
    }
}

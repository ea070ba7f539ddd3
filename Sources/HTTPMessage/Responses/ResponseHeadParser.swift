/// The strict reading of an origin's response head, as strict as that of requests: libcurl lets two Content-Lengths,
/// bare LF, folded lines and more pass, and what is passed on to clients and other caches must mean one thing only.
package enum ResponseHeadParser {
    /// Reads one whole head: status line to empty line, nothing behind it. Interim (1xx) heads too.
    ///
    /// `isHeadRequest`: the request was HEAD. `allowsHTTP2`: libcurl writes the heads of HTTP/2 and HTTP/3 as
    /// `HTTP/2 200`; pass true only when the connection really speaks them.
    package static func parse(
        _ bytes: UnsafeRawBufferPointer, isHeadRequest: Bool, limits: MessageLimits = MessageLimits(),
        allowsHTTP2: Bool = false
    ) throws(ResponseHeadError) -> ParsedResponseHead {
        guard bytes.count <= limits.head else { throw .headTooLarge }
        var reader = ResponseHeadReader(bytes: bytes, limits: limits, allowsHTTP2: allowsHTTP2)
        return try reader.read(isHeadRequest: isHeadRequest)
    }
}

/// One head being read.
private struct ResponseHeadReader {
    let bytes: UnsafeRawBufferPointer
    let limits: MessageLimits
    let allowsHTTP2: Bool
    let names = FieldNameTable.shared
    var lines: [FieldBlock.Line] = []
    var major: UInt8 = 1
    var minor: UInt8 = 1
    var status = 0
    var reason = 0..<0
    var contentLength: Int64?
    var isChunked = false
    var connection = ConnectionOptions()

    mutating func read(isHeadRequest: Bool) throws(ResponseHeadError) -> ParsedResponseHead {
        var at = try lineEnd(from: 0)
        try readStatusLine(at)
        at += 2
        lines.reserveCapacity(24)
        while true {
            let end = try lineEnd(from: at)
            if end == at { break }
            try readField(at, end)
            at = end + 2
        }
        guard at + 2 == bytes.count else { throw .badFieldName }
        let framing = framing(isHeadRequest)
        var head = [UInt8](bytes)
        for i in reason where head[i] < 0x20 || head[i] >= 0x7f { head[i] = head[i] == 0x09 ? 0x20 : 0x3f }
        return ParsedResponseHead(
            fields: FieldBlock(bytes: head, lines: lines), status: status, majorVersion: major, minorVersion: minor,
            reason: reason, framing: framing, keepAlive: keepAlive(framing), contentLength: contentLength)
    }

    /// The offset of the CR that ends the line.
    private func lineEnd(from: Int) throws(ResponseHeadError) -> Int {
        var i = from
        while true {
            i = ByteScan.firstControl(bytes, from: i, to: bytes.count)
            guard i < bytes.count else { throw .incomplete }
            switch bytes[i] {
            case 0x09: i += 1
            case 0x0d:
                guard i + 1 < bytes.count else { throw .incomplete }
                guard bytes[i + 1] == 0x0a else { throw .bareCarriageReturn }
                return i
            case 0x0a: throw .bareLineFeed
            default: throw .controlCharacter
            }
        }
    }

    /// `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4). A missing second space is forgiven: many
    /// servers leave it out with the reason, and it changes nothing.
    private mutating func readStatusLine(_ end: Int) throws(ResponseHeadError) {
        let space = ByteScan.first(0x20, bytes, from: 0, to: end)
        try readVersion(UnsafeRawBufferPointer(rebasing: bytes[..<space]))
        let code = space + 1
        guard code + 3 <= end else { throw .badStatusLine }
        guard let number = Text.exactDecimal(bytes[code..<code + 3]), number >= 100 else { throw .badStatus }
        status = Int(number)
        if code + 3 == end {
            reason = end..<end
        } else {
            guard bytes[code + 3] == 0x20 else {
                throw Text.isDigit(bytes[code + 3]) ? .badStatus : .badStatusLine
            }
            reason = code + 4..<end
        }
    }

    private mutating func readVersion(_ text: UnsafeRawBufferPointer) throws(ResponseHeadError) {
        guard text.count >= 6, text[0] == 0x48, text[1] == 0x54, text[2] == 0x54, text[3] == 0x50, text[4] == 0x2f,
            Text.isDigit(text[5])
        else { throw .badStatusLine }
        major = text[5] - 0x30
        if major == 1 {
            guard text.count == 8, text[6] == 0x2e, Text.isDigit(text[7]) else { throw .badStatusLine }
            minor = text[7] == 0x30 ? 0 : 1
            return
        }
        let isPlain = text.count == 6 || (text.count == 8 && text[6] == 0x2e && text[7] == 0x30)
        guard allowsHTTP2, major == 2 || major == 3, isPlain else { throw .unsupportedVersion }
        minor = 0
    }

    private mutating func readField(_ start: Int, _ end: Int) throws(ResponseHeadError) {
        let split: FieldLine.Split
        do throws(FieldLineFault) {
            split = try FieldLine.split(bytes, start, end)
        } catch {
            throw ResponseHeadError(error)
        }
        guard lines.count < limits.fields else { throw .tooManyFields }
        let name = names.find(UnsafeRawBufferPointer(rebasing: bytes[start..<split.nameEnd]))
        lines.append(
            FieldBlock.Line(
                name: name, nameStart: start, nameLength: split.nameEnd - start, valueStart: split.valueStart,
                valueLength: split.valueEnd - split.valueStart))
        let value = UnsafeRawBufferPointer(rebasing: bytes[split.valueStart..<split.valueEnd])
        switch name {
        case .contentLength: try readContentLength(value)
        case .transferEncoding: try readTransferEncoding(value)
        case .connection: connection.read(value)
        default: break
        }
    }

    private mutating func readContentLength(_ value: UnsafeRawBufferPointer) throws(ResponseHeadError) {
        if isChunked { throw .lengthWithTransferEncoding }
        guard contentLength == nil else { throw .duplicateContentLength }
        guard let length = Text.exactDecimal(value) else { throw .badContentLength }
        contentLength = length
    }

    private mutating func readTransferEncoding(_ value: UnsafeRawBufferPointer) throws(ResponseHeadError) {
        if contentLength != nil { throw .lengthWithTransferEncoding }
        if isChunked { throw .duplicateTransferEncoding }
        guard major == 1, minor == 1 else { throw .transferEncodingInWrongVersion }
        switch TransferCoding(value) {
        case .chunked: isChunked = true
        case .unknown: throw .unknownTransferCoding
        case .malformed: throw .badTransferEncoding
        }
    }

    /// RFC 9112 §6.3, in its order.
    private func framing(_ isHeadRequest: Bool) -> ResponseFraming {
        if isHeadRequest || status < 200 || status == 204 || status == 304 { return .none }
        if isChunked { return .chunked }
        if let contentLength { return .length(contentLength) }
        return .close
    }

    private func keepAlive(_ framing: ResponseFraming) -> Bool {
        if major > 1 { return true }
        if framing == .close || connection.close { return false }
        // A 1xx or 204 must not be chunked (RFC 9112 §6.1); a server that says so may well send a chunk.
        if isChunked, status < 200 || status == 204 { return false }
        return minor == 1 || connection.keepAlive
    }
}

package import HTTPMessage

extension FieldBlock {
    /// The block of `Name: value\r\n` lines as `StoredResponse.fields` holds them. Bytes that are no such line are left
    /// out: they may come from Redis or disk.
    package init(lines bytes: UnsafeRawBufferPointer) {
        self.init()
        self.bytes.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            var end = at
            while end + 1 < bytes.count, bytes[end] != 0x0d || bytes[end + 1] != 0x0a { end += 1 }
            guard end + 1 < bytes.count else { return }
            let line = UnsafeRawBufferPointer(rebasing: bytes[at..<end])
            if let colon = Self.endOfName(line) {
                append(
                    nameBytes: UnsafeRawBufferPointer(rebasing: line[..<colon]),
                    UnsafeRawBufferPointer(rebasing: line[(colon + 2)...]))
            }
            at = end + 2
        }
    }

    /// Whether the bytes are such lines and nothing else.
    package static func areLines(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // Each hit in Redis and on disk comes here: one look at each byte, and no slices, whose generic accessors cost
        // more than the work.
        var at = 0
        while at < bytes.count {
            guard let end = lineEnd(bytes, at) else { return false }
            at = end
        }
        return true
    }

    /// Behind the line's end, if there is a line as `endOfName` sees it: a name, colon, space, a value in which
    /// is no CR, LF or NUL, CRLF.
    @inline(__always)
    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        var at = Text.tokenEnd(bytes, from: start)
        guard at > start, at + 1 < bytes.count, bytes[at] == 0x3a, bytes[at + 1] == 0x20 else { return nil }
        at += 2
        while at < bytes.count {
            let byte = bytes[at]
            // The bytes below that a value may have, a tab above all, are rare.
            if byte <= 0x0d, byte == 0x0d || byte == 0x0a || byte == 0 { break }
            at &+= 1
        }
        guard at + 1 < bytes.count, bytes[at] == 0x0d, bytes[at + 1] == 0x0a else { return nil }
        return at + 2
    }

    /// Where the colon stands, if the line is a field: a token, a colon, a space, and a value that can't end the line.
    private static func endOfName(_ line: UnsafeRawBufferPointer) -> Int? {
        var colon = 0
        while colon < line.count, line[colon] != 0x3a { colon += 1 }
        guard colon + 1 < line.count, line[colon + 1] == 0x20,
            Text.isToken(UnsafeRawBufferPointer(rebasing: line[..<colon]))
        else { return nil }
        for at in (colon + 2)..<line.count where line[at] == 0x0d || line[at] == 0x0a || line[at] == 0 { return nil }
        return colon
    }
}

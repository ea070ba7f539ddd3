package import HTTPMessage

// Each hit in Redis and on disk comes here: one look at each byte, and no slices, whose generic accessors cost more than
// the work.
extension FieldBlock {
    /// The block of `Name: value\r\n` lines as `StoredResponse.fields` holds them. Bytes that are no such line are left
    /// out: they may come from Redis or disk.
    package init(lines bytes: UnsafeRawBufferPointer) {
        self.init()
        self.bytes.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            guard let line = Self.line(bytes, at) else {
                // On behind the next line end.
                while at + 1 < bytes.count, bytes[at] != 0x0d || bytes[at + 1] != 0x0a { at += 1 }
                at += 2
                continue
            }
            append(
                nameBytes: UnsafeRawBufferPointer(rebasing: bytes[at..<line.colon]),
                UnsafeRawBufferPointer(rebasing: bytes[(line.colon + 2)..<(line.end - 2)]))
            at = line.end
        }
    }

    /// Whether the bytes are such lines and nothing else.
    package static func areLines(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < bytes.count {
            guard let line = line(bytes, at) else { return false }
            at = line.end
        }
        return true
    }

    /// The line that begins at `start`, if there is one: a name, colon, space, a value in which is no CR, LF or NUL, CRLF.
    /// Where its colon stands, and what is behind it.
    @inline(__always)
    private static func line(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> (colon: Int, end: Int)? {
        let colon = Text.tokenEnd(bytes, from: start)
        guard colon > start, colon + 1 < bytes.count, bytes[colon] == 0x3a, bytes[colon + 1] == 0x20 else { return nil }
        var at = colon + 2
        while at < bytes.count {
            let byte = bytes[at]
            // The bytes below that a value may have, a tab above all, are rare.
            if byte <= 0x0d, byte == 0x0d || byte == 0x0a || byte == 0 { break }
            at &+= 1
        }
        guard at + 1 < bytes.count, bytes[at] == 0x0d, bytes[at + 1] == 0x0a else { return nil }
        return (colon, at + 2)
    }
}

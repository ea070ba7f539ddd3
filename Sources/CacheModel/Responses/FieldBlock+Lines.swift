package import HTTPMessage

extension FieldBlock {
    /// The block of `Name: value\r\n` lines as `StoredResponse.fields` holds them. Bytes that are no such line are left
    /// out: they may come from Redis or disk.
    package init(lines bytes: UnsafeRawBufferPointer) {
        self.init()
        Self.eachLine(bytes) { name, value in
            if let name { append(nameBytes: name, value) }
            return true
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

    /// Behind the line's end, if there is a line as `name` and `value` see it: a name, colon, space, a value in which
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

    /// Calls back for each line, without a name for one that is no field, until one answers false. Returns whether all
    /// were answered true and the last one was whole.
    @discardableResult
    private static func eachLine(
        _ bytes: UnsafeRawBufferPointer,
        _ visit: (Slice<UnsafeRawBufferPointer>?, Slice<UnsafeRawBufferPointer>) -> Bool
    ) -> Bool {
        var at = 0
        while at < bytes.count {
            var end = at
            while end + 1 < bytes.count, bytes[end] != 0x0d || bytes[end + 1] != 0x0a { end += 1 }
            guard end + 1 < bytes.count else { return false }
            guard visit(name(bytes[at..<end]), value(bytes[at..<end])) else { return false }
            at = end + 2
        }
        return true
    }

    /// The name, if the line is a field: a token, a colon, a space, and a value that can't end the line.
    private static func name(_ line: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer>? {
        guard let colon = line.firstIndex(of: 0x3a), Text.isToken(line[..<colon]), colon + 1 < line.endIndex,
            line[colon + 1] == 0x20, !value(line).contains(where: { $0 == 0x0d || $0 == 0x0a || $0 == 0 })
        else { return nil }
        return line[..<colon]
    }

    private static func value(_ line: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        guard let colon = line.firstIndex(of: 0x3a) else { return line[line.endIndex...] }
        return line[min(colon + 2, line.endIndex)...]
    }
}

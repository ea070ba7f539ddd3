package import HTTPMessage

// Each hit in Redis and on disk comes here: no slices, whose generic accessors cost more than the work.
extension FieldBlock {
    /// The block of `Name: value\r\n` lines as `StoredResponse.fields` holds them. Bytes that are no such line are left
    /// out: they may come from Redis or disk.
    package init(lines bytes: UnsafeRawBufferPointer) {
        self.init()
        self.bytes.reserveCapacity(bytes.count)
        Self.eachLine(bytes) { line in
            guard let colon = Self.endOfName(line) else { return true }
            append(
                nameBytes: UnsafeRawBufferPointer(rebasing: line[..<colon]),
                UnsafeRawBufferPointer(rebasing: line[(colon + 2)...]))
            return true
        }
    }

    /// Whether the bytes are such lines and nothing else.
    package static func areLines(_ bytes: UnsafeRawBufferPointer) -> Bool {
        eachLine(bytes) { endOfName($0) != nil }
    }

    /// Calls back for each line, until one answers false. Returns whether all were answered true and the last one was
    /// whole.
    @discardableResult
    private static func eachLine(_ bytes: UnsafeRawBufferPointer, _ visit: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        var at = 0
        while at < bytes.count {
            var end = at
            while end + 1 < bytes.count, bytes[end] != 0x0d || bytes[end + 1] != 0x0a { end += 1 }
            guard end + 1 < bytes.count, visit(UnsafeRawBufferPointer(rebasing: bytes[at..<end])) else { return false }
            at = end + 2
        }
        return true
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

package import HTTPMessage

extension FieldBlock {
    /// The block of `Name: value\r\n` lines as `StoredResponse.fields` holds them. Bytes that are no such line are left
    /// out: they may come from Redis or disk.
    package init(lines bytes: UnsafeRawBufferPointer) {
        self.init()
        var at = 0
        while at < bytes.count {
            var end = at
            while end + 1 < bytes.count, bytes[end] != 0x0d || bytes[end + 1] != 0x0a { end += 1 }
            guard end + 1 < bytes.count else { return }
            let line = UnsafeRawBufferPointer(rebasing: bytes[at..<end])
            if let colon = line.firstIndex(of: 0x3a), colon > 0, colon + 1 < line.count, line[colon + 1] == 0x20 {
                append(nameBytes: line[..<colon], line[(colon + 2)...])
            }
            at = end + 2
        }
    }
}

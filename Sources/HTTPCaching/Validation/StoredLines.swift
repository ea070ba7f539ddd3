package import HTTPMessage

/// Walks `Name: value\r\n` lines as the store keeps them. Whatever the bytes are (they may come from Redis or disk), it
/// ends; a piece that is no such line ends it early.
package struct StoredLines {
    package struct Line {
        /// With its CRLF.
        package var whole: UnsafeRawBufferPointer
        package var name: UnsafeRawBufferPointer
        package var value: UnsafeRawBufferPointer
        /// Where the value stands in all the lines' bytes.
        package var valueRange: Range<Int>
    }

    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    package mutating func next() -> Line? {
        let start = at
        guard let end = bytes[start...].firstIndex(of: 0x0a), end > start, bytes[end - 1] == 0x0d else { return nil }
        at = end + 1
        let whole = bytes.part(start..<end + 1)
        guard let colon = whole.firstIndex(of: Octets.colon), colon > 0, colon + 2 <= whole.count - 2 else { return nil }
        let range = start + colon + 2..<end - 1
        return Line(whole: whole, name: whole.part(0..<colon), value: bytes.part(range), valueRange: range)
    }

    /// Where the value of the first line of that name stands; nil when there is none or it is empty.
    package static func valueRange(of name: FieldName, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var lines = StoredLines(bytes)
        while let line = lines.next() {
            if name.equals(line.name) { return line.valueRange.isEmpty ? nil : line.valueRange }
        }
        return nil
    }
}

/// What is wrong with a field line; requests and responses each have their own errors for it.
enum FieldLineFault: Error {
    case folded, emptyName, badName, spaceBeforeColon, missingColon
}

/// The one reading of a field line (RFC 9112 §5), as strict for responses as for requests.
enum FieldLine {
    /// A line split at its colon, the name not interned yet.
    struct Split {
        /// The name is `start..<nameEnd`.
        var nameEnd: Int
        /// The value without the whitespace around it.
        var valueStart: Int
        var valueEnd: Int
        /// Whether the name holds an underscore.
        var underscore: Bool
    }

    /// Splits the non-empty line `start..<end`, CRLF excluded. The caller has seen to it that the line holds no control
    /// character but tabs.
    @inline(__always)
    static func split(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int
    ) throws(FieldLineFault) -> Split {
        var i = start
        var underscore = false
        while i < end {
            let kind = NameBytes.kind(bytes[i])
            if kind == NameBytes.notToken { break }
            if kind == NameBytes.underscore { underscore = true }
            i += 1
        }
        guard i < end, bytes[i] == 0x3a, i > start else { throw fault(bytes, start, i, end) }
        var valueStart = i + 1
        var valueEnd = end
        while valueStart < valueEnd, Text.isWhitespace(bytes[valueStart]) { valueStart += 1 }
        while valueStart < valueEnd, Text.isWhitespace(bytes[valueEnd - 1]) { valueEnd -= 1 }
        return Split(nameEnd: i, valueStart: valueStart, valueEnd: valueEnd, underscore: underscore)
    }

    /// Names what stopped the name at `stop`.
    private static func fault(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ stop: Int, _ end: Int
    ) -> FieldLineFault {
        if stop == end { return .missingColon }
        if stop == start {
            if Text.isWhitespace(bytes[start]) { return .folded }
            return bytes[start] == 0x3a ? .emptyName : .badName
        }
        var i = stop
        while i < end, Text.isWhitespace(bytes[i]) { i += 1 }
        return i > stop && i < end && bytes[i] == 0x3a ? .spaceBeforeColon : .badName
    }
}

/// The elements of a comma-separated list (RFC 9110 §5.6.1), trimmed, empty ones left out. A comma inside a quoted
/// string separates nothing; a quoted string that never closes runs to the end. Elements are slices of the same bytes.
///
///     for element in ListElements(fields.value(line)) { … }
@frozen
package struct ListElements<Bytes: RandomAccessCollection>: Sequence, IteratorProtocol
where Bytes.Element == UInt8, Bytes.Index == Int {
    @usableFromInline let bytes: Bytes
    @usableFromInline let separator: UInt8
    @usableFromInline var position: Int

    /// `separator` is a comma, or a semicolon for parameters.
    @inlinable
    package init(_ bytes: Bytes, separator: UInt8 = 0x2c) {
        self.bytes = bytes
        self.separator = separator
        self.position = bytes.startIndex
    }

    @inlinable
    package mutating func next() -> Bytes.SubSequence? {
        while position < bytes.endIndex {
            let end = elementEnd(from: position)
            let element = Text.trim(bytes, position..<end)
            position = end < bytes.endIndex ? end + 1 : end
            if !element.isEmpty { return bytes[element] }
        }
        return nil
    }

    @inlinable
    func elementEnd(from start: Int) -> Int {
        var i = start
        var quoted = false
        while i < bytes.endIndex {
            switch bytes[i] {
            case separator where !quoted: return i
            case 0x22: quoted.toggle()
            case 0x5c where quoted: i += 1  // a quoted pair: the next byte stands for itself
            default: break
            }
            i += 1
        }
        return bytes.endIndex
    }
}

/// The fields of one message: bytes, and where in them each field line's name and value stand. Order, duplicates,
/// letter case and value bytes are those of the message. Protocol-neutral: an HTTP/1.1 head is written from it with
/// `appendLines(to:)`, and other versions walk `lines`.
///
/// Promise: every name is a token (RFC 9110 §5.6.2) and no value holds CR, LF or NUL or starts or ends with
/// whitespace; whoever appends guarantees it (the parsers do; constants are).
package struct FieldBlock: Sendable {
    /// One field line. Offsets count bytes in `FieldBlock.bytes`.
    package struct Line: Sendable, Equatable {
        package var name: FieldName
        package var nameStart: UInt32
        package var nameLength: UInt32
        package var valueStart: UInt32
        package var valueLength: UInt32

        package init(name: FieldName, nameStart: Int, nameLength: Int, valueStart: Int, valueLength: Int) {
            self.name = name
            self.nameStart = UInt32(nameStart)
            self.nameLength = UInt32(nameLength)
            self.valueStart = UInt32(valueStart)
            self.valueLength = UInt32(valueLength)
        }

        package var nameRange: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameLength) }
        package var valueRange: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueLength) }
    }

    /// The bytes that the lines point into. May hold more than the lines (a request line, removed lines).
    package var bytes: [UInt8]
    package var lines: [Line]

    package init() {
        bytes = []
        lines = []
    }

    package init(bytes: [UInt8], lines: [Line]) {
        self.bytes = bytes
        self.lines = lines
    }

    /// From literal pairs, for constants and tests.
    package init(_ pairs: [(String, String)]) {
        self.init()
        for (name, value) in pairs { append(name, value) }
    }

    /// Empties the block and keeps its storage, so that a connection parses every head into the same memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
    }

    package var isEmpty: Bool { lines.isEmpty }
    package var count: Int { lines.count }
}

// MARK: - Reading

extension FieldBlock {
    package func contains(_ name: FieldName) -> Bool {
        for line in lines where line.name == name { return true }
        return false
    }

    /// The first line of that name.
    package func first(_ name: FieldName) -> Line? {
        for line in lines where line.name == name { return line }
        return nil
    }

    /// The value's bytes; the slice shares storage with the block.
    package func value(_ line: Line) -> ArraySlice<UInt8> { bytes[line.valueRange] }

    /// The name's bytes, in the letter case of the message.
    package func nameBytes(_ line: Line) -> ArraySlice<UInt8> { bytes[line.nameRange] }

    /// The values of all lines of that name, in order.
    package func values(_ name: FieldName) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        for line in lines where line.name == name { found.append(bytes[line.valueRange]) }
        return found
    }

    /// The value of the first line of that name as text, for cold paths and tests.
    package func string(_ name: FieldName) -> String? {
        first(name).map { String(decoding: value($0), as: UTF8.self) }
    }

    /// Whether the line's name is these lower-case bytes, in any letter case.
    package func isNamed(_ line: Line, _ lowercased: [UInt8]) -> Bool {
        guard lowercased.count == Int(line.nameLength) else { return false }
        return lowercased.withUnsafeBytes { isNamed(line, $0) }
    }

    package func isNamed(_ line: Line, _ lowercased: UnsafeRawBufferPointer) -> Bool {
        guard lowercased.count == Int(line.nameLength) else { return false }
        let start = Int(line.nameStart)
        for i in 0..<lowercased.count where Self.lowercase(bytes[start + i]) != lowercased[i] { return false }
        return true
    }

    /// ASCII lower case of one byte.
    @inline(__always)
    package static func lowercase(_ byte: UInt8) -> UInt8 {
        (byte &- 0x41) < 26 ? byte | 0x20 : byte
    }

    /// Appends each line as `Name: value\r\n` (RFC 9112 §5), the HTTP/1.1 form of the block.
    package func appendLines(to out: inout [UInt8]) {
        for line in lines {
            out.append(contentsOf: bytes[line.nameRange])
            out.append(0x3a)
            out.append(0x20)
            out.append(contentsOf: bytes[line.valueRange])
            out.append(0x0d)
            out.append(0x0a)
        }
    }

    /// The block as text, one line a field, for messages and tests.
    package var text: String {
        var out: [UInt8] = []
        appendLines(to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}

// MARK: - Writing

extension FieldBlock {
    /// Adds a line at the end, its name in the customary case.
    package mutating func append(_ name: FieldName, _ value: some Collection<UInt8>) {
        let start = appendName(name)
        finishAppend(name, nameStart: start, value)
    }

    /// The same for an array: no generic code on the way of every request to an origin.
    package mutating func append(_ name: FieldName, _ value: [UInt8]) {
        let start = appendName(name)
        let valueStart = bytes.count
        bytes.append(contentsOf: value)
        appendLine(name, nameStart: start, valueStart: valueStart)
    }

    private mutating func appendName(_ name: FieldName) -> Int {
        precondition(name != .other, "an unknown name is appended by its bytes")
        let text = name.text
        let start = bytes.count
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        return start
    }

    package mutating func append(_ name: FieldName, _ value: String) { append(name, value.utf8) }

    /// Adds a line at the end with the name as given.
    package mutating func append(nameBytes: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: nameBytes)
        let name = bytes.withUnsafeBytes { FieldName.intern(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        finishAppend(name, nameStart: start, value)
    }

    /// The same for raw bytes, which the generic form reads much slower when it is called from another module.
    package mutating func append(nameBytes: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        let start = bytes.count
        bytes.append(contentsOf: nameBytes)
        let valueStart = bytes.count
        bytes.append(contentsOf: value)
        appendLine(FieldName.intern(nameBytes), nameStart: start, valueStart: valueStart)
    }

    package mutating func append(_ name: String, _ value: String) { append(nameBytes: name.utf8, value.utf8) }

    private mutating func finishAppend(_ name: FieldName, nameStart: Int, _ value: some Collection<UInt8>) {
        let valueStart = bytes.count
        bytes.append(contentsOf: value)
        appendLine(name, nameStart: nameStart, valueStart: valueStart)
    }

    private mutating func appendLine(_ name: FieldName, nameStart: Int, valueStart: Int) {
        lines.append(
            Line(
                name: name, nameStart: nameStart, nameLength: valueStart - nameStart, valueStart: valueStart,
                valueLength: bytes.count - valueStart))
    }

    /// Appends a line of another block as it stands.
    package mutating func append(_ line: Line, of other: FieldBlock) {
        let start = bytes.count
        bytes.append(contentsOf: other.bytes[line.nameRange])
        let valueStart = bytes.count
        bytes.append(contentsOf: other.bytes[line.valueRange])
        appendLine(line.name, nameStart: start, valueStart: valueStart)
    }

    package mutating func remove(_ name: FieldName) { lines.removeAll { $0.name == name } }

    package mutating func remove(where unwanted: (Line) -> Bool) { lines.removeAll(where: unwanted) }

    /// Replaces all lines of that name by one at the end.
    package mutating func set(_ name: FieldName, _ value: some Collection<UInt8>) {
        remove(name)
        append(name, value)
    }

    package mutating func set(_ name: FieldName, _ value: String) { set(name, value.utf8) }
}

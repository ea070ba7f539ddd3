package import HTTPMessage

/// Selections: the values that a request has for the fields of a `Vary`, packed so that they explain themselves and
/// equal requests give equal bytes (RFC 9111 §4.1).
///
/// ```
/// for each name: varint length, name in lower case · 0: absent | 1, varint length, normalised value
/// ```
/// A varint is LEB128. A field that the request's `Connection` lists counts as absent, since the origin does not see it:
/// else a client could store what the origin sends without the field under a value of its choice.
package enum Vary {
    package static func selection(names: [[UInt8]], request: FieldBlock) -> [UInt8] {
        let options = ConnectionOptions(request)
        var packed: [UInt8] = []
        var value: [UInt8] = []
        for name in names {
            appendVarint(name.count, to: &packed)
            packed.append(contentsOf: name)
            value.removeAll(keepingCapacity: true)
            let isPresent = name.withUnsafeBytes {
                SelectingField($0, options).appendNormalised(of: request, to: &value)
            }
            packed.append(isPresent ? 1 : 0)
            guard isPresent else { continue }
            appendVarint(value.count, to: &packed)
            packed.append(contentsOf: value)
        }
        return packed
    }

    /// Whether `request` has the values of `selection`. Bytes that are no selection match nothing; they may come from
    /// Redis or disk.
    package static func matches(selection: UnsafeRawBufferPointer, request: FieldBlock) -> Bool {
        let options = ConnectionOptions(request)
        var reader = SelectionReader(selection)
        while !reader.isAtEnd {
            guard let entry = reader.next() else { return false }
            guard SelectingField(entry.name, options).matches(entry.value, of: request) else { return false }
        }
        return true
    }

    static func appendVarint(_ value: Int, to bytes: inout [UInt8]) {
        var rest = UInt(bitPattern: value)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Reads a selection from untrusted bytes.
struct SelectionReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    struct Entry {
        var name: UnsafeRawBufferPointer
        /// Nil: the field was absent.
        var value: UnsafeRawBufferPointer?
    }

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    /// Nil when what follows is no entry.
    mutating func next() -> Entry? {
        guard let name = run(), Text.isToken(name), at < bytes.count else { return nil }
        let presence = bytes[at]
        at += 1
        switch presence {
        case 0: return Entry(name: name, value: nil)
        case 1: return run().map { Entry(name: name, value: $0) }
        default: return nil
        }
    }

    private mutating func run() -> UnsafeRawBufferPointer? {
        guard let length = varint(), length <= bytes.count - at else { return nil }
        defer { at += length }
        return bytes.part(at..<at + length)
    }

    /// At most five groups: 35 bits, so the shifts stay within an Int.
    private mutating func varint() -> Int? {
        var value = 0
        var shift = 0
        while at < bytes.count, shift < 35 {
            let byte = bytes[at]
            at += 1
            value |= Int(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}

extension Vary {
    /// The names of the selecting fields that a selection was made of; empty when the bytes are none.
    package static func names(selection: UnsafeRawBufferPointer) -> [[UInt8]] {
        var names: [[UInt8]] = []
        var reader = SelectionReader(selection)
        while !reader.isAtEnd {
            guard let entry = reader.next() else { return [] }
            names.append(Array(entry.name))
        }
        return names
    }

    /// A request that the selection was made of; nil when the bytes are none.
    package static func request(selection: UnsafeRawBufferPointer) -> FieldBlock? {
        var fields = FieldBlock()
        var reader = SelectionReader(selection)
        while !reader.isAtEnd {
            guard let entry = reader.next() else { return nil }
            guard let value = entry.value else { continue }
            // What comes from Redis or disk must not end a line.
            guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else { return nil }
            fields.append(nameBytes: entry.name, value)
        }
        return fields
    }

    /// A selection for people: `accept-encoding=gzip, cookie` (the last one absent).
    package static func description(selection: UnsafeRawBufferPointer) -> [UInt8] {
        var text: [UInt8] = []
        var reader = SelectionReader(selection)
        while !reader.isAtEnd, let entry = reader.next() {
            if !text.isEmpty { text += [Octets.comma, Octets.space] }
            text.append(contentsOf: entry.name)
            guard let value = entry.value else { continue }
            text.append(Octets.equals)
            text.append(contentsOf: value)
        }
        return text
    }
}

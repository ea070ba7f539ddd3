/// The byte form of an invalidation record, the same in every log: numbers big-endian, byte strings with a 32-bit
/// length in front.
///
/// ```
/// n:8 · nonce:8 · accepted at:8 · mode and cause:1 · count:2 · { kind:1 · first string · second string } …
/// ```
/// The mode is in the low four bits, the cause in the high ones. Kinds from 16 on are restricted to a partition, whose name
/// and a NUL begin their first string; an instance that does not know a kind takes the record for one of everything.
package enum RecordBytes {
    /// A string in a record may be this long: above every limit on targets, hosts and tags.
    package static let maxString = 1 << 20
    /// A record names at most this many selectors, since their count has 16 bits.
    package static let maxSelectors = Int(UInt16.max)
    /// No record is longer.
    package static let maxLength = 16 << 20
    /// Bytes before the selectors.
    private static let fixedLength = 27

    /// Whether a record of these selectors has a byte form that `decode` takes: a log refuses others.
    package static func fits(_ selectors: [Selector]) -> Bool {
        guard !selectors.isEmpty, selectors.count <= maxSelectors else { return false }
        var length = fixedLength
        for selector in selectors {
            let (first, second) = selector.strings
            guard first.count <= maxString, second.count <= maxString else { return false }
            length += 9 + first.count + second.count
        }
        return length <= maxLength
    }

    /// Of a record whose selectors fit.
    package static func encode(_ record: InvalidationRecord) -> [UInt8] {
        var out: [UInt8] = []
        put(record.n, to: &out)
        put(record.nonce, to: &out)
        put(UInt64(bitPattern: record.acceptedAt), to: &out)
        out.append(record.mode.rawValue | record.cause.rawValue << 4)
        put(UInt16(record.selectors.count), to: &out)
        for selector in record.selectors {
            out.append(selector.kind.rawValue)
            let (first, second) = selector.strings
            put(UInt32(first.count), to: &out)
            out += first
            put(UInt32(second.count), to: &out)
            out += second
        }
        return out
    }

    /// Nil when the bytes are not exactly one record.
    package static func decode(_ bytes: [UInt8]) -> InvalidationRecord? {
        var reader = Reader(bytes: bytes)
        guard let n = reader.number(UInt64.self), let nonce = reader.number(UInt64.self),
            let acceptedAt = reader.number(UInt64.self), let rawMode = reader.number(UInt8.self),
            let mode = InvalidationMode(rawValue: rawMode & 0xf), let cause = InvalidationCause(rawValue: rawMode >> 4),
            let count = reader.number(UInt16.self)
        else { return nil }
        var selectors: [Selector] = []
        for _ in 0..<count {
            guard let rawKind = reader.number(UInt8.self), let kind = Selector.Kind(rawValue: rawKind),
                let first = reader.string(), let second = reader.string(),
                let selector = Selector(kind, first, second)
            else { return nil }
            selectors.append(selector)
        }
        guard reader.at == bytes.count, !selectors.isEmpty else { return nil }
        return InvalidationRecord(
            n: n, nonce: nonce, mode: mode, cause: cause, selectors: selectors,
            acceptedAt: Int64(bitPattern: acceptedAt))
    }

    /// One selector by itself, as a record has it: equal selectors have equal bytes.
    package static func encode(_ selector: Selector) -> [UInt8] {
        var out = [selector.kind.rawValue]
        let (first, second) = selector.strings
        put(UInt32(first.count), to: &out)
        out += first
        put(UInt32(second.count), to: &out)
        return out + second
    }

    /// Nil when the bytes are not exactly one selector.
    package static func decodeSelector(_ bytes: [UInt8]) -> Selector? {
        var reader = Reader(bytes: bytes)
        guard let rawKind = reader.number(UInt8.self), let kind = Selector.Kind(rawValue: rawKind),
            let first = reader.string(), let second = reader.string(), reader.at == bytes.count
        else { return nil }
        return Selector(kind, first, second)
    }

    private static func put(_ value: some FixedWidthInteger, to out: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { out.append(contentsOf: $0) }
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0

        mutating func number<N: FixedWidthInteger & UnsignedInteger>(_: N.Type) -> N? {
            let size = MemoryLayout<N>.size
            guard bytes.count - at >= size else { return nil }
            var value: N = 0
            for byte in bytes[at..<at + size] { value = (size == 1 ? 0 : value << 8) | N(byte) }
            at += size
            return value
        }

        mutating func string() -> [UInt8]? {
            guard let length = number(UInt32.self), length <= RecordBytes.maxString, Int(length) <= bytes.count - at
            else { return nil }
            defer { at += Int(length) }
            return Array(bytes[at..<at + Int(length)])
        }
    }
}

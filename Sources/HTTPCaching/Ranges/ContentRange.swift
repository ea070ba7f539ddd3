package import HTTPMessage

/// `Content-Range: bytes first-last/length` (RFC 9110 §14.4).
package struct ContentRange: Sendable, Equatable {
    /// Half open, never empty.
    package var range: Range<Int>
    /// Of the whole body; nil: `*`.
    package var completeLength: Int?

    package init(_ range: Range<Int>, completeLength: Int?) {
        self.range = range
        self.completeLength = completeLength
    }

    /// What the one line of a 206 says. Nil when there is none or several, or it is invalid (§14.4): then nobody knows
    /// what the body is a part of, and it must not be combined with anything.
    package static func parse(_ fields: FieldBlock) -> ContentRange? {
        var found: FieldBlock.Line?
        for line in fields.lines where line.name == .contentRange {
            guard found == nil else { return nil }
            found = line
        }
        guard let found else { return nil }
        return fields.bytes.withUnsafeBytes { parse($0.part(found.valueRange)) }
    }

    private static func parse(_ value: UnsafeRawBufferPointer) -> ContentRange? {
        let unit = "bytes " as StaticString
        guard value.starts(with: unit) else { return nil }
        let rest = value.part(unit.utf8CodeUnitCount..<value.count)
        guard let slash = rest.firstIndex(of: Octets.slash),
            let dash = rest.part(0..<slash).firstIndex(of: UInt8(ascii: "-")),
            let first = position(rest.part(0..<dash)), let last = position(rest.part(dash + 1..<slash)),
            first <= last
        else { return nil }
        let length = rest.part(slash + 1..<rest.count)
        if length.count == 1, length[0] == UInt8(ascii: "*") {
            return ContentRange(first..<last + 1, completeLength: nil)
        }
        guard let complete = position(length), last < complete else { return nil }
        return ContentRange(first..<last + 1, completeLength: complete)
    }

    /// A number that one can be added to.
    private static func position(_ digits: UnsafeRawBufferPointer) -> Int? {
        guard let number = Decimal.parse(digits), number < .max else { return nil }
        return Int(exactly: number)
    }

    /// The field's value.
    package var bytes: [UInt8] {
        let length = completeLength.map(String.init) ?? "*"
        return Array("bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)".utf8)
    }

    /// The value in a 416: `bytes */length`.
    package static func unsatisfied(length: Int) -> [UInt8] { Array("bytes */\(length)".utf8) }
}

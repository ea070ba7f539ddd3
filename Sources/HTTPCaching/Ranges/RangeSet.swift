package import HTTPMessage

/// The ranges of one `Range: bytes=…` (RFC 9110 §14.1.2, §14.2), before anyone knows how long the body is.
package struct RangeSet: Sendable, Equatable {
    /// One range. Positions too large to count are `Int64.max`: beyond every body.
    package enum Spec: Sendable, Equatable {
        /// `first-last`, both inclusive; `first` is not above `last`.
        case span(Int64, Int64)
        /// `first-`: up to the end.
        case from(Int64)
        /// `-length`: the last bytes.
        case suffix(Int64)
    }

    /// In the order of the field; never empty, at most `maxRanges`.
    package var specs: [Spec]

    /// A request for more ranges than this gets the whole (RFC 9110 §14.2, §17.15; attacks.md 20).
    package static let maxRanges = 32

    package init(specs: [Spec]) { self.specs = specs }

    /// Nil when the request has no `Range`, or one that is ignored: several lines, another unit, a member that is no
    /// range, more than `maxRanges`. Accepts any bytes.
    package static func parse(_ fields: FieldBlock) -> RangeSet? {
        var found: FieldBlock.Line?
        for line in fields.lines where line.name == .range {
            guard found == nil else { return nil }
            found = line
        }
        guard let found else { return nil }
        return fields.bytes.withUnsafeBytes { parse($0.part(found.valueRange)) }
    }

    static func parse(_ value: UnsafeRawBufferPointer) -> RangeSet? {
        let unit = "bytes=" as StaticString
        guard value.starts(with: unit) else { return nil }
        let set = value.part(unit.utf8CodeUnitCount..<value.count)
        // No whitespace before the first member: the list begins there, and `bytes= 0-1` is no such list.
        guard let first = set.first, !Text.isWhitespace(first) else { return nil }
        var specs: [Spec] = []
        var members = ListCursor(set)
        while let member = members.next() {
            guard specs.count < maxRanges, let spec = spec(member) else { return nil }
            specs.append(spec)
        }
        return specs.isEmpty ? nil : RangeSet(specs: specs)
    }

    private static func spec(_ member: UnsafeRawBufferPointer) -> Spec? {
        guard let dash = member.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let first = member.part(0..<dash)
        let last = member.part(dash + 1..<member.count)
        if first.isEmpty { return Decimal.parse(last).map { .suffix($0) } }
        guard let start = Decimal.parse(first) else { return nil }
        if last.isEmpty { return .from(start) }
        guard let end = Decimal.parse(last), !Decimal.isGreater(first, than: last) else { return nil }
        return .span(start, end)
    }
}

/// Numbers of any length, as ranges carry them: "a recipient … MUST anticipate potentially large decimal numerals"
/// (RFC 9110 §14.1.2).
enum Decimal {
    /// Digits and nothing else, held at `Int64.max`; nil for anything else.
    static func parse(_ digits: UnsafeRawBufferPointer) -> Int64? {
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard Text.isDigit(byte) else { return nil }
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(Int64(byte - 0x30))
            value = tooLarge || overflow ? .max : sum
            // Once at the end it stays there, whatever digits follow.
            if value == .max {
                return digits.allSatisfy(Text.isDigit) ? .max : nil
            }
        }
        return value
    }

    /// Compares two numbers of digits alone, however long they are.
    static func isGreater(_ a: UnsafeRawBufferPointer, than b: UnsafeRawBufferPointer) -> Bool {
        let a = a.drop { $0 == 0x30 }
        let b = b.drop { $0 == 0x30 }
        guard a.count == b.count else { return a.count > b.count }
        return b.lexicographicallyPrecedes(a)
    }
}

import HTTPMessage

/// `Accept-Language` in one form for all values that ask for the same (RFC 9110 §12.5.4): ranges in lower case, the most
/// wanted first, weights only where they are not 1. Ranges of one weight keep their order, which some origins read as a
/// preference. A value that breaks the grammar keeps its bytes.
enum WeightedList {
    private static let maxMembers = 64

    static func append(_ value: UnsafeRawBufferPointer, to out: inout [UInt8]) {
        var members: [(name: [UInt8], weight: Int)] = []
        var cursor = ListCursor(value)
        while let member = cursor.next() {
            let end = member.firstIndex(of: Octets.semicolon) ?? member.count
            let name = member.part(0..<end).trimmed
            guard isRange(name), members.count < maxMembers,
                let weight = end == member.count
                    ? 1000 : AcceptEncoding.weight(member.part(end + 1..<member.count).trimmed)
            else { return out.append(contentsOf: value) }
            members.append((name.lowercased, weight))
        }
        // Stable: where a member stood decides between those of one weight.
        let ordered = members.enumerated().sorted {
            ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset)
        }
        for (index, (_, member)) in ordered.enumerated() {
            if index > 0 { out.append(contentsOf: [Octets.comma, Octets.space]) }
            out.append(contentsOf: member.name)
            AcceptEncoding.appendWeight(member.weight, to: &out)
        }
    }

    /// A language range (RFC 4647 §2.1): subtags of letters and digits between hyphens, or `*`.
    private static func isRange(_ name: UnsafeRawBufferPointer) -> Bool {
        !name.isEmpty
            && name.allSatisfy {
                ($0 | 0x20) &- 0x61 < 26 || Text.isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "*")
            }
    }
}

import HTTPMessage

/// `Accept-Encoding` in one form for all values that ask for the same (RFC 9110 §12.5.3; attacks.md 19): codings in
/// lower case, `x-gzip` as `gzip`, the most wanted first, weights only where they are not 1. No coding is left out
/// that an origin could answer with.
enum AcceptEncoding {
    /// More codings than this are no request for a coding.
    private static let maxCodings = 32
    static let identity = Array("identity".utf8)

    /// The normal form; `identity` for an empty value and for one that breaks the grammar.
    static func normalise(_ value: UnsafeRawBufferPointer) -> [UInt8] { parse(value) ?? identity }

    /// Whether the lines of a request keep the grammar. A value that does not is `identity` for the cache, so the
    /// origin has to be asked for that.
    static func isValid(_ fields: FieldBlock) -> Bool {
        var joined: [UInt8] = []
        for line in fields.lines where line.name == .acceptEncoding {
            if !joined.isEmpty { joined.append(Octets.comma) }
            joined.append(contentsOf: fields.value(line))
        }
        return joined.withUnsafeBytes { parse($0) != nil }
    }

    private struct Coding {
        var name: [UInt8]
        /// Thousandths, 0...1000.
        var weight: Int
        var isRange: Bool { name == [UInt8(ascii: "*")] }
    }

    private static func parse(_ value: UnsafeRawBufferPointer) -> [UInt8]? {
        var codings: [Coding] = []
        var members = ListCursor(value)
        while let member = members.next() {
            guard let coding = coding(member), codings.count < maxCodings else { return nil }
            if !codings.contains(where: { $0.name == coding.name }) { codings.append(coding) }
        }
        // A coding of weight 0 says something only beside a "*" that would allow it; identity may be refused alone.
        let allowsAny = codings.contains { $0.isRange && $0.weight > 0 }
        codings.removeAll { $0.weight == 0 && !allowsAny && !$0.isRange && $0.name != identity }
        if codings.isEmpty { return identity }
        if codings.count == 1, codings[0].name == identity, codings[0].weight > 0 { return identity }
        codings.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.name.lexicographicallyPrecedes($1.name) }
        var out: [UInt8] = []
        for coding in codings {
            if !out.isEmpty { out.append(contentsOf: [Octets.comma, Octets.space]) }
            out.append(contentsOf: coding.name)
            appendWeight(coding.weight, to: &out)
        }
        return out
    }

    private static func coding(_ member: UnsafeRawBufferPointer) -> Coding? {
        let end = member.firstIndex(of: Octets.semicolon) ?? member.count
        var name = member.part(0..<end).trimmed.lowercased
        guard Text.isToken(name) else { return nil }
        if name.elementsEqual("x-gzip".utf8) || name.elementsEqual("x-compress".utf8) { name.removeFirst(2) }
        guard end < member.count else { return Coding(name: name, weight: 1000) }
        guard let weight = weight(member.part(end + 1..<member.count).trimmed) else { return nil }
        return Coding(name: name, weight: weight)
    }

    /// `q=` and a qvalue (RFC 9110 §12.4.2) in thousandths.
    static func weight(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.starts(with: "q="), bytes.count >= 3, bytes.count <= 7 else { return nil }
        let whole = bytes[2]
        guard whole == 0x30 || whole == 0x31, bytes.count == 3 || bytes[3] == UInt8(ascii: ".") else { return nil }
        var thousandths = 0
        var scale = 100
        for i in stride(from: 4, to: bytes.count, by: 1) {
            guard Text.isDigit(bytes[i]) else { return nil }
            thousandths += Int(bytes[i] - 0x30) * scale
            scale /= 10
        }
        if whole == 0x31 { return thousandths == 0 ? 1000 : nil }
        return thousandths
    }

    static func appendWeight(_ weight: Int, to out: inout [UInt8]) {
        guard weight < 1000 else { return }
        out.append(contentsOf: ";q=0".utf8)
        guard weight > 0 else { return }
        out.append(UInt8(ascii: "."))
        var rest = weight
        var scale = 100
        while rest > 0 {
            out.append(UInt8(0x30 + rest / scale))
            rest %= scale
            scale /= 10
        }
    }
}

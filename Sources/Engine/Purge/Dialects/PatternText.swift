/// A regular expression as purge clients write them, taken apart into what needs no regular expression: alternatives,
/// each a row of bytes and wildcards. Clients send few shapes (`(^|,)(a|b)(,|$)`, `^/news/.*`, `\.png$`); anything
/// with classes, repetitions or look-arounds is none of them and is refused (invalidation.md rule 20).
struct PatternText {
    enum Piece: Equatable {
        case byte(UInt8)
        /// `.`: one byte. Where names are expected, people mean the dot itself.
        case any
        /// `.*`
        case run
        /// `^` and `$`.
        case start, end
        /// Between two items of a list: `(^|,)`, `(,|$)`, `\s`, `\b`.
        case boundary
    }

    /// Not a shape that is known.
    struct Unknown: Error {}

    /// At least one; an empty one matches everywhere.
    let alternatives: [[Piece]]

    private static let maxAlternatives = 4096
    private static let maxPieces = 1 << 18
    private static let maxDepth = 16

    init(_ text: some Collection<UInt8>) throws(Unknown) {
        var parser = Parser(text: Array(text))
        alternatives = try parser.parseAlternatives(depth: 0)
        guard parser.at == parser.text.count else { throw Unknown() }
    }

    private struct Parser {
        let text: [UInt8]
        var at = 0

        private var next: UInt8? { at < text.count ? text[at] : nil }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            at += 1
            return true
        }

        /// Up to the end or a `)`.
        mutating func parseAlternatives(depth: Int) throws(Unknown) -> [[Piece]] {
            guard depth < maxDepth else { throw Unknown() }
            var all: [[Piece]] = []
            repeat {
                all += try parseRow(depth: depth)
                guard all.count <= maxAlternatives else { throw Unknown() }
            } while take(UInt8(ascii: "|"))
            return all
        }

        /// One alternative; more of them where it has groups or optional parts.
        private mutating func parseRow(depth: Int) throws(Unknown) -> [[Piece]] {
            var rows: [[Piece]] = [[]]
            while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
                let parts = try parsePart(depth: depth)
                let pieces = rows.reduce(0) { $0 + $1.count + 1 } * parts.count
                guard rows.count * parts.count <= maxAlternatives, pieces <= maxPieces else { throw Unknown() }
                if parts.count == 1 {
                    for index in rows.indices { rows[index] += parts[0] }
                } else {
                    rows = rows.flatMap { row in parts.map { row + $0 } }
                }
            }
            return rows
        }

        private mutating func parsePart(depth: Int) throws(Unknown) -> [[Piece]] {
            guard take(UInt8(ascii: "(")) else { return try quantified(parseAtom()) }
            if take(UInt8(ascii: "?")) { guard take(UInt8(ascii: ":")) else { throw Unknown() } }
            let inner = try parseAlternatives(depth: depth + 1)
            guard take(UInt8(ascii: ")")) else { throw Unknown() }
            let isOptional = take(UInt8(ascii: "?"))
            if let next, [UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "{"), UInt8(ascii: "?")].contains(next) {
                throw Unknown()
            }
            if inner.allSatisfy(Self.isBoundary) || isOptional && inner.allSatisfy(Self.isRestOfList) {
                return [[.boundary]]
            }
            return isOptional ? inner + [[]] : inner
        }

        private mutating func parseAtom() throws(Unknown) -> Piece {
            let byte = text[at]
            at += 1
            switch byte {
            case UInt8(ascii: "."): return .any
            case UInt8(ascii: "^"): return .start
            case UInt8(ascii: "$"): return .end
            case UInt8(ascii: "\\"): return try parseEscape()
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "*"),
                UInt8(ascii: "+"), UInt8(ascii: "?"):
                throw Unknown()
            default: return .byte(byte)
            }
        }

        /// A letter or digit after a backslash has a meaning of its own; anything else is itself.
        private mutating func parseEscape() throws(Unknown) -> Piece {
            guard let byte = next else { throw Unknown() }
            at += 1
            switch byte {
            case UInt8(ascii: "s"), UInt8(ascii: "b"): return .boundary
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: throw Unknown()
            default: return .byte(byte)
            }
        }

        private mutating func quantified(_ piece: Piece) throws(Unknown) -> [[Piece]] {
            guard let next else { return [[piece]] }
            switch (piece, next) {
            case (.any, UInt8(ascii: "*")):
                at += 1
                _ = take(UInt8(ascii: "?"))
                return [[.run]]
            case (.any, UInt8(ascii: "+")):
                at += 1
                _ = take(UInt8(ascii: "?"))
                return [[.any, .run]]
            case (.byte, UInt8(ascii: "?")), (.any, UInt8(ascii: "?")):
                at += 1
                return [[piece], []]
            case (_, UInt8(ascii: "*")), (_, UInt8(ascii: "+")), (_, UInt8(ascii: "?")), (_, UInt8(ascii: "{")):
                throw Unknown()
            default:
                return [[piece]]
            }
        }

        private static func isBoundary(_ row: [Piece]) -> Bool {
            row.count == 1 && (row[0] == .start || row[0] == .end || row[0] == .boundary || isSeparator(row[0]))
        }

        /// `,.+` of `(a|b)(,.+)?$`.
        private static func isRestOfList(_ row: [Piece]) -> Bool {
            guard let first = row.first, isSeparator(first), row.last == .run else { return false }
            return row.dropFirst().allSatisfy { $0 == .run || $0 == .any }
        }

        private static func isSeparator(_ piece: Piece) -> Bool {
            piece == .byte(UInt8(ascii: ",")) || piece == .byte(UInt8(ascii: " "))
        }
    }
}

// MARK: Tags
extension PatternText {
    /// What a pattern over a list of tags names.
    enum Tags: Equatable {
        case all
        case some([[UInt8]])
    }

    /// The tags, when each alternative is one whole tag between what may stand around it in a list.
    func tags() throws(Unknown) -> Tags {
        var tags: [[UInt8]] = []
        var seen: Set<[UInt8]> = []
        for row in alternatives {
            if Self.isEverything(row) { return .all }
            let tag = try Self.name(Self.withoutBoundaries(row)[...])
            guard !tag.isEmpty, !tag.contains(UInt8(ascii: ",")) else { throw Unknown() }
            if seen.insert(tag).inserted { tags.append(tag) }
        }
        return .some(tags)
    }

    private static func isEverything(_ row: [Piece]) -> Bool {
        row.contains(.run) && row.allSatisfy { $0 == .run || $0 == .any || $0 == .start || $0 == .end }
    }

    private static func withoutBoundaries(_ row: [Piece]) -> [Piece] {
        func isOutside(_ piece: Piece) -> Bool {
            switch piece {
            case .start, .end, .boundary, .byte(UInt8(ascii: ",")), .byte(UInt8(ascii: " ")): true
            case .byte, .any, .run: false
            }
        }
        var rest = row[...]
        while let first = rest.first, isOutside(first) { rest.removeFirst() }
        while let last = rest.last, isOutside(last) { rest.removeLast() }
        return Array(rest)
    }

    /// Literal bytes; a lone dot is a dot, as few clients quote the dots of tags and host names.
    private static func name(_ row: ArraySlice<Piece>) throws(Unknown) -> [UInt8] {
        var name: [UInt8] = []
        for piece in row {
            switch piece {
            case .byte(let byte): name.append(byte)
            case .any: name.append(UInt8(ascii: "."))
            case .run, .start, .end, .boundary: throw Unknown()
            }
        }
        return name
    }
}

// MARK: URLs and hosts
extension PatternText {
    /// What one alternative matches, in terms of selectors.
    enum Shape: Hashable {
        case everything
        case literal([UInt8])
        /// A literal and whatever follows.
        case prefix([UInt8])
        /// As `Glob` has it.
        case glob([UInt8])
    }

    /// Each alternative as a shape; where a dot may be any byte, it is.
    /// - Parameter dotsAreDots: of host names, whose dots few clients quote.
    func shapes(dotsAreDots: Bool = false) throws(Unknown) -> Set<Shape> {
        var shapes: Set<Shape> = []
        for row in alternatives { shapes.insert(try Self.shape(row, dotsAreDots)) }
        return shapes.contains(.everything) ? [.everything] : shapes
    }

    private static func shape(_ row: [Piece], _ dotsAreDots: Bool) throws(Unknown) -> Shape {
        var rest = row[...]
        var pieces: [Piece] = []
        if rest.first == .start { rest.removeFirst() } else { pieces.append(.run) }
        let isEnded = rest.last == .end
        if isEnded { rest.removeLast() }
        for (offset, piece) in rest.enumerated() {
            switch piece {
            case .start, .end, .boundary: throw Unknown()
            case .run: if pieces.last != .run { pieces.append(.run) }
            case .any:
                let isWild = !dotsAreDots || offset + 1 < rest.count && rest[rest.startIndex + offset + 1] == .run
                pieces.append(isWild ? .any : .byte(UInt8(ascii: ".")))
            case .byte: pieces.append(piece)
            }
        }
        if !isEnded, pieces.last != .run { pieces.append(.run) }
        if pieces == [.run] { return .everything }
        let wild = pieces.indices.filter { pieces[$0] == .run || pieces[$0] == .any }
        if wild.isEmpty { return .literal(bytes(pieces)) }
        if wild == [pieces.count - 1], pieces.last == .run { return .prefix(bytes(pieces.dropLast())) }
        return .glob(bytes(pieces))
    }

    /// As a glob. It has no way to quote, so a `*` of the text becomes one and matches more than the text.
    private static func bytes(_ pieces: some Collection<Piece>) -> [UInt8] {
        pieces.map { piece in
            switch piece {
            case .byte(let byte): byte
            case .run: UInt8(ascii: "*")
            case .any, .start, .end, .boundary: UInt8(ascii: "?")
            }
        }
    }
}

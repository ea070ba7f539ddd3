/// A pattern over bytes: `*` is any run of bytes, `/` included and possibly empty, `?` is exactly one byte, anything
/// else is itself. Letter case counts. What stands between stars is looked for once, from left to right, because an
/// earlier place leaves more room for the rest; each in time linear in the input (`GlobPiece`).
package struct Glob: Sendable {
    /// The pattern as it was given.
    package let pattern: [UInt8]
    /// What stands before the first star, and behind the last one; nil without a star.
    private let ends: (first: GlobPiece, last: GlobPiece)?
    /// What stands between stars, without empty ones; without a star the whole pattern.
    private let pieces: [GlobPiece]

    package init(_ pattern: [UInt8]) {
        self.pattern = pattern
        var pieces = pattern.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map {
            GlobPiece(Array($0))
        }
        guard pieces.count > 1 else {
            ends = nil
            self.pieces = pieces
            return
        }
        ends = (pieces.removeFirst(), pieces.removeLast())
        self.pieces = pieces.filter { $0.count > 0 }
    }

    package init(_ pattern: String) {
        self.init(Array(pattern.utf8))
    }

    /// The pattern for people.
    package var text: String { String(decoding: pattern, as: UTF8.self) }

    /// Whether all of `bytes` matches.
    package func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let ends else { return bytes.count == pattern.count && pieces[0].matches(bytes, at: 0) }
        guard ends.first.count + ends.last.count <= bytes.count, ends.first.matches(bytes, at: 0),
            ends.last.matches(bytes, at: bytes.count - ends.last.count)
        else { return false }
        var rest = UnsafeRawBufferPointer(rebasing: bytes[ends.first.count..<bytes.count - ends.last.count])
        for piece in pieces {
            guard let at = piece.firstPlace(in: rest) else { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest[(at + piece.count)...])
        }
        return true
    }

    /// Whether all of `text` matches, byte for byte.
    package func matches(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { matches($0) }
    }
}

extension Glob: Hashable {
    package static func == (one: Glob, other: Glob) -> Bool { one.pattern == other.pattern }
    package func hash(into hasher: inout Hasher) { hasher.combine(pattern) }
}

/// A pattern over bytes: `*` is any run of bytes, `/` included and possibly empty, `?` is exactly one byte, anything
/// else is itself. Letter case counts. Matching takes at most pattern × input steps and no memory: after a mismatch
/// only the last `*` is moved, because an earlier one can't help where a later one can't.
package struct Glob: Sendable, Hashable {
    /// The pattern as it was given.
    package let pattern: [UInt8]
    private let shape: Shape

    /// Most patterns are one of the first three; those are one comparison.
    private enum Shape: Hashable {
        case literal
        /// One `*`, at the end.
        case prefix
        /// One `*`, at the beginning.
        case suffix
        case general
    }

    package init(_ pattern: [UInt8]) {
        self.pattern = pattern
        let stars = pattern.count { $0 == UInt8(ascii: "*") }
        if pattern.contains(UInt8(ascii: "?")) || stars > 1 {
            shape = .general
        } else if stars == 0 {
            shape = .literal
        } else if pattern.last == UInt8(ascii: "*") {
            shape = .prefix
        } else {
            shape = pattern.first == UInt8(ascii: "*") ? .suffix : .general
        }
    }

    package init(_ pattern: String) {
        self.init(Array(pattern.utf8))
    }

    /// The pattern for people.
    package var text: String { String(decoding: pattern, as: UTF8.self) }

    /// Whether all of `bytes` matches.
    package func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch shape {
        case .literal:
            bytes.count == pattern.count && equal(pattern[...], bytes[...])
        case .prefix:
            bytes.count >= pattern.count - 1 && equal(pattern.dropLast(), bytes.prefix(pattern.count - 1))
        case .suffix:
            bytes.count >= pattern.count - 1 && equal(pattern.dropFirst(), bytes.suffix(pattern.count - 1))
        case .general:
            matchesGeneral(bytes)
        }
    }

    /// Whether all of `text` matches, byte for byte.
    package func matches(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { matches($0) }
    }

    private func equal(_ left: ArraySlice<UInt8>, _ right: Slice<UnsafeRawBufferPointer>) -> Bool {
        var index = right.startIndex
        for byte in left {
            guard byte == right[index] else { return false }
            index += 1
        }
        return true
    }

    private func matchesGeneral(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        var input = 0
        var star: (position: Int, input: Int)?
        while input < bytes.count {
            if position < pattern.count, pattern[position] == UInt8(ascii: "*") {
                star = (position, input)
                position += 1
            } else if position < pattern.count,
                pattern[position] == UInt8(ascii: "?") || pattern[position] == bytes[input]
            {
                position += 1
                input += 1
            } else if let last = star {
                star = (last.position, last.input + 1)
                position = last.position + 1
                input = last.input + 1
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

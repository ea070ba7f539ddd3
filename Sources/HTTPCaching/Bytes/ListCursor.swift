/// Walks the members of a comma-separated field value (RFC 9110 §5.6.1). Members that are empty are skipped, as a
/// recipient must, and whitespace around a member is left out.
struct ListCursor {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0
    /// A quoted string right after `=` hides its commas. Elsewhere a quotation mark is no syntax: what follows it is
    /// read as members, so that a stray one never hides a `no-store`.
    private var honoursQuotes: Bool

    init(_ bytes: UnsafeRawBufferPointer, quotedArguments: Bool = false) {
        self.bytes = bytes
        honoursQuotes = quotedArguments
    }

    /// The next member, never empty; nil at the end.
    mutating func next() -> UnsafeRawBufferPointer? {
        while at < bytes.count {
            let start = at
            let end = memberEnd(from: start)
            at = end + 1
            let member = bytes.part(start..<end).trimmed
            if !member.isEmpty { return member }
        }
        return nil
    }

    private mutating func memberEnd(from start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] != Octets.comma {
            guard honoursQuotes, bytes[end] == Octets.quote, end > start, bytes[end - 1] == Octets.equals else {
                end += 1
                continue
            }
            if let close = closingQuote(after: end) {
                end = close + 1
            } else {
                // Unterminated: an ordinary byte, here and in all that follows.
                honoursQuotes = false
                end += 1
            }
        }
        return end
    }

    private func closingQuote(after open: Int) -> Int? {
        var i = open + 1
        while i < bytes.count {
            if bytes[i] == Octets.quote { return i }
            i += bytes[i] == Octets.backslash ? 2 : 1
        }
        return nil
    }
}

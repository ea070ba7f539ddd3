internal import Engine
internal import Invalidation

/// What stands in the conditions and settings of a rule.
enum RuleField {
    /// Fields of one connection, of a message's framing, and those that forwarding writes itself.
    private static let ofConnections: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "content-length", "via",
    ]
    /// A fill asks for the whole body, whoever began it.
    private static let ofConditions: Set<String> = [
        "expect", "range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
    ]
    /// They say what the stored bytes are, or whom they are for.
    private static let ofStoredResponses: Set<String> = [
        "content-encoding", "content-range", "vary", "etag", "last-modified", "age", "date", "cache-status",
    ]

    static func readRequest(_ text: String) throws(ScalarProblem) -> String {
        guard Names.isFieldName(text) else { throw .notOfKind }
        let name = text.lowercased()
        if name == "host" { throw .said("is what origin.host sets") }
        if ofConnections.contains(name) || ofConditions.contains(name) {
            throw .said("is written by the proxy itself; no rule changes it")
        }
        return text
    }

    static func readResponse(_ text: String) throws(ScalarProblem) -> String {
        guard Names.isFieldName(text) else { throw .notOfKind }
        let name = text.lowercased()
        if name == "set-cookie" { throw .said("is for one client; strip_cookies takes it out") }
        if ofConnections.contains(name) || ofStoredResponses.contains(name) {
            throw .said("is what the cache itself goes by; no rule changes it")
        }
        return text
    }

    static func readValue(_ text: String) throws(ScalarProblem) -> String {
        guard text.utf8.count <= 4096, text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { throw .notOfKind }
        guard text.first != " ", text.last != " " else { throw .said("begins or ends with a space") }
        return text
    }

    static func readValueGlob(_ text: String) throws(ScalarProblem) -> Glob {
        guard (1...1024).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw .notOfKind
        }
        return Glob(text)
    }

    static func readMediaGlob(_ text: String) throws(ScalarProblem) -> Glob {
        guard (1...256).contains(text.utf8.count),
            text.utf8.allSatisfy({ Names.isTokenByte($0) || $0 == 0x2f || $0 == 0x3f })
        else { throw .notOfKind }
        return Glob(text.lowercased())
    }

    /// `404`, `5xx`, `500-599`.
    static func readStatus(_ text: String) throws(ScalarProblem) -> ClosedRange<Int> {
        if text.utf8.count == 3, text.lowercased().hasSuffix("xx"), let hundreds = text.first?.wholeNumberValue,
            (2...5).contains(hundreds)
        {
            return hundreds * 100...hundreds * 100 + 99
        }
        let bounds = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let low = Units.readNumber(bounds[0]), let high = Units.readNumber(bounds[bounds.count - 1]) else {
            throw .notOfKind
        }
        guard low >= 200, high <= 599 else { throw .said("is beyond the final statuses 200 to 599") }
        guard low <= high else { throw .said("ends before it begins") }
        return low...high
    }

    static func readTag(_ text: String) throws(ScalarProblem) -> String {
        guard (1...1024).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x2c })
        else { throw .notOfKind }
        return text
    }
}

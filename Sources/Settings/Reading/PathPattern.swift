internal import Engine
internal import HTTPMessage
internal import Invalidation

/// Patterns over canonical paths (design: hex in upper case, unreserved characters decoded), brought to that form, so
/// that a pattern matches what the same text in a request becomes.
enum PathPattern {
    static func read(_ text: String) throws(ScalarProblem) -> Glob {
        guard let first = text.utf8.first, text.utf8.count <= 2_048 else { throw .notOfKind }
        guard first == UInt8(ascii: "/") || first == UInt8(ascii: "*") else {
            throw .said("does not begin with / or *")
        }
        var pattern: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(Text.hexValue),
                    let low = rest.popFirst().flatMap(Text.hexValue)
                else {
                    throw .said("has a % without two hexadecimal digits")
                }
                let decoded = high << 4 | low
                pattern +=
                    ByteSet.unreserved.contains(decoded)
                    ? [decoded] : Array("%".utf8) + [Text.hexDigit(high), Text.hexDigit(low)]
            case UInt8(ascii: "#"), UInt8(ascii: "\\"), ...0x20, 0x7f...:
                throw .said("has a character that no canonical path has; write it percent-encoded")
            default:
                pattern.append(byte)
            }
        }
        let segments = pattern.split(separator: UInt8(ascii: "/"))
        if segments.contains(Array(".".utf8)[...]) || segments.contains(Array("..".utf8)[...]) {
            throw .said("has a dot segment, which no canonical path has")
        }
        return Glob(pattern)
    }
}

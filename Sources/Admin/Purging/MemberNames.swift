/// The names in an object of JSON, which Foundation gives once each: one that stands there twice is not understood, and
/// half of what it says must not be done (RFC 8259 §4 leaves it open which half).
enum MemberNames {
    /// A name that the outermost object has more than once. The bytes are known to be JSON.
    static func repeated(in bytes: [UInt8]) -> String? {
        var seen: Set<[UInt8]> = []
        return first(in: bytes) { !seen.insert($0).inserted }
    }

    /// A name with an escape in it, which may be one that stands there another time.
    static func escaped(in bytes: [UInt8]) -> String? { first(in: bytes) { $0.contains(UInt8(ascii: "\\")) } }

    private static func first(in bytes: [UInt8], where isIt: ([UInt8]) -> Bool) -> String? {
        var depth = 0
        var at = 0
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let end = endOfString(bytes, from: at + 1)
                let text = Array(bytes[at + 1..<end])
                at = end
                if depth == 1, isName(bytes, endingAt: end), isIt(text) {
                    return String(decoding: text, as: UTF8.self)
                }
            default: break
            }
            at += 1
        }
        return nil
    }

    /// Where the closing quote stands.
    private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
        var at = start
        while at < bytes.count - 1, bytes[at] != UInt8(ascii: "\"") {
            at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(at, bytes.count - 1)
    }

    private static func isName(_ bytes: [UInt8], endingAt end: Int) -> Bool {
        bytes[(end + 1)...].first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } == UInt8(ascii: ":")
    }
}

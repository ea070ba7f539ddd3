/// The values that decide where a message ends. Whoever reads them more kindly than the next server opens the door to
/// smuggling, so there is one reading for requests and responses (attacks.md 1, 2, 4).
enum TransferCoding {
    case chunked
    /// A list of codings with proper syntax that is not exactly `chunked` (RFC 9112 §7).
    case unknown
    case malformed

    init(_ value: UnsafeRawBufferPointer) {
        if Text.equals(value, "chunked") {
            self = .chunked
            return
        }
        var codings = 0
        var list = ListElements(value)
        while let element = list.next() {
            codings += 1
            var parts = ListElements(element, separator: 0x3b)
            guard let name = parts.next(), name.startIndex == element.startIndex, Text.isToken(name),
                !Text.equals(name, "chunked") || (codings > 1 && name.endIndex == value.endIndex),
                !Text.equals(name, "identity")
            else {
                self = .malformed
                return
            }
            while let parameter = parts.next() {
                guard Self.isParameter(parameter) else {
                    self = .malformed
                    return
                }
            }
        }
        self = codings == 0 ? .malformed : .unknown
    }

    /// `token BWS "=" BWS ( token / quoted-string )`.
    private static func isParameter(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let equals = bytes.firstIndex(of: 0x3d) else { return false }
        let name = Text.trim(bytes, bytes.startIndex..<equals)
        let value = Text.trim(bytes, equals + 1..<bytes.endIndex)
        guard Text.isToken(bytes[name]), let first = value.first else { return false }
        if bytes[first] != 0x22 { return Text.isToken(bytes[value]) }
        return value.count >= 2 && bytes[value.upperBound - 1] == 0x22
    }
}

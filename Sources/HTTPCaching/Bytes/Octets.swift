import HTTPMessage

/// The bytes that field grammars are made of.
enum Octets {
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let comma: UInt8 = 0x2c
    static let semicolon: UInt8 = 0x3b
    static let equals: UInt8 = 0x3d
    static let backslash: UInt8 = 0x5c
    static let colon: UInt8 = 0x3a
    static let slash: UInt8 = 0x2f
}

extension UnsafeRawBufferPointer {
    /// The part `range`, indexed from 0.
    @inline(__always)
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }

    /// Without spaces and tabs at both ends (OWS of RFC 9110 §5.6.3).
    var trimmed: UnsafeRawBufferPointer { part(Text.trim(self, 0..<count)) }

    /// Whether these bytes spell `text`, ASCII letters in any case; `text` is lower case.
    func spells(_ text: StaticString) -> Bool { Text.equals(self, text) }

    /// Whether these bytes begin with `text`, ASCII letters in any case; `text` is lower case.
    func starts(with text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard count >= length else { return false }
        let own = text.utf8Start
        for i in 0..<length where FieldBlock.lowercase(self[i]) != own[i] { return false }
        return true
    }

    /// A copy with ASCII letters in lower case.
    var lowercased: [UInt8] { map(FieldBlock.lowercase) }
}

package import HTTPMessage
import RawStructuredFieldValues

/// The groups that a response belongs to, or that an answer invalidates (RFC 9875).
package enum CacheGroups {
    /// More members than these, or longer ones, are left out; §2 asks for 32 of 32 characters at least.
    package static let maxGroups = 128
    package static let maxLength = 256
    /// Bounds the parser's work.
    private static let maxField = 64 << 10

    /// The names in all lines of `Cache-Groups` or `Cache-Group-Invalidation`, each once. The lines together are one
    /// List of Strings (RFC 9651 §3.1, §3.3.3): what is none has no groups at all, and parameters mean nothing (§2).
    package static func names(_ field: FieldName, of fields: FieldBlock) -> [[UInt8]] {
        var joined: [UInt8] = []
        for line in fields.lines where line.name == field {
            if !joined.isEmpty { joined.append(Octets.comma) }
            joined.append(contentsOf: fields.value(line))
        }
        guard !joined.isEmpty, joined.count <= maxField else { return [] }
        var parser = StructuredFieldValueParser(joined)
        guard let members = try? parser.parseListFieldValue() else { return [] }
        var names: [[UInt8]] = []
        for member in members {
            guard case .item(let item) = member, case .string(let text) = item.rfc9651BareItem else { return [] }
            let name = Array(text.utf8)
            guard name.count <= maxLength, names.count < maxGroups, !names.contains(name) else { continue }
            names.append(name)
        }
        return names
    }
}

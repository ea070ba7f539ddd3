internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage

/// Cache groups as tags: stored, purged and checked as those are, in a name space that no field can write to, because a
/// NUL begins it. A group is one of its origin only (RFC 9875 §2.1).
enum GroupTags {
    /// - Parameter key: of a response or a request of that origin.
    static func tags(_ field: FieldName, of fields: FieldBlock, key: CacheKey) -> [[UInt8]] {
        guard fields.contains(field), let parts = key.bytes.withUnsafeBytes({ CacheKeyParts($0) }) else { return [] }
        var origin: [UInt8] = [0]
        origin += key.bytes[parts.scheme]
        origin.append(0)
        origin += key.bytes[parts.host]
        origin.append(0)
        return CacheGroups.names(field, of: fields).map { origin + $0 }
    }

    static func isGroup(_ tag: [UInt8]) -> Bool { tag.first == 0 }
}

import HTTPMessage

/// `If-Range` (RFC 9110 §13.1.5): the client has a part already and wants more of the same, or else the whole.
enum RangeCondition {
    /// Whether the `Range` of the request counts. True without `If-Range`; false for several lines and for what is
    /// neither an entity tag nor a date.
    static func holds(_ fields: FieldBlock, _ validators: RangeValidators, now: Timestamp) -> Bool {
        var found: FieldBlock.Line?
        for line in fields.lines where line.name == .ifRange {
            guard found == nil else { return false }
            found = line
        }
        guard let found else { return true }
        return fields.bytes.withUnsafeBytes { bytes in
            let value = bytes.part(found.valueRange)
            if EntityTag.isTag(value) { return EntityTag.stronglyEqual(value, validators.etag) }
            guard let named = HTTPDate.parse(value, now: now) else { return false }
            return isStrong(validators) && validators.lastModified?.seconds == named.seconds
        }
    }

    /// A date names one version only when the response was made at least a second after it: else another change in the
    /// same second would have the same date (RFC 9110 §8.8.2.2).
    private static func isStrong(_ validators: RangeValidators) -> Bool {
        guard let lastModified = validators.lastModified, let date = validators.date else { return false }
        return lastModified.seconds < date.seconds
    }
}

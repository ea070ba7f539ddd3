import HTTPMessage

/// HTTP dates as fields of a message carry them (RFC 9110 §5.6.7).
enum FieldDate {
    /// The date of the first line of that name; nil when there is none or it is no HTTP-date.
    static func first(_ name: FieldName, of fields: FieldBlock, now: Timestamp) -> Timestamp? {
        fields.first(name).flatMap { HTTPDate.parse(fields.value($0), now: now) }
    }
}

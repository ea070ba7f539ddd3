import HTTPMessage

/// How long a response stays fresh (RFC 9111 §4.2.1), and who said so.
struct Lifetime {
    var seconds: UInt32
    /// Nobody said so: a heuristic or the site's `default_ttl`.
    var isGuessed: Bool

    /// What the response itself says: s-maxage before max-age before Expires. Nil when it says nothing. Invalid
    /// information is no freshness rather than none at all (RFC 9111 §4.2.1, §5.3).
    static func explicit(_ control: CacheControl, _ fields: FieldBlock, responseTime: Timestamp) -> Lifetime? {
        if let seconds = control.sMaxAge ?? control.maxAge { return Lifetime(seconds: seconds, isGuessed: false) }
        // Beside a targeted field Expires says nothing (RFC 9213 §2.2).
        guard !control.isTargeted, fields.contains(.expires) else { return nil }
        guard let expires = FieldDate.first(.expires, of: fields, now: responseTime) else {
            return Lifetime(seconds: 0, isGuessed: false)
        }
        let date = FieldDate.first(.date, of: fields, now: responseTime) ?? responseTime
        let span = InitialAge.difference(expires.seconds, date.seconds)
        return Lifetime(seconds: DeltaSeconds.clamp(span), isGuessed: false)
    }

    /// A tenth of the time since the last change, at most a day (RFC 9111 §4.2.2). Nil when there is no usable
    /// `Last-Modified`.
    static func heuristic(_ fields: FieldBlock, lastModified: Timestamp?, responseTime: Timestamp) -> Lifetime? {
        guard let lastModified else { return nil }
        let date = FieldDate.first(.date, of: fields, now: responseTime) ?? responseTime
        let tenth = InitialAge.difference(date.seconds, lastModified.seconds) / 10
        guard tenth > 0 else { return nil }
        return Lifetime(seconds: UInt32(min(tenth, maxHeuristic)), isGuessed: true)
    }

    private static let maxHeuristic: Int64 = 24 * 3600
}

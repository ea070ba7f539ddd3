import HTTPMessage

/// `Surrogate-Control` (Edge Architecture Specification, W3C Note of 2001, §2.2): directives as in `Cache-Control`,
/// each possibly for one surrogate alone (`max-age=60;strata`), and `max-age=3600+60`, whose second number is how long
/// it may be served stale.
///
/// `content="ESI/1.0"` and `no-store-remote` (for surrogates far from the origin) ask nothing of a reverse proxy.
enum SurrogateControl {
    /// The name that directives for Strata alone have.
    private static let identity: StaticString = "strata"

    /// Never nil: what can't be read is skipped, or is freshness that is over.
    static func read(_ value: [UInt8]) -> CacheControl? {
        var everyone = CacheControl()
        var own = CacheControl()
        value.withUnsafeBytes { bytes in
            var members = ListCursor(bytes, quotedArguments: true)
            while let member = members.next() {
                let end = targetStart(member) ?? member.count
                let directive = member.part(0..<end).trimmed
                guard !directive.isEmpty else { continue }
                if end == member.count {
                    everyone.takeSurrogate(directive)
                } else if member.part(end + 1..<member.count).trimmed.spells(identity) {
                    own.takeSurrogate(directive)
                }
            }
        }
        // What is said to this surrogate goes before what is said to all; prohibitions of both hold.
        own.flags.formUnion(everyone.flags)
        own.maxAge = own.maxAge ?? everyone.maxAge
        own.sMaxAge = own.sMaxAge ?? everyone.sMaxAge
        own.staleWhileRevalidate = own.staleWhileRevalidate ?? everyone.staleWhileRevalidate
        own.staleIfError = own.staleIfError ?? everyone.staleIfError
        own.noCacheFields += everyone.noCacheFields
        own.privateFields += everyone.privateFields
        own.flags.insert(.present)
        return own
    }

    /// The first semicolon outside quotation marks.
    private static func targetStart(_ member: UnsafeRawBufferPointer) -> Int? {
        var isQuoted = false
        for (index, byte) in member.enumerated() {
            if byte == Octets.quote { isQuoted.toggle() }
            if byte == Octets.semicolon, !isQuoted { return index }
        }
        return nil
    }
}

extension CacheControl {
    fileprivate mutating func takeSurrogate(_ member: UnsafeRawBufferPointer) {
        guard member.starts(with: "max-age="), let plus = member.firstIndex(of: UInt8(ascii: "+")) else {
            return takeDirective(member)
        }
        if maxAge == nil { maxAge = DeltaSeconds.parse(member.part(8..<plus)) ?? 0 }
        let longer = DeltaSeconds.parse(member.part(plus + 1..<member.count)) ?? 0
        staleWhileRevalidate = staleWhileRevalidate ?? longer
        staleIfError = staleIfError ?? longer
    }
}

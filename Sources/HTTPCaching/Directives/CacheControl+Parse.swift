package import HTTPMessage

extension CacheControl {
    /// Reads all `Cache-Control` lines of `fields`, in order, as one list. Accepts any bytes: names in any case,
    /// arguments quoted or not (RFC 9111 §5.2), and skips what it does not know (§5.2.3). Of several durations for
    /// one directive the first counts (§4.2.1); of a directive with and without field names the form without, which
    /// restricts more (§4.2.1).
    package static func parse(_ fields: FieldBlock) -> CacheControl {
        var control = CacheControl()
        fields.bytes.withUnsafeBytes { bytes in
            for line in fields.lines where line.name == .cacheControl {
                control.read(bytes.part(line.valueRange))
            }
        }
        return control
    }

    /// Adds the directives of one field value.
    mutating func read(_ value: UnsafeRawBufferPointer) {
        flags.insert(.present)
        var members = ListCursor(value, quotedArguments: true)
        while let member = members.next() { take(Directive(member)) }
    }

    /// Adds one member of a list.
    mutating func takeDirective(_ member: UnsafeRawBufferPointer) { take(Directive(member)) }

    private mutating func take(_ directive: Directive) {
        if let flag = directive.flag {
            flags.insert(flag)
        } else if directive.name.spells("max-age") {
            if maxAge == nil { maxAge = directive.seconds ?? 0 }
        } else if directive.name.spells("s-maxage") {
            if sMaxAge == nil { sMaxAge = directive.seconds ?? 0 }
        } else if directive.name.spells("no-cache") {
            if !directive.readNames(into: &noCacheFields) { flags.insert(.noCache) }
        } else if directive.name.spells("private") {
            if !directive.readNames(into: &privateFields) { flags.insert(.isPrivate) }
        } else if directive.name.spells("stale-while-revalidate") {
            if staleWhileRevalidate == nil { staleWhileRevalidate = directive.seconds ?? 0 }
        } else if directive.name.spells("stale-if-error") {
            if staleIfError == nil { staleIfError = directive.seconds ?? 0 }
        } else if directive.name.spells("min-fresh") {
            if minFresh == nil { minFresh = directive.seconds }
        } else if directive.name.spells("max-stale") {
            if maxStale == nil { maxStale = directive.argument == nil ? Self.anyStaleness : directive.seconds }
        }
    }
}

/// One member of a `Cache-Control` list, split at its first `=`.
private struct Directive {
    let name: UnsafeRawBufferPointer
    /// Without its quotation marks; nil when there is no `=`.
    let argument: UnsafeRawBufferPointer?

    /// Whitespace around `=` is no syntax. The name then counts without it, but the argument stays unreadable, so
    /// that `max-age = 60` is invalid freshness (stale) and `no-store =` still forbids.
    init(_ member: UnsafeRawBufferPointer) {
        guard let equals = member.firstIndex(of: Octets.equals) else {
            (name, argument) = (member, nil)
            return
        }
        name = member.part(0..<equals).trimmed
        let rest = member.part(equals + 1..<member.count)
        if name.count < equals {
            argument = rest.part(0..<0)
        } else if rest.count >= 2, rest[0] == Octets.quote, rest[rest.count - 1] == Octets.quote {
            argument = rest.part(1..<rest.count - 1)
        } else {
            argument = rest
        }
    }

    /// The flag of a directive that is one, whatever argument it has.
    var flag: CacheControl.Flags? {
        if name.spells("no-store") { return .noStore }
        if name.spells("public") { return .isPublic }
        if name.spells("must-revalidate") { return .mustRevalidate }
        if name.spells("proxy-revalidate") { return .proxyRevalidate }
        if name.spells("immutable") { return .immutable }
        if name.spells("must-understand") { return .mustUnderstand }
        if name.spells("no-transform") { return .noTransform }
        if name.spells("only-if-cached") { return .onlyIfCached }
        return nil
    }

    var seconds: UInt32? { argument.flatMap(DeltaSeconds.parse) }

    /// More field names than this in one argument make the directive count as unqualified.
    private static let maxNames = 32

    /// Adds the field names of the argument; false when there is none, or one that is no field name: the directive
    /// then counts as unqualified.
    func readNames(into names: inout [[UInt8]]) -> Bool {
        guard let argument else { return false }
        var listed = names
        var found = false
        var members = ListCursor(argument)
        while let name = members.next() {
            guard Text.isToken(name), listed.count < Self.maxNames else { return false }
            let lowercased = name.lowercased
            if !listed.contains(lowercased) { listed.append(lowercased) }
            found = true
        }
        if found { names = listed }
        return found
    }
}

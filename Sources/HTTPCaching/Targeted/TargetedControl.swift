package import HTTPMessage

/// The directives that decide about a response: those of the first field of the target list that says something, else
/// those of `Cache-Control` (RFC 9213 §2.2).
///
/// The target list of Strata is `Strata-Cache-Control`, `CDN-Cache-Control`, `Surrogate-Control`. A field that is empty,
/// that breaks its grammar, or in which no directive is known and well-typed, is as if it was not there: what
/// `Cache-Control` forbids is not undone by a slip of the pen.
extension CacheControl {
    /// `control.isTargeted` says whether a targeted field won: `Cache-Control` and `Expires` then count for nothing.
    package static func deciding(_ fields: FieldBlock) -> CacheControl {
        var found: Set<FieldName> = []
        for line in fields.lines {
            switch line.name {
            case .strataCacheControl, .cdnCacheControl, .surrogateControl: found.insert(line.name)
            default: continue
            }
        }
        guard !found.isEmpty else { return parse(fields) }
        for name in [FieldName.strataCacheControl, .cdnCacheControl, .surrogateControl] where found.contains(name) {
            let value = joined(name, fields)
            let control = name == .surrogateControl ? SurrogateControl.read(value) : StructuredControl.read(value)
            guard var control, control.saysSomething else { continue }
            control.flags.insert(.targeted)
            if name != .cdnCacheControl { control.flags.insert(.consumed) }
            return control
        }
        return parse(fields)
    }

    /// Whether it is one of the fields that end here: they speak to this cache alone and go neither to clients nor into
    /// the store.
    package static func isConsumed(_ name: FieldName) -> Bool {
        name == .strataCacheControl || name == .surrogateControl
    }

    /// Several lines of a field are one list (RFC 9110 §5.3).
    private static func joined(_ name: FieldName, _ fields: FieldBlock) -> [UInt8] {
        var value: [UInt8] = []
        for (index, line) in fields.lines.filter({ $0.name == name }).enumerated() {
            if index > 0 { value.append(contentsOf: [Octets.comma, Octets.space]) }
            value.append(contentsOf: fields.value(line))
        }
        return value
    }

    /// Whether it holds any directive.
    var saysSomething: Bool {
        !flags.subtracting(.present).isEmpty || maxAge != nil || sMaxAge != nil || staleWhileRevalidate != nil
            || staleIfError != nil || !noCacheFields.isEmpty || !privateFields.isEmpty
    }
}

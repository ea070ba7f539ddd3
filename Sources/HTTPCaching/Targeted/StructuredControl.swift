import HTTPMessage
import RawStructuredFieldValues

/// A targeted field that is a Dictionary of RFC 9651 (RFC 9213 §2.1): keys in lower case, one member a directive.
enum StructuredControl {
    /// Longer values are no cache policy; the bound holds the parser's work.
    static let maxLength = 4096

    /// Nil when the value is no Dictionary: the whole field then is ignored.
    static func read(_ value: [UInt8]) -> CacheControl? {
        guard value.count <= maxLength else { return nil }
        var parser = StructuredFieldValueParser(value)
        guard let members = try? parser.parseDictionaryFieldValue() else { return nil }
        var control = CacheControl()
        control.flags.insert(.present)
        for (key, member) in members {
            // No directive takes a list; parameters mean nothing (RFC 9213 §2.1).
            guard case .item(let item) = member else {
                control.restrict(key)
                continue
            }
            control.take(key, item.rfc9651BareItem)
        }
        return control
    }
}

extension CacheControl {
    fileprivate mutating func take(_ key: String, _ value: RFC9651BareItem) {
        switch value {
        case .integer(let number):
            setDuration(key, DeltaSeconds.clamp(number))
            restrict(key)
        case .bool(true):
            restrict(key)
            permit(key)
        case .bool(false): break
        case .string(let text), .token(let text): qualify(key, text)
        case .decimal, .undecodedByteSequence, .date, .displayString: restrict(key)
        }
    }

    /// Durations are Integers; one of another type is ignored. A negative one is 0.
    private mutating func setDuration(_ key: String, _ seconds: UInt32) {
        switch key {
        case "max-age": maxAge = seconds
        case "s-maxage": sMaxAge = seconds
        case "stale-while-revalidate": staleWhileRevalidate = seconds
        case "stale-if-error": staleIfError = seconds
        default: break
        }
    }

    /// What forbids counts whatever value it has, but for `?0`: it is read on the safe side.
    fileprivate mutating func restrict(_ key: String) {
        switch key {
        case "no-store": flags.insert(.noStore)
        case "no-cache": flags.insert(.noCache)
        case "private": flags.insert(.isPrivate)
        case "must-revalidate": flags.insert(.mustRevalidate)
        case "proxy-revalidate": flags.insert(.proxyRevalidate)
        default: break
        }
    }

    /// What allows counts only as a Boolean.
    private mutating func permit(_ key: String) {
        switch key {
        case "public": flags.insert(.isPublic)
        case "immutable": flags.insert(.immutable)
        case "must-understand": flags.insert(.mustUnderstand)
        case "no-transform": flags.insert(.noTransform)
        default: break
        }
    }

    /// `private="a, b"` and `no-cache="a"` name fields; elsewhere a text is no value.
    private mutating func qualify(_ key: String, _ text: String) {
        let names = text.utf8.split { $0 == Octets.comma || $0 == Octets.space || $0 == 0x09 }.map { name in
            name.map(FieldBlock.lowercase)
        }
        guard key == "private" || key == "no-cache", !names.isEmpty, names.count <= 32,
            names.allSatisfy({ Text.isToken($0) })
        else { return restrict(key) }
        if key == "private" { privateFields = names } else { noCacheFields = names }
    }
}

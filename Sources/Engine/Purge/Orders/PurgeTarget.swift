internal import HTTPMessage

/// One thing that a purge names, in the form that stored responses have, before the site's key rules.
package enum PurgeTarget: Sendable, Hashable {
    case url(host: [UInt8], path: [UInt8], query: [UInt8]?)
    case prefix(host: [UInt8], prefix: [UInt8])
    case glob([UInt8])
    case tag([UInt8])
    case host([UInt8])
    case all

    /// Longer globs are refused: what they cost at each entry grows with them.
    static let maxGlob = 1024

    /// `http://host/path?query`, or `host/path?query`.
    package init(url text: [UInt8], field: String) throws(PurgeMistake) {
        let (host, path, query) = try Self.canonical(text, field, "no URL with a host")
        self = .url(host: host, path: path, query: query)
    }

    /// A URL, or with `*` at its end a prefix, as in a `PURGE`.
    package static func urlOrPrefix(_ text: [UInt8], field: String) throws(PurgeMistake) -> PurgeTarget {
        text.last == UInt8(ascii: "*")
            ? try PurgeTarget(prefix: text, field: field) : try PurgeTarget(url: text, field: field)
    }

    /// A URL of which the end is missing; a `*` there may stand for it.
    package init(prefix text: [UInt8], field: String) throws(PurgeMistake) {
        let text = text.last == UInt8(ascii: "*") ? Array(text.dropLast()) : text
        let (host, path, query) = try Self.canonical(text, field, "no beginning of a URL with a host")
        self = .prefix(host: host, prefix: path + (query.map { [0x3f] + $0 } ?? []))
    }

    /// A name or address, with a port or without; the port makes no difference.
    package init(host text: [UInt8], field: String) throws(PurgeMistake) {
        let isBare = !text.isEmpty && !text.contains { $0 == 0x2f || $0 == 0x3f || $0 == 0x23 }
        guard isBare else { throw PurgeMistake(field, "\(JSONText.quoted(text)) is no host name") }
        let host = try Self.canonical(text + [0x2f], field, "no host name").host
        self = .host(Array(HostName.withoutPort(host[...])))
    }

    /// A glob over host, path and query, or over path and query alone when it begins with `/`.
    package init(glob text: [UInt8], field: String) throws(PurgeMistake) {
        guard let first = text.first, text.count <= Self.maxGlob else {
            throw PurgeMistake(field, "a pattern has 1 to \(Self.maxGlob) bytes")
        }
        guard text.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x23 }) else {
            throw PurgeMistake(field, "\(JSONText.quoted(text)) has bytes that no URL has; write them percent-encoded")
        }
        var pattern = text
        for scheme in ["http://", "https://"]
        where text.prefix(scheme.utf8.count).map(FieldBlock.lowercase).elementsEqual(scheme.utf8) {
            pattern.removeFirst(scheme.utf8.count)
        }
        guard first == UInt8(ascii: "*") || pattern.contains(0x2f) else {
            throw PurgeMistake(
                field, "\(JSONText.quoted(text)) matches no URL: begin with a host, with * or with /")
        }
        if pattern.allSatisfy({ $0 == UInt8(ascii: "*") }) {
            self = .all
            return
        }
        if let slash = pattern.firstIndex(of: 0x2f), !Self.hasWildcard(pattern[..<slash]) {
            pattern = HostName.canonical(pattern[..<slash]) + pattern[slash...]
        }
        self = .glob(PercentForm.normalised(pattern))
    }

    static func hasWildcard(_ text: some Sequence<UInt8>) -> Bool {
        text.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    /// What a glob may mean: where a wildcard stands before its first slash, what is before that slash may be of the path,
    /// whose letter case counts, or of the host, which is in lower case.
    static func readings(ofGlob pattern: [UInt8]) -> [[UInt8]] {
        guard let slash = pattern.firstIndex(of: 0x2f), hasWildcard(pattern[..<slash]) else { return [pattern] }
        let lower = HostName.canonical(pattern[..<slash]) + pattern[slash...]
        return lower == pattern ? [pattern] : [pattern, lower]
    }

    package init(tag: [UInt8], field: String) throws(PurgeMistake) {
        guard !tag.isEmpty else { throw PurgeMistake(field, "a tag is empty") }
        // A name space of its own (RFC 9875).
        guard !GroupTags.isGroup(tag) else { throw PurgeMistake(field, "a tag begins with a NUL") }
        self = .tag(tag)
    }

    private static func canonical(
        _ text: [UInt8], _ field: String, _ what: String
    ) throws(PurgeMistake) -> (host: [UInt8], path: [UInt8], query: [UInt8]?) {
        var target = CanonicalTarget()
        let lower = text.prefix(8).map(FieldBlock.lowercase)
        let hasScheme = lower.starts(with: "http://".utf8) || lower.starts(with: "https://".utf8)
        let uri = hasScheme ? text : Array("http://".utf8) + text
        let failure: RequestError? = uri.withUnsafeBytes { bytes in
            do throws(RequestError) {
                try target.canonicalize(method: .get, target: bytes, host: nil, scheme: .http)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw PurgeMistake(field, "\(JSONText.quoted(text)) is \(what): \(failure.text)") }
        guard !target.host.isEmpty else { throw PurgeMistake(field, "\(JSONText.quoted(text)) is \(what)") }
        return (
            Array(target.bytes[target.host]), Array(target.bytes[target.path]),
            target.query.map { Array(target.bytes[$0]) }
        )
    }
}

enum HostName {
    /// In lower case, without the dot of a fully qualified name.
    static func canonical(_ host: ArraySlice<UInt8>) -> [UInt8] {
        var name = host.map(FieldBlock.lowercase)
        let end = name.lastIndex(of: 0x3a).flatMap { colon in
            name[(colon + 1)...].allSatisfy { (0x30...0x39).contains($0) } ? colon : nil
        }
        let dot = (end ?? name.count) - 1
        if dot > 0, name[dot] == 0x2e { name.remove(at: dot) }
        return name
    }

    /// A bracketed IPv6 address keeps its brackets.
    static func withoutPort(_ host: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard host.last != 0x5d, let colon = host.lastIndex(of: 0x3a) else { return host }
        return host[..<colon]
    }
}

/// Percent-encoding as canonical targets have it: hex digits in upper case, unreserved characters decoded.
enum PercentForm {
    static func normalised(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = Text.hexValue(bytes[at + 1]),
                let low = Text.hexValue(bytes[at + 2])
            else {
                out.append(bytes[at])
                at += 1
                continue
            }
            let value = high << 4 | low
            if ByteSet.unreserved.contains(value) {
                out.append(value)
            } else {
                out += [UInt8(ascii: "%"), Text.hexDigit(high), Text.hexDigit(low)]
            }
            at += 3
        }
        return out
    }
}

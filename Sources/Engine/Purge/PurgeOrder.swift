internal import CacheModel
internal import HTTPMessage
internal import Invalidation

/// What a `PURGE` request asks for.
struct PurgeOrder: Sendable {
    var mode: InvalidationMode
    /// Milliseconds to wait for the other instances (`Purge-Wait`).
    var wait: Int64 = 0
    var selectors: [Selector]
    /// The keys that a URL selector names, for counting and deleting; empty for other selectors.
    var keys: [CacheKey]
    /// `selector` of the answer, as JSON.
    var json: String

    /// Nil when a field that names tags names none: purging the URL in their place would be a surprise.
    /// - Parameters:
    ///   - host, path, query: the canonical URL.
    ///   - rules: the site's key rules.
    init?(fields: FieldBlock, host: [UInt8], path: [UInt8], query: [UInt8]?, rules: QueryRules) {
        mode = Self.isSoft(fields) ? .soft : .hard
        if let line = fields.first(.purgeWait) {
            guard let wait = PurgeWait.milliseconds(fields.value(line)) else { return nil }
            self.wait = wait
        }
        if let tags = Self.tags(fields) {
            guard !tags.isEmpty else { return nil }
            selectors = tags.map { .tag($0) }
            keys = []
            json = #"{"tags":[\#(tags.map { JSONText.quoted($0) }.joined(separator: ","))]}"#
            return
        }
        if query == nil, path.last == 0x2a {
            let prefix = Array(path.dropLast())
            selectors = [.prefix(host: host, prefix: prefix)]
            keys = []
            json = #"{"prefix":\#(JSONText.quoted(host + prefix))}"#
            return
        }
        let url = InvalidatedURL(host: host, path: path, givenQuery: query, rules: rules)
        selectors = url.selectors
        keys = url.keys
        json = #"{"url":\#(JSONText.quoted(host + url.target))}"#
    }

    private static func isSoft(_ fields: FieldBlock) -> Bool {
        fields.lines.contains { line in
            switch line.name {
            case .softPurge, .fastlySoftPurge: fields.value(line).elementsEqual(CollectionOfOne(0x31))
            case .xkeySoftpurge: true
            default: false
            }
        }
    }

    /// `Surrogate-Key` and the xkey forms split at spaces, the `Cache-Tag` forms at commas. Nil: there is no such field.
    private static func tags(_ fields: FieldBlock) -> [[UInt8]]? {
        var tags: [[UInt8]]?
        for line in fields.lines {
            let separator: UInt8
            switch line.name {
            case .surrogateKey, .xkeyPurge, .xkeySoftpurge: separator = 0x20
            case .cacheTag, .xCacheTags: separator = 0x2c
            default: continue
            }
            tags = tags ?? []
            for part in fields.value(line).split(whereSeparator: { $0 == separator || separator == 0x20 && $0 == 0x09 })
            {
                let tag = part.drop { $0 == 0x20 || $0 == 0x09 }
                let end = tag.lastIndex { $0 != 0x20 && $0 != 0x09 }
                if let end { tags?.append(Array(tag[...end])) }
            }
        }
        return tags
    }
}

/// Strings of JSON (RFC 8259 §7).
enum JSONText {
    static func quoted(_ bytes: [UInt8]) -> String {
        var out = "\""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\u{0}"..."\u{1f}": out += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

internal import CacheModel
internal import HTTPMessage
internal import Invalidation

/// What a `PURGE` request asks for.
struct PurgeOrder: Sendable {
    var mode: InvalidationMode
    var selectors: [Selector]
    /// The keys that a URL selector names, for counting and deleting; empty for other selectors.
    var keys: [CacheKey]
    /// `selector` of the answer, as JSON.
    var json: String

    /// - Parameters:
    ///   - host, path, query: the canonical URL as the site's key rules make it.
    ///   - givenQuery: the canonical query before those rules.
    init(fields: FieldBlock, host: [UInt8], path: [UInt8], query: [UInt8]?, givenQuery: [UInt8]?) {
        mode = Self.isSoft(fields) ? .soft : .hard
        let tags = Self.tags(fields)
        guard tags.isEmpty else {
            selectors = tags.map { .tag($0) }
            keys = []
            json = #"{"tags":[\#(tags.map { JSONText.quoted($0) }.joined(separator: ","))]}"#
            return
        }
        let target = Self.target(path, query)
        if query == nil, path.last == 0x2a {
            let prefix = Array(path.dropLast())
            selectors = [.prefix(host: host, prefix: prefix)]
            keys = []
            json = #"{"prefix":\#(JSONText.quoted(host + prefix))}"#
            return
        }
        selectors = [.url(host: host, target: target)]
        var queries = [query]
        if givenQuery != query {
            selectors.append(.url(host: host, target: Self.target(path, givenQuery)))
            queries.append(givenQuery)
        }
        keys = queries.flatMap { query in
            ["http", "https"].map { CacheKey(scheme: $0.utf8, host: host, path: path, query: query) }
        }
        json = #"{"url":\#(JSONText.quoted(host + target))}"#
    }

    private static func target(_ path: [UInt8], _ query: [UInt8]?) -> [UInt8] {
        query.map { path + [0x3f] + $0 } ?? path
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

    /// `Surrogate-Key` and the xkey forms split at spaces, the `Cache-Tag` forms at commas.
    private static func tags(_ fields: FieldBlock) -> [[UInt8]] {
        var tags: [[UInt8]] = []
        for line in fields.lines {
            let separator: UInt8
            switch line.name {
            case .surrogateKey, .xkeyPurge, .xkeySoftpurge: separator = 0x20
            case .cacheTag, .xCacheTags: separator = 0x2c
            default: continue
            }
            for part in fields.value(line).split(whereSeparator: { $0 == separator || separator == 0x20 && $0 == 0x09 })
            {
                let tag = part.drop { $0 == 0x20 || $0 == 0x09 }
                let end = tag.lastIndex { $0 != 0x20 && $0 != 0x09 }
                if let end { tags.append(Array(tag[...end])) }
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

package import CacheModel
package import HTTPMessage
package import Invalidation

/// A wish in terms of the log: what is written there, and what the answer says of it.
package struct PurgeOrder: Sendable {
    /// Each entry is compared with each pattern; all else is looked up.
    static let maxPatterns = 1_024

    package let wish: PurgeWish
    package var mode: InvalidationMode { wish.mode }
    /// No selector twice, and no more than a record takes.
    package let selectors: [Selector]
    /// The keys of all that is named, for counting and deleting; nil when a selector names more than keys tell.
    package let keys: [CacheKey]?
    /// `selector` of the answer, as JSON.
    package let json: String

    /// - Parameters:
    ///   - partitions: those that this instance has and the wish names, or all of them, by their names in keys.
    ///   - rules: the key rules of the site of a host and path, both canonical.
    package init(
        _ wish: PurgeWish, partitions: [[UInt8]] = [[]], rules: (_ host: [UInt8], _ path: [UInt8]) -> QueryRules
    ) throws(PurgeMistake) {
        guard !wish.targets.isEmpty || !wish.partitions.isEmpty else {
            throw PurgeMistake(
                "selector", "nothing is named: give a URL, prefix, pattern, tag, host, partition, or all")
        }
        var selectors: [Selector] = []
        var seen: Set<Selector> = []
        var keys: [CacheKey]? = []
        var json = SelectorText()
        func insert(_ selector: Selector) { if seen.insert(selector).inserted { selectors.append(selector) } }
        func add(_ selector: Selector) {
            guard !wish.partitions.isEmpty else { return insert(selector) }
            for partition in wish.partitions { insert(selector.within(partition)) }
        }
        json.partitions = wish.partitions
        // A partition alone is everything of it.
        if wish.targets.isEmpty {
            add(.all)
            keys = nil
        }
        for target in wish.targets {
            switch target {
            case .url(let host, let path, let query):
                let url = InvalidatedURL(
                    host: host, path: path, givenQuery: query, rules: rules(host, path), in: partitions)
                url.selectors.forEach(add)
                keys?.append(contentsOf: url.keys)
                json.urls.append(host + url.target)
                continue
            case .prefix(let host, let prefix):
                add(.prefix(host: host, prefix: prefix))
                json.prefixes.append(host + prefix)
            case .glob(let pattern):
                for reading in PurgeTarget.readings(ofGlob: pattern) { add(.glob(reading)) }
                json.patterns.append(pattern)
            case .tag(let tag):
                add(.tag(tag))
                json.tags.append(tag)
            case .host(let host):
                add(.host(host))
                json.hosts.append(host)
            case .all:
                add(.all)
                json.all = true
            }
            keys = nil
        }
        guard json.patterns.count <= Self.maxPatterns else {
            throw PurgeMistake("patterns", "too many for one purge: at most \(Self.maxPatterns)")
        }
        guard RecordBytes.fits(selectors) else {
            throw PurgeMistake("selector", "too much for one purge: at most \(RecordBytes.maxSelectors) names and 16MB")
        }
        self.wish = wish
        self.selectors = selectors
        self.keys = keys
        self.json = json.text
    }
}

/// What was purged, in the words of the answer: one URL is `url`, several are `urls`.
private struct SelectorText {
    var urls: [[UInt8]] = []
    var prefixes: [[UInt8]] = []
    var patterns: [[UInt8]] = []
    var tags: [[UInt8]] = []
    var hosts: [[UInt8]] = []
    var partitions: [[UInt8]] = []
    var all = false

    var text: String {
        var members: [String] = []
        func add(_ one: String, _ many: String, _ names: [[UInt8]]) {
            if names.count == 1, one != many {
                members.append("\"\(one)\":\(JSONText.quoted(names[0]))")
            } else if !names.isEmpty {
                members.append("\"\(many)\":[\(names.map { JSONText.quoted($0) }.joined(separator: ","))]")
            }
        }
        add("url", "urls", urls)
        add("prefix", "prefixes", prefixes)
        add("pattern", "patterns", patterns)
        add("tags", "tags", tags)
        add("host", "hosts", hosts)
        add("partition", "partitions", partitions)
        if all { members.append(#""all":true"#) }
        return "{\(members.joined(separator: ","))}"
    }
}

/// Strings of JSON (RFC 8259 §7).
package enum JSONText {
    package static func quoted(_ bytes: [UInt8]) -> String {
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

    package static func quoted(_ text: String) -> String { quoted(Array(text.utf8)) }
}

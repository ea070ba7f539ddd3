internal import HTTPMessage
internal import Invalidation

/// What a request of a purge method asks for.
enum PurgeDialect {
    /// The URL that stands in the request line, canonical.
    struct RequestedURL {
        var host: [UInt8]
        var path: [UInt8]
        var query: [UInt8]?
    }

    static func wish(_ method: Method, _ fields: PurgeFields, _ url: RequestedURL) throws(PurgeMistake) -> PurgeWish {
        var wish = try fields.options()
        switch method {
        case .ban: wish.targets = try banned(fields, url)
        case .purgeKeys:
            guard let targets = try fields.tagTargets(byPattern: false) else {
                throw PurgeMistake("xkey-purge", "it is missing, and xkey-softpurge is too")
            }
            wish.targets = targets
        default: wish.targets = try purged(fields, url)
        }
        return wish
    }

    // MARK: PURGE

    private static func purged(_ fields: PurgeFields, _ url: RequestedURL) throws(PurgeMistake) -> [PurgeTarget] {
        if let tags = try fields.tagTargets(byPattern: false) { return tags }
        // The WordPress plugins say so when the URL is a regular expression.
        switch fields.value("x-purge-method").map({ String(decoding: $0, as: UTF8.self).lowercased() }) {
        case nil, "default", "exact", "purge": break
        case "regex": return try targets(urlPattern: url.target, field: "URL", hosts: [.literal(url.host)])
        case .some:
            throw PurgeMistake("X-Purge-Method", "it is neither exact nor regex")
        }
        if url.target.last == UInt8(ascii: "*") {
            return [.prefix(host: url.host, prefix: Array(url.target.dropLast()))]
        }
        return [.url(host: url.host, path: url.path, query: url.query)]
    }

    // MARK: BAN

    /// Everything that matches all of the fields. A ban of tags on some hosts only, or of a media type, is no selector
    /// of the log.
    private static func banned(_ fields: PurgeFields, _ url: RequestedURL) throws(PurgeMistake) -> [PurgeTarget] {
        if let type = fields.value("x-content-type"), !isEverything(type) {
            throw PurgeMistake(
                "X-Content-Type", "responses are not purged by their media type; leave it out or send .*")
        }
        let (host, path) = (fields.value("x-host"), fields.value("x-url"))
        if let tags = try fields.tagTargets(byPattern: true) {
            for (name, value) in [("X-Host", host), ("X-Url", path)] {
                guard let value, !isEverything(value) else { continue }
                throw PurgeMistake(name, "beside tags it has to be .*: a tag is purged wherever it is")
            }
            return tags
        }
        guard host != nil || path != nil else {
            // No field says what: the URL itself, and what begins with it.
            let isPlain = !url.target.contains { Array("*(|$^[\\".utf8).contains($0) }
            if isPlain { return [.prefix(host: url.host, prefix: url.target)] }
            return try targets(
                urlPattern: [UInt8(ascii: "^")] + url.target, field: "URL", hosts: [.literal(url.host)])
        }
        var hosts: Set<PatternText.Shape> = [.everything]
        if let host { hosts = try shapes(host.map(FieldBlock.lowercase), "X-Host", dotsAreDots: true) }
        return try targets(urlPattern: path ?? Array(".*".utf8), field: "X-Url", hosts: hosts)
    }

    private static func isEverything(_ pattern: [UInt8]) -> Bool {
        [".*", "^.*", "^.*$", ".*$", ".", ".+"].contains { pattern.elementsEqual($0.utf8) }
    }

    private static func shapes(
        _ pattern: [UInt8], _ field: String, dotsAreDots: Bool = false
    ) throws(PurgeMistake) -> Set<PatternText.Shape> {
        do throws(PatternText.Unknown) {
            return try PatternText(pattern).shapes(dotsAreDots: dotsAreDots)
        } catch {
            throw PurgeMistake(
                field,
                "\(JSONText.quoted(pattern)) is more than literals, . and .* : regular expressions are not supported")
        }
    }

    private static func targets(
        urlPattern: [UInt8], field: String, hosts: Set<PatternText.Shape>
    ) throws(PurgeMistake) -> [PurgeTarget] {
        var urls = try shapes(urlPattern, field)
        // Every target begins with a slash.
        let whole: [PatternText.Shape] = [.prefix([0x2f]), .glob(Array("*/*".utf8))]
        if !urls.isDisjoint(with: whole) { urls = [.everything] }
        guard urls.count * hosts.count <= maxTargets else {
            throw PurgeMistake(field, "it stands for more than \(maxTargets) patterns")
        }
        var targets: [PurgeTarget] = []
        for host in hosts {
            for url in urls { targets += try self.targets(host, url, field) }
        }
        return targets
    }

    private static let maxTargets = 1024

    /// One host and one URL, each a shape.
    private static func targets(
        _ host: PatternText.Shape, _ url: PatternText.Shape, _ field: String
    ) throws(PurgeMistake) -> [PurgeTarget] {
        switch (host, url) {
        case (.everything, .everything): return [.all]
        case (.everything, _):
            return [try PurgeTarget(glob: url.glob, field: field)]
        case (.literal(let name), .everything):
            return [try PurgeTarget(host: name, field: "X-Host")]
        case (.literal(let name), .literal(let target)):
            return [try PurgeTarget(url: name + target, field: field)]
        case (.literal(let name), .prefix(let target)):
            return [try PurgeTarget(prefix: name + target, field: field)]
        default:
            return try joined(host.glob, url.glob).map { (glob) throws(PurgeMistake) in
                try PurgeTarget(glob: glob, field: field)
            }
        }
    }

    /// A host and a target as globs over both. What follows the host begins with a slash, whatever stands before the
    /// first literal of the target.
    private static func joined(_ host: [UInt8], _ target: [UInt8]) -> [[UInt8]] {
        guard target.first == UInt8(ascii: "*") else { return [host + target] }
        let anywhere = host + [UInt8(ascii: "/")] + target
        return target.dropFirst().first == UInt8(ascii: "/") ? [host + target.dropFirst(), anywhere] : [anywhere]
    }
}

extension PurgeDialect.RequestedURL {
    var target: [UInt8] { query.map { path + [0x3f] + $0 } ?? path }
}

extension PatternText.Shape {
    /// The shape as a glob over the whole text.
    var glob: [UInt8] {
        switch self {
        case .everything: [UInt8(ascii: "*")]
        case .literal(let text), .glob(let text): text
        case .prefix(let text): text + [UInt8(ascii: "*")]
        }
    }
}

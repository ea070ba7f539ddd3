package import CacheModel
package import HTTPCaching
package import HTTPMessage

/// What the operator says about one site, in the form that requests are decided by.
package struct SitePolicy: Sendable {
    package enum HostField: Sendable, Equatable {
        /// As the client sent it.
        case client
        /// The server's own host and port.
        case origin
        case name([UInt8])
    }

    package var server: OriginServer
    package var hostField: HostField
    /// Whether `Via` is added towards the origin.
    package var sendsVia: Bool
    /// Bodyless idempotent requests may be sent again once.
    package var retriesIdempotent: Bool
    package var caching: CachingPolicy
    /// Lower-case names of response fields that carry tags.
    package var tagFields: [TagField]
    package var exposesTags: Bool
    package var query: QueryRules
    package var rules: RuleSet
    /// Whether a request may have a fresh response validated, or refuse it for its age (RFC 9111 §5.2.1).
    package var honoursRevalidation: Bool
    /// Where its responses are stored: a place in `Engine.partitions`.
    package var partition: Int

    package init(
        server: OriginServer, hostField: HostField = .client, sendsVia: Bool = true, retriesIdempotent: Bool = false,
        caching: CachingPolicy = CachingPolicy(), tagFields: [TagField] = TagField.standard, exposesTags: Bool = false,
        query: QueryRules = QueryRules(), rules: [Rule] = [], honoursRevalidation: Bool = true,
        partition: Int = 0
    ) {
        self.server = server
        self.hostField = hostField
        self.sendsVia = sendsVia
        self.retriesIdempotent = retriesIdempotent
        self.caching = caching
        self.tagFields = tagFields
        self.exposesTags = exposesTags
        self.query = query
        self.rules = RuleSet(rules)
        self.honoursRevalidation = honoursRevalidation
        self.partition = partition
    }

    /// The partition of a request: what the first matching rule with one says, else what the site says.
    func partition(ofPath path: UnsafeRawBufferPointer, fields: FieldBlock) -> Int {
        rules.partition(path: path, fields: fields) ?? partition
    }

    /// Whether something becomes of queries.
    var changesQueries: Bool { rules.changesQueries || !query.isEmpty }

    /// What becomes of the query of a path: what its first rule with such a setting says, else what the site says.
    func queryRules(forPath path: UnsafeRawBufferPointer) -> QueryRules { rules.query(path: path) ?? query }
}

/// A response field that carries tags, and what stands between them (design.md section 8).
package struct TagField: Sendable, Equatable {
    package enum Separator: Sendable {
        case space, comma
    }

    /// Lower case.
    package var name: [UInt8]
    package var separator: Separator
    /// The name as heads are interned.
    private let known: FieldName

    /// `Cache-Tag` and `X-Cache-Tags` split at commas, every other name at spaces.
    package init(name: String) {
        self.name = Array(name.lowercased().utf8)
        known = self.name.withUnsafeBytes { FieldName.intern($0) }
        separator = ["cache-tag", "x-cache-tags"].contains(name.lowercased()) ? .comma : .space
    }

    /// Whether that line of the block carries these tags.
    func names(_ line: FieldBlock.Line, of fields: FieldBlock) -> Bool {
        line.name == known && (known != .other || fields.isNamed(line, name))
    }

    package static let standard = ["Surrogate-Key", "Cache-Tag", "xkey", "X-Cache-Tags"].map(TagField.init)
}

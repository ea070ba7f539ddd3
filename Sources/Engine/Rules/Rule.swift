package import HTTPMessage

/// One rule of a site: which requests and responses it is for, and what it sets for them. A nil or empty setting leaves
/// it to the rules after it.
package struct Rule: Sendable, Equatable {
    package var conditions: RuleConditions
    /// False: nothing is stored, and nothing stored is used.
    package var cache: Bool?
    /// Seconds, as all durations here.
    package var ttl: Int64?
    package var force: Bool?
    package var staleWhileRevalidate: Int64?
    package var staleIfError: Int64?
    package var stripCookies: Bool?
    /// Only with conditions of the path: a URL has one key.
    package var query: QueryRules?
    /// Only without conditions of the request, as `responseFields`: what is stored is for all.
    package var tags: [[UInt8]]?
    package var requestFields: FieldChanges
    package var responseFields: FieldChanges
    /// How the response is written to the tiers.
    package var writes: TierWrites
    /// A place in `Engine.partitions`. Only with conditions of path, fields and cookies.
    package var partition: Int?
    /// When hits of slower tiers are copied to the faster ones.
    package var promotions: TierPromotions

    package init(
        conditions: RuleConditions, cache: Bool? = nil, ttl: Int64? = nil, force: Bool? = nil,
        staleWhileRevalidate: Int64? = nil, staleIfError: Int64? = nil, stripCookies: Bool? = nil,
        query: QueryRules? = nil, tags: [[UInt8]]? = nil, requestFields: FieldChanges = FieldChanges(),
        responseFields: FieldChanges = FieldChanges(), writes: TierWrites = TierWrites(),
        promotions: TierPromotions = TierPromotions(), partition: Int? = nil
    ) {
        self.conditions = conditions
        self.cache = cache
        self.ttl = ttl
        self.force = force
        self.staleWhileRevalidate = staleWhileRevalidate
        self.staleIfError = staleIfError
        self.stripCookies = stripCookies
        self.query = query
        self.tags = tags
        self.requestFields = requestFields
        self.responseFields = responseFields
        self.writes = writes
        self.partition = partition
        self.promotions = promotions
    }
}

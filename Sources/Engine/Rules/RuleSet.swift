internal import HTTPCaching
internal import HTTPMessage

/// The rules of a site, in order. For each setting the first rule that matches and has it decides (design.md section 7).
///
/// They are asked at three moments: for the key (`query`, `partition`), for the request (`match`), for the response (`decide`). Rules
/// with conditions of the response have no say before it is there.
package struct RuleSet: Sendable {
    package let rules: [Rule]
    let isEmpty: Bool
    /// Whether a hit depends on more than on what is stored: some rule may turn it away.
    let mayRefuseHits: Bool
    /// Whether what selects a variant may not be what the client sent.
    let changesRequests: Bool
    /// Whether some rule says which partition a request is for.
    let choosesPartitions: Bool
    /// Whether some rule says when a hit of a slower tier is copied to the faster ones.
    let choosesPromotions: Bool
    /// Whether some rule says what becomes of queries.
    let changesQueries: Bool

    package init(_ rules: [Rule] = []) {
        self.rules = rules
        isEmpty = rules.isEmpty
        mayRefuseHits = rules.contains { $0.cache != nil && !$0.conditions.nameResponse }
        changesRequests = rules.contains { !$0.requestFields.isEmpty }
        choosesPartitions = rules.contains { $0.partition != nil }
        choosesPromotions = rules.contains { $0.promotions != TierPromotions() }
        changesQueries = rules.contains { $0.query != nil }
    }

    /// What becomes of the query of this path; nil: what the site says.
    func query(path: UnsafeRawBufferPointer) -> QueryRules? {
        guard changesQueries else { return nil }
        for rule in rules where rule.query != nil && rule.conditions.match(path: path) { return rule.query }
        return nil
    }

    /// The partition of this path and these fields; nil: what the site says.
    func partition(path: UnsafeRawBufferPointer, fields: FieldBlock) -> Int? {
        guard choosesPartitions else { return nil }
        for rule in rules {
            guard let partition = rule.partition, rule.conditions.match(path: path),
                rule.conditions.match(method: .get, methodBytes: [], fields: fields)
            else { continue }
            return partition
        }
        return nil
    }

    /// Whether a plain hit of this path is refused: `cache: false`. Allocates nothing.
    @inline(never)
    func refusesHits(
        path: UnsafeRawBufferPointer, method: Method, methodBytes: @autoclosure () -> ArraySlice<UInt8>,
        fields: FieldBlock
    ) -> Bool {
        for rule in rules where rule.cache != nil && !rule.conditions.nameResponse {
            guard rule.conditions.match(path: path) else { continue }
            guard
                !rule.conditions.nameRequest
                    || rule.conditions.match(method: method, methodBytes: methodBytes(), fields: fields)
            else { continue }
            return rule.cache == false
        }
        return false
    }

    /// What the rules say of a request.
    func match(
        path: UnsafeRawBufferPointer, method: Method, methodBytes: ArraySlice<UInt8>, fields: FieldBlock,
        base: CachingPolicy
    ) -> RequestRules {
        guard !isEmpty else { return RequestRules(caching: base) }
        let matched = rules.filter {
            $0.conditions.match(path: path)
                && $0.conditions.match(method: method, methodBytes: methodBytes, fields: fields)
        }
        var decision = RequestRules(caching: base)
        decision.matched = matched
        let decided = matched.filter { !$0.conditions.nameResponse }
        decision.caching = Self.caching(decided, base)
        for rule in decided { decision.requestFields.add(rule.requestFields) }
        return decision
    }

    /// For each setting the first of these rules that has it.
    static func caching(_ rules: [Rule], _ base: CachingPolicy) -> CachingPolicy {
        var policy = base
        policy.cacheable = first(rules, \.cache) ?? base.cacheable
        policy.force = first(rules, \.force) ?? base.force
        policy.stripCookies = first(rules, \.stripCookies) ?? base.stripCookies
        policy.ruleStaleWhileRevalidate = first(rules, \.staleWhileRevalidate)
        policy.ruleStaleIfError = first(rules, \.staleIfError)
        if let rule = rules.first(where: { $0.ttl != nil }) {
            policy.ruleTTL = rule.ttl
            policy.ruleTTLNamesStatus = !rule.conditions.statuses.isEmpty
        }
        return policy
    }

    private static func first<Value>(_ rules: [Rule], _ setting: KeyPath<Rule, Value?>) -> Value? {
        for rule in rules {
            if let value = rule[keyPath: setting] { return value }
        }
        return nil
    }
}

/// What the rules say of one request.
struct RequestRules: Sendable {
    /// Those whose conditions of the request hold, in order; some may still wait for the response.
    var matched: [Rule] = []
    var caching: CachingPolicy
    var requestFields = FieldChanges()

    init(caching: CachingPolicy) { self.caching = caching }

    /// What they say once the response is there. What was decided before the request stays as it was.
    func decide(status: Int, fields: @autoclosure () -> FieldBlock) -> ResponseRules {
        guard !matched.isEmpty else { return ResponseRules(caching: caching) }
        let fields = fields()
        let holding = matched.filter { $0.conditions.match(status: status, fields: fields) }
        var decision = ResponseRules(caching: RuleSet.caching(holding, caching))
        decision.caching.stripCookies = caching.stripCookies
        decision.caching.cacheable = caching.cacheable && decision.caching.cacheable
        decision.tags = holding.first { $0.tags != nil }?.tags ?? []
        for rule in holding {
            decision.responseFields.add(rule.responseFields)
            decision.writes.add(rule.writes)
            decision.promotions.add(rule.promotions)
        }
        return decision
    }
}

/// What the rules say of one response.
struct ResponseRules: Sendable {
    var caching: CachingPolicy
    var tags: [[UInt8]] = []
    var responseFields = FieldChanges()
    var writes = TierWrites()
    var promotions = TierPromotions()

    init(caching: CachingPolicy) { self.caching = caching }
}

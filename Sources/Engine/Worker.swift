package import CacheModel
internal import HTTPCaching
package import HTTPMessage
internal import Invalidation
internal import MemoryTier

/// The engine on one event loop: decides each request, answers fresh memory hits at once, and starts everything else.
/// Loop-confined: one object a loop, used on that loop only. Reuses its memory from request to request.
package final class Worker {
    package let engine: Engine
    package let loop: any EngineLoop
    var target = CanonicalTarget()
    var key: [UInt8] = []
    /// Of the key, where there is memory.
    var hash: UInt64 = 0
    var site = 0
    /// A place in `Engine.partitions`.
    var partition = 0
    /// As the client sees it.
    var scheme: Scheme = .http
    /// Of a purge, which is told why in its own words.
    var unreadableTarget: RequestError?
    /// Memory has something under the key and counted a hit, and it is none.
    var isFalseHit = false
    /// What memory has under the key and this request may not use as it is.
    var candidate: StoredResponse?
    /// Responses of a slower tier that were at hand in this turn of the loop.
    let turn = TurnHits()

    package init(engine: Engine, loop: any EngineLoop) {
        self.engine = engine
        self.loop = loop
    }

    /// What to do with a request.
    package enum Decision {
        /// A fresh stored response answers it, whose body is in memory whatever tier it is from. The listener sends it at
        /// once.
        case hit(StoredResponse, TierName, age: Int64, ttl: Int64)
        /// The same, and the client has it already: a 304.
        case notModified(StoredResponse, TierName, age: Int64, ttl: Int64)
        /// The same, and the client wants a part of it: a 206 or a 416.
        case partial(PartialHit)
        /// Call `begin`, before the next `decide`.
        case begin
        /// Refused; `closes` says whether the connection can't be used any more.
        case refuse(SyntheticAnswer, closes: Bool)
    }

    /// Decides a request. Allocates nothing for a hit.
    /// - Parameters:
    ///   - scheme: of the connection.
    ///   - isTrusted: the peer is one of `trusted_proxies`: its `X-Forwarded-Proto` counts.
    package func decide(
        _ head: borrowing RequestHead, scheme: Scheme, isTrusted: Bool, now: Timestamp
    ) -> Decision {
        self.scheme = isTrusted && head.traits.contains(.forwarded) ? Self.forwardedScheme(head) ?? scheme : scheme
        do throws(RequestError) {
            try target.canonicalize(head, scheme: self.scheme)
        } catch {
            if head.method.isPurge {
                unreadableTarget = error
                return .begin
            }
            return .refuse(SyntheticAnswer(status: error.status, text: error.text), closes: true)
        }
        let found = target.bytes.withUnsafeBytes {
            engine.policy.siteTable.index(ofHost: UnsafeRawBufferPointer(rebasing: $0[target.host]))
        }
        guard let found else {
            // Tags and patterns are purged wherever they are: the host of the request need not be served here.
            if head.method.isPurge {
                site = .max
                return .begin
            }
            return .refuse(SyntheticAnswer(status: 421, text: "no site is configured for this host"), closes: false)
        }
        site = found
        candidate = nil
        isFalseHit = false
        if engine.hasPartitions { partition = choosePartition(head) }
        guard head.method == .get || head.method == .head else { return .begin }
        makeKey()
        // The default one is had without a look at the others.
        guard let memory = partition == 0 ? engine.components.memory : engine.partitions[partition].memory else {
            return decideAtHand(head, now)
        }
        let newest = key.withUnsafeBytes { key -> StoredResponse? in
            hash = memory.hash(key)
            return memory.lookup(hash: hash, key: key, now: now)
        }
        guard let newest else { return decideAtHand(head, now) }
        guard let response = newest.selection.isEmpty ? newest : variant(of: head, in: memory, now) else {
            return beginInSpite()
        }
        return decide(head, response, .memory, now)
    }

    @inline(never)
    private func variant(
        of head: borrowing RequestHead, in memory: MemoryTier, _ now: Timestamp
    ) -> StoredResponse? {
        let found = key.withUnsafeBytes { memory.variants(hash: hash, key: $0, now: now) }
        let matching: StoredResponse?
        if engine.policy.sites[site].rules.changesRequests {
            // What the origin sees selects, not what the client sent.
            var fields = head.fields
            requestRules(head).requestFields.apply(to: &fields)
            matching = found.first { Vary.matches(selection: $0.selection, request: fields) }
        } else {
            matching = found.first { Vary.matches(selection: $0.selection, request: head.fields) }
        }
        if let matching, matching !== found.first { memory.recordUse(of: matching, hash: hash) }
        return matching
    }

    /// What the stored response is for the request: the answer, or something to begin with.
    func decide(
        _ head: borrowing RequestHead, _ response: StoredResponse, _ tier: TierName, _ now: Timestamp
    ) -> Decision {
        response.use(tick: UseClock.tick(now))
        let freshness = response.freshness
        let ttl = freshness.timeToLive(at: now)
        guard ttl > 0, freshness.rules.rawValue & Self.alwaysValidate == 0, engine.judge(response) == .valid else {
            candidate = response
            return beginInSpite()
        }
        if engine.policy.sites[site].rules.mayRefuseHits, refusesHits(head) { return beginInSpite() }
        if head.traits.rawValue & Self.special == 0 {
            return .hit(response, tier, age: freshness.age(at: now), ttl: ttl)
        }
        return decideWithCare(head, response, tier, now)
    }

    private func beginInSpite() -> Decision {
        isFalseHit = true
        return .begin
    }

    /// A fresh response, and a request with fields that may forbid it.
    private func decideWithCare(
        _ head: borrowing RequestHead, _ response: StoredResponse, _ tier: TierName, _ now: Timestamp
    ) -> Decision {
        let freshness = response.freshness
        // A guess never applies to a request with credentials (design.md section 9, "Cookies").
        if freshness.rules.contains(.guessed), head.hasAuthorization || sendsCookies(head) { return beginInSpite() }
        if head.hasCacheControl {
            let wishes = wishes(of: head)
            let decision = Reuse.decide(
                freshness, request: wishes.directives, pragmaNoCache: wishes.pragmaNoCache, now: now)
            guard case .fresh = decision else {
                candidate = response
                return beginInSpite()
            }
        }
        if RequestCacheability.decide(method: head.method, fields: head.fields) == .bypassPrecondition {
            return beginInSpite()
        }
        if head.traits.contains(.strataDebug) { return beginInSpite() }
        let age = freshness.age(at: now)
        let ttl = freshness.timeToLive(at: now)
        if head.hasConditional,
            Conditional.evaluate(
                method: head.method, requestFields: head.fields, etag: response.etag,
                lastModified: response.meta.lastModified, date: freshness.responseTime,
                status: Int(response.status), now: now) == .notModified
        {
            return .notModified(response, tier, age: age, ttl: ttl)
        }
        if head.hasRange, let hit = PartialHit(response, tier, request: head, age: age, ttl: ttl, now: now) {
            return .partial(hit)
        }
        return .hit(response, tier, age: age, ttl: ttl)
    }

    // MARK: The rules of the site

    func requestRules(_ head: borrowing RequestHead) -> RequestRules {
        let (fields, method, methodRange) = (head.fields, head.method, head.methodRange)
        return target.bytes.withUnsafeBytes {
            engine.policy.sites[site].rules.match(
                path: UnsafeRawBufferPointer(rebasing: $0[target.path]), method: method,
                methodBytes: fields.bytes[methodRange], fields: fields, base: engine.policy.sites[site].caching)
        }
    }

    /// The partition of what the request asks for: what the first matching rule says, else what the site says.
    @inline(never)
    private func choosePartition(_ head: borrowing RequestHead) -> Int {
        guard engine.policy.sites[site].rules.choosesPartitions else { return engine.policy.sites[site].partition }
        let fields = head.fields
        return target.bytes.withUnsafeBytes {
            engine.policy.sites[site].partition(
                ofPath: UnsafeRawBufferPointer(rebasing: $0[target.path]), fields: fields)
        }
    }

    private func refusesHits(_ head: borrowing RequestHead) -> Bool {
        let (fields, method, methodRange) = (head.fields, head.method, head.methodRange)
        return target.bytes.withUnsafeBytes {
            engine.policy.sites[site].rules.refusesHits(
                path: UnsafeRawBufferPointer(rebasing: $0[target.path]), method: method,
                methodBytes: fields.bytes[methodRange], fields: fields)
        }
    }

    /// Whether the origin would see the request's cookies.
    func sendsCookies(_ head: borrowing RequestHead) -> Bool {
        head.hasCookie && !(engine.policy.sites[site].rules.isEmpty ? false : requestRules(head).caching.stripCookies)
    }

    /// What the request asks of caches, as far as the site lets clients ask.
    func wishes(of head: borrowing RequestHead) -> (directives: CacheControl, pragmaNoCache: Bool) {
        engine.wishes(head.fields, site: site)
    }

    @inline(never)
    private static func forwardedScheme(_ head: borrowing RequestHead) -> Scheme? {
        switch head.fields.string(.xForwardedProto)?.lowercased() {
        case "https": .https
        case "http": .http
        default: nil
        }
    }

    // MARK: The key

    /// Writes the key of the canonical target: `CacheKey`'s bytes, in reused memory.
    private func makeKey() {
        if engine.policy.sites[site].changesQueries { target.apply(queryRules) }
        let (host, path, query) = (target.host, target.path, target.query)
        // Taken out for the while: each change of an object's property is checked for exclusive access.
        var key: [UInt8] = []
        swap(&key, &self.key)
        key.removeAll(keepingCapacity: true)
        if partition != 0 { CacheKey.append(partition: engine.partitions[partition].keyName, to: &key) }
        key.append(contentsOf: scheme == .https ? Self.getHTTPS : Self.getHTTP)
        target.bytes.withUnsafeBytes { bytes in
            Self.append(UnsafeRawBufferPointer(rebasing: bytes[host]), to: &key)
            Self.append(UnsafeRawBufferPointer(rebasing: bytes[path]), to: &key)
            guard let query else { return key.append(0) }
            Self.append(UnsafeRawBufferPointer(rebasing: bytes[query]), mark: 1, to: &key)
        }
        swap(&key, &self.key)
    }

    /// What becomes of the query of the target's path, in the key and for the origin.
    var queryRules: QueryRules {
        target.bytes.withUnsafeBytes {
            engine.policy.sites[site].queryRules(forPath: UnsafeRawBufferPointer(rebasing: $0[target.path]))
        }
    }

    /// - Parameter mark: what is added to the length.
    @inline(__always)
    private static func append(_ part: UnsafeRawBufferPointer, mark: Int = 0, to key: inout [UInt8]) {
        let length = part.count + mark
        if length < 0x80 { key.append(UInt8(length)) } else { CacheKey.appendVarint(length, to: &key) }
        key.append(contentsOf: part)
    }

    // Masks, because set algebra across modules is not specialised.
    private static let special =
        ([.cacheControl, .range, .conditional, .authorization, .cookie, .strataDebug] as RequestHead.Traits).rawValue
    private static let alwaysValidate = Freshness.Rules.alwaysValidate.rawValue
    /// What keys of the default partition begin with: method and scheme, each behind its length.
    private static let getHTTP = Array("\u{3}GET\u{4}http".utf8)
    private static let getHTTPS = Array("\u{3}GET\u{5}https".utf8)
}

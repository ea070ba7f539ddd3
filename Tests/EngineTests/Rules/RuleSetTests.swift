import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import Testing

@testable import Engine

@Suite("The rules of a site")
struct RuleSetTests {
    private static func rule(
        _ path: String, cache: Bool? = nil, ttl: Int64? = nil, force: Bool? = nil, cookies: Bool? = nil
    ) -> Rule {
        Rule(
            conditions: RuleConditions(paths: [Glob(bytes(path))]), cache: cache, ttl: ttl, force: force,
            stripCookies: cookies)
    }

    private static let base = CachingPolicy(defaultTTL: 9)

    private static func match(
        _ rules: [Rule], _ path: String, method: String = "GET", _ fields: [(String, String)] = []
    ) -> RequestRules {
        bytes(path).withUnsafeBytes {
            RuleSet(rules).match(
                path: $0, method: Method(bytes(method)), methodBytes: bytes(method)[...], fields: FieldBlock(fields),
                base: base)
        }
    }

    private func caching(_ rules: [Rule], _ path: String) -> CachingPolicy { Self.match(rules, path).caching }

    @Test("for each setting the first matching rule that sets it (design.md section 7)")
    func first() {
        let rules = [
            Self.rule("/a/*", ttl: 1), Self.rule("/b/*", cache: false), Self.rule("*.css", ttl: 2, cookies: true),
            Self.rule("*", cache: true, ttl: 3, force: true),
        ]
        let base = CachingPolicy(defaultTTL: 9, ruleTTL: 3, force: true)
        #expect(caching(rules, "/") == base)
        var expected = base
        expected.ruleTTL = 1
        #expect(caching(rules, "/a/x") == expected)
        expected.stripCookies = true
        #expect(caching(rules, "/a/x.css") == expected)
        expected.ruleTTL = 2
        #expect(caching(rules, "/x.css") == expected)
        expected.cacheable = false
        #expect(caching(rules, "/b/x.css") == expected)
    }

    @Test("a rule that sets a setting to false or 0 sets it")
    func falseCounts() {
        let rules = [
            Self.rule("/a", cache: false, ttl: 0, force: false, cookies: false),
            Self.rule("*", cache: true, ttl: 5, force: true, cookies: true),
        ]
        #expect(caching(rules, "/a") == CachingPolicy(defaultTTL: 9, ruleTTL: 0, cacheable: false))
    }

    @Test("no rule, no match: the site's own")
    func none() {
        #expect(caching([], "/a") == CachingPolicy(defaultTTL: 9))
        #expect(caching([Self.rule("/b", cache: false)], "/a") == CachingPolicy(defaultTTL: 9))
    }

    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var conditions: RuleConditions
        var method = "GET"
        var request: [(String, String)] = []
        var status = 200
        var response: [(String, String)] = []
        var holds: Bool
        var testDescription: String { rule }
    }

    private static func with(_ change: (inout RuleConditions) -> Void) -> RuleConditions {
        var conditions = RuleConditions()
        change(&conditions)
        return conditions
    }

    private static func named(_ name: String, _ value: String) -> RuleConditions.Named {
        RuleConditions.Named(name: bytes(name), value: Glob(value))
    }

    private static let reads = with { $0.methods = [bytes("GET"), bytes("OPTIONS")] }
    private static let beta = with { $0.headers = [named("x-beta", "v2*")] }
    private static let session = with { $0.cookies = [named("session", "*")] }
    private static let images = with { $0.contentTypes = [Glob("image/*"), Glob("video/mp4")] }
    private static let errors = with { $0.statuses = [404...404, 500...599] }

    static let rows: [Row] = [
        Row(rule: "method", conditions: reads, method: "OPTIONS", holds: true),
        Row(rule: "another method", conditions: reads, method: "POST", holds: false),
        Row(rule: "GET is for HEAD too", conditions: reads, method: "HEAD", holds: true),
        Row(rule: "methods know letter case", conditions: reads, method: "get", holds: false),
        Row(rule: "header", conditions: beta, request: [("X-BETA", "v2.1")], holds: true),
        Row(rule: "any line of it", conditions: beta, request: [("X-Beta", "1"), ("x-beta", "v2")], holds: true),
        Row(rule: "header with another value", conditions: beta, request: [("X-Beta", "v1")], holds: false),
        Row(rule: "no such header", conditions: beta, request: [("X-Betas", "v2")], holds: false),
        Row(rule: "cookie", conditions: session, request: [("Cookie", "a=b;  session=x; c")], holds: true),
        Row(
            rule: "cookie in another line", conditions: session, request: [("Cookie", "a"), ("Cookie", "session=")],
            holds: true),
        Row(rule: "cookie's value is no name", conditions: session, request: [("Cookie", "a=session=1")], holds: false),
        Row(rule: "cookies know letter case", conditions: session, request: [("Cookie", "Session=1")], holds: false),
        Row(
            rule: "a name without value is no cookie", conditions: session, request: [("Cookie", "session")],
            holds: false),
        Row(rule: "content type", conditions: images, response: [("Content-Type", "Image/PNG; q=1")], holds: true),
        Row(rule: "another content type", conditions: images, response: [("Content-Type", "text/html")], holds: false),
        Row(rule: "no content type", conditions: images, holds: false),
        Row(rule: "status", conditions: errors, status: 404, holds: true),
        Row(rule: "status of a class", conditions: errors, status: 503, holds: true),
        Row(rule: "another status", conditions: errors, status: 200, holds: false),
        Row(
            rule: "all conditions",
            conditions: with {
                $0.headers = beta.headers; $0.statuses = errors.statuses
            },
            request: [("X-Beta", "v2")], status: 500, holds: true),
        Row(
            rule: "one fails",
            conditions: with {
                $0.headers = beta.headers; $0.statuses = errors.statuses
            },
            status: 500, holds: false),
    ]

    @Test("conditions", arguments: rows)
    func conditions(row: Row) {
        let rules = Self.match([Rule(conditions: row.conditions, ttl: 7)], "/a", method: row.method, row.request)
        let decided = rules.decide(status: row.status, fields: FieldBlock(row.response))
        #expect((decided.caching.ruleTTL == 7) == row.holds)
        #expect(decided.caching.ruleTTLNamesStatus == (row.holds && !row.conditions.statuses.isEmpty))
        if row.conditions.nameResponse { #expect(rules.caching == Self.base, "decided before the response is there") }
    }

    @Test("conditions of the response have no say about the request, and order still decides")
    func order() {
        let rules = [
            Rule(conditions: Self.errors, cache: true, ttl: 10), Rule(conditions: RuleConditions(), ttl: 60),
            Rule(conditions: Self.images, cache: false),
        ]
        let request = Self.match(rules, "/a")
        #expect(request.caching.ruleTTL == 60)
        #expect(request.caching.cacheable)
        #expect(request.decide(status: 404, fields: FieldBlock()).caching.ruleTTL == 10)
        #expect(request.decide(status: 200, fields: FieldBlock()).caching.ruleTTL == 60)
        let image = FieldBlock([("Content-Type", "image/png")])
        #expect(!request.decide(status: 200, fields: image).caching.cacheable)
        #expect(request.decide(status: 404, fields: image).caching.cacheable)
        // What was not for the cache as a request can't become so as a response.
        let passed = Self.match([Rule(conditions: Self.errors, cache: true), Self.rule("*", cache: false)], "/a")
        #expect(!passed.decide(status: 404, fields: FieldBlock()).caching.cacheable)
    }

    @Test("each field is a setting of its own; tags are one")
    func fields() {
        let rules = [
            Rule(
                conditions: RuleConditions(paths: [Glob("/a/*")]), tags: [bytes("t1")],
                requestFields: FieldChanges([.init(set: "X-Device", to: "phone")]),
                responseFields: FieldChanges([.init(remove: "Server")])),
            Rule(
                conditions: RuleConditions(), tags: [bytes("t2")],
                requestFields: FieldChanges([.init(set: "x-device", to: "any"), .init(set: "X-All", to: "1")]),
                responseFields: FieldChanges([.init(set: "Server", to: "s"), .init(set: "X-Frame-Options", to: "DENY")])
            ),
        ]
        var sent = FieldBlock([("X-DEVICE", "forged"), ("Accept", "*/*"), ("x-device", "twice")])
        Self.match(rules, "/a/b").requestFields.apply(to: &sent)
        #expect(sent.text == "Accept: */*\r\nX-Device: phone\r\nX-All: 1\r\n")
        let response = Self.match(rules, "/a/b").decide(status: 200, fields: FieldBlock())
        var fields = FieldBlock([("Server", "nginx"), ("ETag", "\"1\"")])
        response.responseFields.apply(to: &fields)
        #expect(fields.text == "ETag: \"1\"\r\nX-Frame-Options: DENY\r\n")
        #expect(response.tags == [bytes("t1")])
        #expect(Self.match(rules, "/c").decide(status: 200, fields: FieldBlock()).tags == [bytes("t2")])
    }

    @Test("the query of a path is what its first rule says, else the site's")
    func query() {
        let kept = QueryRules(keep: ["page"])
        let rules = RuleSet([
            Rule(conditions: RuleConditions(paths: [Glob("/list")]), query: kept),
            Rule(conditions: RuleConditions(paths: [Glob("/l*")]), query: QueryRules(sort: true)),
        ])
        func query(_ path: String) -> QueryRules? { bytes(path).withUnsafeBytes { rules.query(path: $0) } }
        #expect(query("/list") == kept)
        #expect(query("/lists") == QueryRules(sort: true))
        #expect(query("/other") == nil)
        #expect(bytes("/list").withUnsafeBytes { RuleSet().query(path: $0) } == nil)
    }

    @Test("a plain hit is refused by the first rule that says so, and only such rules are asked")
    func hits() {
        func refuses(_ rules: [Rule], _ path: String, _ fields: [(String, String)] = []) -> Bool {
            let set = RuleSet(rules)
            return bytes(path).withUnsafeBytes {
                set.refusesHits(path: $0, method: .get, methodBytes: bytes("GET")[...], fields: FieldBlock(fields))
            }
        }
        let rules = [
            Self.rule("/open/*", cache: true), Rule(conditions: Self.session, cache: false),
            Self.rule("/admin/*", cache: false),
        ]
        #expect(RuleSet(rules).mayRefuseHits)
        #expect(!refuses(rules, "/"))
        #expect(refuses(rules, "/admin/x"))
        #expect(refuses(rules, "/", [("Cookie", "session=1")]))
        #expect(!refuses(rules, "/open/x", [("Cookie", "session=1")]))
        #expect(
            !RuleSet([Self.rule("*", ttl: 60, cookies: true), Rule(conditions: Self.errors, cache: false)])
                .mayRefuseHits)
    }

    @Test("the partition: the first rule with one whose path, fields and cookies match, else the site's")
    func partitions() {
        var tenant = RuleConditions()
        tenant.headers = [.init(name: bytes("x-tenant"), value: Glob("blue"))]
        var visitor = RuleConditions(paths: [Glob("/shop/*")])
        visitor.cookies = [.init(name: bytes("v"), value: Glob("*"))]
        let site = SitePolicy(
            server: OriginServer(scheme: .http, host: "o", port: 80),
            rules: [
                Self.rule("*", ttl: 1), Rule(conditions: tenant, partition: 2), Rule(conditions: visitor, partition: 3),
                Rule(conditions: RuleConditions(paths: [Glob("/shop/*")]), partition: 4),
            ], partition: 1)
        func partition(_ path: String, _ fields: [(String, String)] = []) -> Int {
            bytes(path).withUnsafeBytes { site.partition(ofPath: $0, fields: FieldBlock(fields)) }
        }
        #expect(partition("/") == 1)
        #expect(partition("/shop/a") == 4)
        #expect(partition("/shop/a", [("Cookie", "v=1")]) == 3)
        #expect(partition("/shop/a", [("Cookie", "v=1"), ("X-Tenant", "blue")]) == 2)
        #expect(partition("/", [("X-Tenant", "red")]) == 1)
    }
}

import HTTPCaching
import HTTPMessage
import Testing

@Suite struct StorabilityTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var method = Method.get
        var request: [(String, String)] = []
        var status = 200
        var response: [(String, String)]
        var policy = CachingPolicy()
        /// Nil: stored.
        var refusal: StoreRefusal?
        var testDescription: String { rule }
    }

    static func decide(_ row: Row) -> StoreDecision {
        Storability.decide(
            method: row.method, requestFields: FieldBlock(row.request), status: row.status,
            responseFields: FieldBlock(row.response), requestTime: noon, responseTime: noon, policy: row.policy)
    }

    static let fresh = [("Cache-Control", "max-age=60")]
    static func control(_ value: String) -> [(String, String)] { [("Cache-Control", value)] }

    static let methods: [Row] = [
        Row(rule: "RFC 9111 §3 GET", response: fresh),
        Row(rule: "RFC 9111 §3 HEAD", method: .head, response: fresh, refusal: .method),
        Row(rule: "RFC 9111 §3 POST", method: .post, response: fresh, refusal: .method),
        Row(rule: "RFC 9111 §3 unknown method", method: .other, response: fresh, refusal: .method),
        Row(rule: "design §7 cache: false", response: fresh, policy: CachingPolicy(cacheable: false), refusal: .rule),
    ]

    static let statuses: [Row] = [
        Row(rule: "RFC 9111 §3 404 explicit", status: 404, response: fresh),
        Row(rule: "RFC 9111 §3 302 explicit", status: 302, response: fresh),
        Row(rule: "RFC 9111 §3 unknown final status", status: 599, response: fresh),
        Row(rule: "attacks 17: 400 explicit", status: 400, response: fresh),
        Row(rule: "attacks 17: 400 by default", status: 400, response: [("Date", noonText)], refusal: .noFreshness),
        Row(rule: "RFC 9111 §3.3 206", status: 206, response: fresh, refusal: .partial),
        Row(rule: "RFC 9111 §4.3.3 304", status: 304, response: fresh, refusal: .status),
        Row(rule: "RFC 9110 §15.2 103", status: 103, response: fresh, refusal: .status),
        Row(rule: "RFC 9110 §15.5.13 412", status: 412, response: fresh, refusal: .status),
        Row(rule: "RFC 9110 §15.5.17 416", status: 416, response: fresh, refusal: .status),
        Row(rule: "RFC 9110 §15 999", status: 999, response: fresh, refusal: .status),
        Row(rule: "RFC 9110 §15 -1", status: -1, response: fresh, refusal: .status),
        Row(rule: "RFC 9111 §5.2.2.3 must-understand, known", response: control("must-understand, max-age=60")),
        Row(
            rule: "RFC 9111 §5.2.2.3 must-understand beats no-store",
            response: control("must-understand, no-store, max-age=60")),
        Row(
            rule: "RFC 9111 §5.2.2.3 must-understand, unknown", status: 299,
            response: control("must-understand, max-age=60"), refusal: .mustUnderstand),
    ]

    static let prohibitions: [Row] = [
        Row(rule: "RFC 9111 §5.2.2.5 no-store", response: control("no-store, max-age=60"), refusal: .noStore),
        Row(rule: "RFC 9111 §5.2.2.7 private", response: control("private, max-age=60"), refusal: .isPrivate),
        Row(rule: "RFC 9111 §5.2.2.7 private for a field", response: control("private=\"x-a\", max-age=60")),
        Row(
            rule: "RFC 9111 §5.2.1.5 request no-store", request: control("no-store"), response: fresh,
            refusal: .requestNoStore),
        Row(
            rule: "design §9 force keeps the request's no-store", request: control("no-store"), response: fresh,
            policy: CachingPolicy(force: true), refusal: .requestNoStore),
        Row(
            rule: "RFC 9111 §3.5 Authorization", request: [("Authorization", "Basic x")], response: fresh,
            refusal: .authorization),
        Row(
            rule: "RFC 9111 §3.5 public", request: [("Authorization", "Basic x")],
            response: control("public, max-age=60")),
        Row(
            rule: "RFC 9111 §3.5 s-maxage", request: [("Authorization", "Basic x")], response: control("s-maxage=60")),
        Row(
            rule: "RFC 9111 §3.5 must-revalidate", request: [("Authorization", "Basic x")],
            response: control("must-revalidate, max-age=60")),
        Row(
            rule: "RFC 9111 §3.5 proxy-revalidate is not enough", request: [("Authorization", "Basic x")],
            response: control("proxy-revalidate, max-age=60"), refusal: .authorization),
        Row(rule: "attacks 18 Set-Cookie", response: fresh + [("Set-Cookie", "a=b")], refusal: .setCookie),
        Row(
            rule: "attacks 18 Set-Cookie, public", response: control("public, max-age=60") + [("Set-Cookie", "a=b")],
            refusal: .setCookie),
        Row(
            rule: "design §9 strip_cookies", response: fresh + [("Set-Cookie", "a=b")],
            policy: CachingPolicy(stripCookies: true)),
        Row(
            rule: "design §9 force", request: [("Authorization", "x"), ("Cookie", "a")],
            response: control("no-store, private") + [("Set-Cookie", "a=b")],
            policy: CachingPolicy(ruleTTL: 60, force: true)),
        Row(
            rule: "design §9 ttl does not override no-store", response: control("no-store"),
            policy: CachingPolicy(ruleTTL: 60), refusal: .noStore),
        Row(
            rule: "design §9 ttl does not override private", response: control("private"),
            policy: CachingPolicy(ruleTTL: 60), refusal: .isPrivate),
        Row(rule: "RFC 9111 §4.1 Vary: *", response: fresh + [("Vary", "*")], refusal: .varyStar),
        Row(
            rule: "attacks 19 Vary: foo and *", response: fresh + [("Vary", "foo"), ("Vary", ", *")],
            refusal: .varyStar),
        Row(
            rule: "RFC 9111 §4.1 Vary on what is rewritten", response: fresh + [("Vary", "X-Forwarded-For")],
            refusal: .varyRewritten),
    ]

    static let lifetimes: [Row] = [
        Row(rule: "RFC 9111 §3 nothing", response: [("Date", noonText)], refusal: .noFreshness),
        Row(rule: "RFC 9111 §3 a validator alone", response: [("ETag", "\"a\"")], refusal: .noFreshness),
        Row(rule: "RFC 9111 §4.2.1 max-age=0 alone", response: control("max-age=0"), refusal: .noFreshness),
        Row(rule: "RFC 9111 §4.3 max-age=0, ETag", response: control("max-age=0") + [("ETag", "\"a\"")]),
        Row(rule: "RFC 9111 §4.3 no-cache, ETag", response: control("no-cache") + [("ETag", "\"a\"")]),
        Row(
            rule: "RFC 9111 §4.3 no-cache, Last-Modified",
            response: control("no-cache") + [("Last-Modified", yearEarlier)]),
        Row(rule: "RFC 9111 §5.2.2.4 no-cache alone", response: control("no-cache, max-age=60"), refusal: .noFreshness),
        Row(rule: "RFC 5861 §3 max-age=0, swr", response: control("max-age=0, stale-while-revalidate=60")),
        Row(rule: "RFC 5861 §4 max-age=0, sie", response: control("max-age=0, stale-if-error=60")),
        Row(
            rule: "RFC 9111 §5.2.2.2 max-age=0, swr, must-revalidate",
            response: control("max-age=0, stale-while-revalidate=60, must-revalidate"), refusal: .noFreshness),
        Row(rule: "RFC 9111 §5.3 Expires: 0", response: [("Expires", "0")], refusal: .noFreshness),
        Row(rule: "RFC 9111 §5.3 Expires: 0, ETag", response: [("Expires", "0"), ("ETag", "\"a\"")]),
        Row(
            rule: "RFC 9111 §5.3 max-age over Expires: 0", response: control("max-age=60") + [("Expires", "0")]),
        Row(
            rule: "RFC 9111 §4.2.3 too old on arrival", response: control("max-age=60") + [("Age", "60")],
            refusal: .noFreshness),
        Row(
            rule: "RFC 9111 §4.2.2 heuristic", response: [("Date", noonText), ("Last-Modified", tenDaysEarlier)]),
        Row(
            rule: "design §9 no heuristic with Cookie", request: [("Cookie", "a=b")],
            response: [("Date", noonText), ("Last-Modified", tenDaysEarlier)], refusal: .noFreshness),
        Row(
            rule: "design §9 no default_ttl with Cookie", request: [("Cookie", "a=b")],
            response: [("Date", noonText)], policy: CachingPolicy(defaultTTL: 60), refusal: .noFreshness),
        Row(
            rule: "design §9 explicit freshness with Cookie", request: [("Cookie", "a=b")], response: fresh),
        Row(
            rule: "design §9 default_ttl with a Cookie that is stripped", request: [("Cookie", "a=b")],
            response: [("Date", noonText)], policy: CachingPolicy(defaultTTL: 60, stripCookies: true)),
        Row(
            rule: "RFC 9111 §3.5 no heuristic with Authorization", request: [("Authorization", "x")],
            response: control("public") + [("Last-Modified", tenDaysEarlier)], refusal: .noFreshness),
        Row(
            rule: "RFC 9110 §15.1 no heuristic for 500", status: 500,
            response: [("Date", noonText), ("Last-Modified", tenDaysEarlier)], refusal: .noFreshness),
        Row(
            rule: "RFC 9111 §4.2.2 public 500", status: 500,
            response: control("public") + [("Date", noonText), ("Last-Modified", tenDaysEarlier)]),
        Row(
            rule: "design §9 default_ttl not for 500", status: 500, response: [("Date", noonText)],
            policy: CachingPolicy(defaultTTL: 60), refusal: .noFreshness),
        Row(
            rule: "design §9 ttl of a rule not for 500", status: 500, response: [("Date", noonText)],
            policy: CachingPolicy(ruleTTL: 60), refusal: .noFreshness),
        Row(
            rule: "design §9 ttl of a rule for 404", status: 404, response: [("Date", noonText)],
            policy: CachingPolicy(ruleTTL: 60)),
    ]

    @Test("May it be stored", arguments: methods + statuses + prohibitions + lifetimes)
    func decision(row: Row) {
        switch Self.decide(row) {
        case .store: #expect(row.refusal == nil)
        case .refuse(let refusal): #expect(refusal == row.refusal)
        }
    }

    @Test("Every heuristically cacheable status takes default_ttl and no other does (RFC 9110 §15.1)")
    func heuristicStatuses() {
        let stored = (100...700).filter { status in
            let row = Row(
                rule: "", status: status, response: [("Date", noonText)], policy: CachingPolicy(defaultTTL: 60))
            if case .store = Self.decide(row) { return true } else { return false }
        }
        #expect(stored == [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
    }

    @Test(
        "Every final status with explicit freshness is stored, but for those that never may be (RFC 9111 §3, RFC 6585)")
    func explicitStatuses() {
        let refused = (200..<600).filter { status in
            if case .store = Self.decide(Row(rule: "", status: status, response: Self.fresh)) { return false }
            return true
        }
        #expect(refused == [206, 304, 412, 416, 428, 429, 431, 511])
    }

    @Test(
        "The ttl of a rule that names statuses is for those, of another one for what can be guessed (design.md section 9)"
    )
    func ruleStatuses() {
        func stored(_ status: Int, names: Bool, _ response: [(String, String)] = []) -> Bool {
            let policy = CachingPolicy(ruleTTL: 10, ruleTTLNamesStatus: names)
            let row = Row(rule: "", status: status, response: response, policy: policy)
            if case .store = Self.decide(row) { return true } else { return false }
        }
        #expect(stored(404, names: false) && stored(302, names: false))
        #expect(!stored(403, names: false) && !stored(500, names: false))
        #expect(stored(403, names: true) && stored(500, names: true))
        #expect(!stored(429, names: true))
        #expect(
            !stored(500, names: true, Self.control("no-store")) && !stored(404, names: true, Self.control("private")))
    }

    @Test("The facts point at the response's own bytes")
    func facts() throws {
        let response = FieldBlock([
            ("X-A", "1"), ("ETag", "W/\"v1\""), ("Cache-Control", "max-age=60, private=\"X-A\", no-cache=\"x-b\""),
            ("Last-Modified", hourEarlier), ("Vary", "Accept-Encoding, Host, X-Forwarded-Proto, ACCEPT-encoding, X-C"),
        ])
        let decision = Storability.decide(
            method: .get, requestFields: FieldBlock(), status: 200, responseFields: response, requestTime: noon,
            responseTime: noon, policy: CachingPolicy())
        guard case .store(let facts) = decision else {
            Issue.record("refused: \(decision)")
            return
        }
        #expect(text(response.bytes[try #require(facts.etag)]) == "W/\"v1\"")
        #expect(facts.lastModified == at(-3600))
        #expect(facts.vary.names == [bytes("accept-encoding"), bytes("x-c")])
        #expect(facts.withheldFields == [bytes("x-a"), bytes("x-b")])
    }

    @Test("A cookie that is stored by force is withheld from everyone else (attacks.md 18)")
    func forcedCookie() {
        let row = Row(
            rule: "", response: Self.fresh + [("Set-Cookie", "a=b")], policy: CachingPolicy(ruleTTL: 60, force: true))
        guard case .store(let facts) = Self.decide(row) else {
            Issue.record("refused")
            return
        }
        #expect(facts.withheldFields == [bytes("set-cookie")])
    }
}

import HTTPCaching
import HTTPMessage
import Testing

@Suite struct FreshnessTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var response: [(String, String)]
        var policy = CachingPolicy(staleIfError: 0)
        var requestTime = noon
        var age: UInt32 = 0
        var lifetime: UInt32
        var whileRevalidating: UInt32 = 0
        var ifError: UInt32 = 0
        var rules: Freshness.Rules = []
        var testDescription: String { rule }
    }

    static func control(_ value: String) -> [(String, String)] { [("Cache-Control", value)] }

    static func freshness(_ row: Row) -> Freshness? {
        // An entity tag keeps every row storable.
        let fields = FieldBlock(row.response + [("ETag", "\"a\"")])
        let decision = Storability.decide(
            method: .get, requestFields: FieldBlock(), status: 200, responseFields: fields,
            requestTime: row.requestTime, responseTime: noon, policy: row.policy)
        if case .store(let facts) = decision { return facts.freshness } else { return nil }
    }

    static let lifetimes: [Row] = [
        Row(rule: "RFC 9111 §4.2.1 max-age", response: control("max-age=60"), lifetime: 60),
        Row(
            rule: "RFC 9111 §4.2.1 s-maxage first", response: control("max-age=60, s-maxage=10"), lifetime: 10,
            rules: .mustRevalidate),
        Row(
            rule: "RFC 9111 §4.2.1 Expires - Date", response: [("Date", minuteEarlier), ("Expires", minuteLater)],
            age: 60, lifetime: 120),
        Row(rule: "RFC 9111 §4.2.1 Expires without Date", response: [("Expires", minuteLater)], lifetime: 60),
        Row(
            rule: "RFC 9110 §5.6.7 Expires, RFC 850", response: [("Expires", "Sunday, 06-Nov-94 08:50:37 GMT")],
            lifetime: 60),
        Row(
            rule: "RFC 9110 §5.6.7 Expires, asctime", response: [("Expires", "Sun Nov  6 08:50:37 1994")], lifetime: 60),
        Row(
            rule: "RFC 9111 §5.3 Expires in another zone", response: [("Expires", "Sun, 06 Nov 1994 08:50:37 UTC")],
            lifetime: 0),
        Row(
            rule: "RFC 9111 §5.3 Expires with an offset", response: [("Expires", "Sun, 06 Nov 1994 08:50:37 +0000")],
            lifetime: 0),
        Row(
            rule: "RFC 9111 §5.3 Expires with a year of two digits",
            response: [("Expires", "Sun, 06 Nov 94 08:50:37 GMT")], lifetime: 0),
        Row(rule: "RFC 9111 §5.3 Expires empty", response: [("Expires", "")], lifetime: 0),
        Row(
            rule: "RFC 9110 §6.6.1 an unreadable Date is none", response: [("Date", "now"), ("Expires", minuteLater)],
            lifetime: 60),
        Row(
            rule: "RFC 9111 §4.2.1 max-age over Expires", response: control("max-age=7") + [("Expires", minuteLater)],
            lifetime: 7),
        Row(
            rule: "RFC 9111 §4.2.1 max-age over Expires, invalid",
            response: control("max-age=x") + [("Expires", minuteLater)],
            lifetime: 0),
        Row(
            rule: "RFC 9111 §4.2.2 Last-Modified in the future",
            response: control("no-cache") + [("Last-Modified", minuteLater)], lifetime: 0, rules: .alwaysValidate),
        Row(
            rule: "RFC 9111 §5.4 Pragma in a response means nothing",
            response: control("max-age=60") + [("Pragma", "no-cache")], lifetime: 60),
        Row(
            rule: "rules: stale windows replace the response's own", response: control("max-age=1, stale-if-error=3"),
            policy: CachingPolicy(ruleStaleWhileRevalidate: 5, ruleStaleIfError: 6), lifetime: 1, whileRevalidating: 5,
            ifError: 6),
        Row(
            rule: "rules: stale windows beside s-maxage", response: control("s-maxage=1"),
            policy: CachingPolicy(ruleStaleIfError: 6), lifetime: 1, ifError: 6, rules: .noClientStale),
        Row(
            rule: "rules: stale windows never with must-revalidate", response: control("max-age=1, must-revalidate"),
            policy: CachingPolicy(ruleStaleWhileRevalidate: 5, ruleStaleIfError: 6), lifetime: 1, rules: .mustRevalidate
        ),
        Row(
            rule: "RFC 9111 §4.2.1 Expires before Date", response: [("Date", noonText), ("Expires", hourEarlier)],
            lifetime: 0),
        Row(rule: "RFC 9111 §5.3 invalid Expires", response: [("Expires", "-1")], lifetime: 0),
        Row(
            rule: "RFC 9111 §4.2.1 first Expires", response: [("Expires", "0"), ("Expires", minuteLater)], lifetime: 0),
        Row(
            rule: "RFC 9111 §4.2.2 a tenth", response: [("Date", noonText), ("Last-Modified", hourEarlier)],
            lifetime: 360, rules: .guessed),
        Row(
            rule: "RFC 9111 §4.2.2 at most a day", response: [("Date", noonText), ("Last-Modified", yearEarlier)],
            lifetime: 86400, rules: .guessed),
        Row(
            rule: "design §9 default_ttl replaces heuristics", response: [("Last-Modified", yearEarlier)],
            policy: CachingPolicy(defaultTTL: 5, staleIfError: 0), lifetime: 5, rules: .guessed),
        Row(
            rule: "design §9 explicit beats default_ttl", response: control("max-age=60"),
            policy: CachingPolicy(defaultTTL: 5, staleIfError: 0), lifetime: 60),
        Row(
            rule: "design §9 ttl replaces max-age", response: control("max-age=60"),
            policy: CachingPolicy(staleIfError: 0, ruleTTL: 7), lifetime: 7),
        Row(
            rule: "design §9 ttl replaces Expires", response: [("Expires", "0")],
            policy: CachingPolicy(staleIfError: 0, ruleTTL: 7), lifetime: 7),
        Row(
            rule: "design §9 ttl counts from now", response: [("Age", "100")],
            policy: CachingPolicy(staleIfError: 0, ruleTTL: 7), age: 100, lifetime: 107),
        Row(
            rule: "design §9 ttl of 0", response: control("max-age=60"),
            policy: CachingPolicy(staleIfError: 0, ruleTTL: 0), lifetime: 0),
        Row(
            rule: "design §9 ttl keeps no-cache", response: control("no-cache"),
            policy: CachingPolicy(staleIfError: 0, ruleTTL: 7), lifetime: 7, rules: .alwaysValidate),
        Row(
            rule: "design §9 force ends no-cache", response: control("no-cache"),
            policy: CachingPolicy(staleIfError: 0, ruleTTL: 7, force: true), lifetime: 7),
        Row(
            rule: "attacks 20: greatest ttl and age", response: [("Age", "99999999999")],
            policy: CachingPolicy(staleIfError: 0, ruleTTL: .max), age: 1 << 31, lifetime: .max),
    ]

    static let ages: [Row] = [
        Row(
            rule: "RFC 9111 §4.2.3 Age", response: control("max-age=60") + [("Age", "7")], age: 7, lifetime: 60),
        Row(
            rule: "RFC 9111 §5.1 first of a list", response: control("max-age=60") + [("Age", "7, 9")], age: 7,
            lifetime: 60),
        Row(
            rule: "RFC 9111 §5.1 first of several lines",
            response: control("max-age=60") + [("Age", "7"), ("Age", "9")], age: 7, lifetime: 60),
        Row(
            rule: "RFC 9111 §5.1 invalid is ignored", response: control("max-age=60") + [("Age", "-7")], lifetime: 60),
        Row(
            rule: "RFC 9111 §5.1 text is ignored", response: control("max-age=60") + [("Age", "seven")], lifetime: 60),
        Row(
            rule: "RFC 9111 §1.2.2 saturates", response: control("max-age=60") + [("Age", "99999999999")],
            age: 1 << 31, lifetime: 60),
        Row(
            rule: "RFC 9111 §4.2.3 apparent age", response: control("max-age=90") + [("Date", minuteEarlier)], age: 60,
            lifetime: 90),
        Row(
            rule: "RFC 9111 §4.2.3 the greater of both",
            response: control("max-age=90") + [("Date", minuteEarlier), ("Age", "61")], age: 61, lifetime: 90),
        Row(
            rule: "RFC 9111 §4.2.3 Date ahead of us", response: control("max-age=90") + [("Date", minuteLater)],
            lifetime: 90),
        Row(
            rule: "RFC 9111 §4.2.3 response delay", response: control("max-age=90") + [("Age", "1")],
            requestTime: at(-5), age: 6, lifetime: 90),
        Row(
            rule: "RFC 9111 §4.2.3 clock set back", response: control("max-age=90"), requestTime: at(100), lifetime: 90),
    ]

    static let stale: [Row] = [
        Row(
            rule: "RFC 5861", response: control("max-age=1, stale-while-revalidate=2, stale-if-error=3"), lifetime: 1,
            whileRevalidating: 2, ifError: 3),
        Row(
            rule: "design §9 the site's defaults", response: control("max-age=1"),
            policy: CachingPolicy(staleWhileRevalidate: 8, staleIfError: 9), lifetime: 1, whileRevalidating: 8,
            ifError: 9),
        Row(
            rule: "design §9 the response beats the site",
            response: control("max-age=1, stale-while-revalidate=0, stale-if-error=3"),
            policy: CachingPolicy(staleWhileRevalidate: 8, staleIfError: 9), lifetime: 1, ifError: 3),
        Row(
            rule: "RFC 9111 §5.2.2.2 must-revalidate beats all",
            response: control("max-age=1, must-revalidate, stale-if-error=3"),
            policy: CachingPolicy(staleWhileRevalidate: 8, staleIfError: 9), lifetime: 1, rules: .mustRevalidate),
        Row(
            rule: "RFC 9111 §5.2.2.8 proxy-revalidate beats all",
            response: control("max-age=1, proxy-revalidate, stale-while-revalidate=3"),
            policy: CachingPolicy(staleWhileRevalidate: 8, staleIfError: 9), lifetime: 1, rules: .mustRevalidate),
        Row(
            rule: "design §9 no site default with s-maxage", response: control("s-maxage=1"),
            policy: CachingPolicy(staleWhileRevalidate: 8, staleIfError: 9), lifetime: 1, rules: .mustRevalidate),
        Row(
            rule: "design §9 stated windows beat s-maxage",
            response: control("s-maxage=1, stale-while-revalidate=5"),
            policy: CachingPolicy(staleWhileRevalidate: 8, staleIfError: 9), lifetime: 1, whileRevalidating: 5,
            rules: .noClientStale),
        Row(
            rule: "RFC 9111 §5.2.2.4 no-cache is never stale", response: control("no-cache, stale-if-error=9"),
            lifetime: 0, rules: .alwaysValidate),
        Row(
            rule: "RFC 8246 §2 immutable", response: control("max-age=1, immutable"), lifetime: 1, rules: .immutable),
    ]

    @Test("Age, lifetime and stale windows on arrival", arguments: lifetimes + ages + stale)
    func arrival(row: Row) {
        let expected = Freshness(
            responseTime: noon, initialAge: row.age, lifetime: row.lifetime,
            staleWhileRevalidate: row.whileRevalidating, staleIfError: row.ifError, rules: row.rules)
        #expect(Self.freshness(row) == expected)
    }

    @Test("Age grows with the clock and never runs back (RFC 9111 §4.2.3)")
    func age() {
        let freshness = Freshness(responseTime: noon, initialAge: 5, lifetime: 60)
        #expect(freshness.age(at: at(10)) == 15)
        #expect(freshness.timeToLive(at: at(10)) == 45)
        #expect(freshness.timeToLive(at: at(55)) == 0)
        #expect(freshness.age(at: at(-100)) == 5)
    }
}

import HTTPCaching
import HTTPMessage
import Testing

@Suite struct ReuseTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        /// The response's: fresh for 60 s.
        var whileRevalidating: UInt32 = 0
        var ifError: UInt32 = 0
        var rules: Freshness.Rules = []
        var request: [(String, String)] = []
        /// Seconds since it was stored.
        var after: Int64
        var expected: ReuseDecision
        var testDescription: String { rule }
    }

    static func control(_ value: String) -> [(String, String)] { [("Cache-Control", value)] }

    static let unasked: [Row] = [
        Row(rule: "RFC 9111 §4.2 fresh", after: 10, expected: .fresh(ttl: 50)),
        Row(rule: "RFC 9111 §4.2 last second", after: 59, expected: .fresh(ttl: 1)),
        Row(
            rule: "RFC 9111 §4.2 lifetime equals age", after: 60,
            expected: .stale(ttl: 0, mayServeWhileRevalidating: false, mayServeOnError: false)),
        Row(
            rule: "RFC 5861 §3 within the window", whileRevalidating: 30, after: 89,
            expected: .stale(ttl: -29, mayServeWhileRevalidating: true, mayServeOnError: false)),
        Row(
            rule: "RFC 5861 §3 after the window", whileRevalidating: 30, after: 90,
            expected: .stale(ttl: -30, mayServeWhileRevalidating: false, mayServeOnError: false)),
        Row(
            rule: "RFC 5861 §4 within the window", ifError: 30, after: 89,
            expected: .stale(ttl: -29, mayServeWhileRevalidating: false, mayServeOnError: true)),
        Row(
            rule: "RFC 5861 §4 after the window", ifError: 30, after: 90,
            expected: .stale(ttl: -30, mayServeWhileRevalidating: false, mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.2.2 must-revalidate", whileRevalidating: 30, ifError: 30, rules: .mustRevalidate,
            after: 61, expected: .stale(ttl: -1, mayServeWhileRevalidating: false, mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.2.4 no-cache", ifError: 30, rules: .alwaysValidate, after: 1,
            expected: .validate(mayServeOnError: false)),
    ]

    static let asked: [Row] = [
        Row(
            rule: "RFC 9111 §5.2.1.4 no-cache", request: control("no-cache"), after: 1,
            expected: .validate(mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.1.4 no-cache, the origin fails", ifError: 30, request: control("no-cache"), after: 1,
            expected: .validate(mayServeOnError: true)),
        Row(
            rule: "RFC 9111 §5.4 Pragma", request: [("Pragma", "foo, No-Cache")], after: 1,
            expected: .validate(mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.4 Cache-Control beats Pragma",
            request: [("Pragma", "no-cache"), ("Cache-Control", "max-age=30")], after: 1, expected: .fresh(ttl: 59)),
        Row(
            rule: "RFC 9111 §5.2.1.1 max-age reached", request: control("max-age=10"), after: 10,
            expected: .fresh(ttl: 50)),
        Row(
            rule: "RFC 9111 §5.2.1.1 max-age exceeded", request: control("max-age=10"), after: 11,
            expected: .validate(mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.1.1 max-age refuses stale", whileRevalidating: 30, request: control("max-age=90"),
            after: 61, expected: .validate(mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.1.1 max-age with max-stale", request: control("max-age=90, max-stale=5"), after: 61,
            expected: .stale(ttl: -1, mayServeWhileRevalidating: true, mayServeOnError: false)),
        Row(
            rule: "RFC 8246 §2 a reload of what never changes", rules: .immutable, request: control("max-age=0"),
            after: 10, expected: .fresh(ttl: 50)),
        Row(
            rule: "RFC 8246 §2 a forced reload", rules: .immutable, request: control("no-cache"), after: 10,
            expected: .validate(mayServeOnError: false)),
        Row(
            rule: "RFC 8246 §2 stale", rules: .immutable, request: control("max-age=0"), after: 60,
            expected: .validate(mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.1.3 min-fresh met", request: control("min-fresh=50"), after: 10,
            expected: .fresh(ttl: 50)),
        Row(
            rule: "RFC 9111 §5.2.1.3 min-fresh missed", request: control("min-fresh=51"), after: 10,
            expected: .validate(mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.1.2 max-stale met", request: control("max-stale=5"), after: 65,
            expected: .stale(ttl: -5, mayServeWhileRevalidating: true, mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.1.2 max-stale exceeded", request: control("max-stale=5"), after: 66,
            expected: .stale(ttl: -6, mayServeWhileRevalidating: false, mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.1.2 any staleness", request: control("max-stale"), after: 1 << 38,
            expected: .stale(ttl: 60 - 1 << 38, mayServeWhileRevalidating: true, mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.2.2 must-revalidate beats max-stale", rules: .mustRevalidate,
            request: control("max-stale"), after: 61,
            expected: .stale(ttl: -1, mayServeWhileRevalidating: false, mayServeOnError: false)),
        Row(
            rule: "RFC 9111 §5.2.2.10 s-maxage beats max-stale", whileRevalidating: 5, rules: .noClientStale,
            request: control("max-stale"), after: 70,
            expected: .stale(ttl: -10, mayServeWhileRevalidating: false, mayServeOnError: false)),
        Row(
            rule: "RFC 5861 §4 in a request", request: control("stale-if-error=20"), after: 70,
            expected: .stale(ttl: -10, mayServeWhileRevalidating: false, mayServeOnError: true)),
        Row(rule: "RFC 9111 §5.2.1.7 fresh", request: control("only-if-cached"), after: 10, expected: .fresh(ttl: 50)),
        Row(rule: "RFC 9111 §5.2.1.7 stale", request: control("only-if-cached"), after: 61, expected: .unsatisfiable),
        Row(
            rule: "RFC 9111 §5.2.1.7 no-cache", request: control("only-if-cached, no-cache"), after: 1,
            expected: .unsatisfiable),
        Row(
            rule: "RFC 9111 §5.2.1.7 stale while revalidating", whileRevalidating: 30,
            request: control("only-if-cached"), after: 61,
            expected: .stale(ttl: -1, mayServeWhileRevalidating: true, mayServeOnError: false)),
    ]

    @Test("May it be used", arguments: unasked + asked)
    func decision(row: Row) {
        let freshness = Freshness(
            responseTime: noon, initialAge: 0, lifetime: 60, staleWhileRevalidate: row.whileRevalidating,
            staleIfError: row.ifError, rules: row.rules)
        let request = FieldBlock(row.request)
        let decision = Reuse.decide(
            freshness, request: CacheControl.parse(request), pragmaNoCache: Reuse.pragmaNoCache(request),
            now: at(row.after))
        #expect(decision == row.expected)
    }

    @Test(
        "What a request asks decides whether the store is looked at (design.md section 9)",
        arguments: [
            ("GET", [], RequestCacheability.lookup),
            ("HEAD", [], .lookup),
            ("POST", [], .bypassMethod),
            ("get", [], .bypassMethod),
            ("GET", [("Cookie", "a"), ("Authorization", "b"), ("If-None-Match", "*")], .lookup),
            ("GET", [("Range", "bytes=0-1")], .bypassRange),
            ("HEAD", [("Range", "bytes=0-1")], .lookup),
            ("GET", [("Range", "bytes=0-1"), ("If-Match", "\"a\"")], .bypassPrecondition),
            ("GET", [("If-Unmodified-Since", noonText)], .bypassPrecondition),
        ] as [(String, [(String, String)], RequestCacheability)])
    func requests(method: String, fields: [(String, String)], expected: RequestCacheability) {
        #expect(RequestCacheability.decide(method: Method(method.utf8), fields: FieldBlock(fields)) == expected)
    }

    @Test(
        "One range over everything, and a Range that is ignored, ask for the whole (design.md section 9)",
        arguments: [
            (["bytes=0-"], false), (["Bytes=0-"], false), (["bytes=0-1"], true), (["bytes=0-,0-"], true),
            (["bytes=1-"], true), (["bytes=-1"], true), (["bytes=0-", "bytes=0-"], false), (["bytes=x"], false),
            (["lines=1-2"], false), ([], false),
        ] as [([String], Bool)])
    func partRange(values: [String], expected: Bool) {
        #expect(RequestCacheability.asksForPart(FieldBlock(values.map { ("Range", $0) })) == expected)
    }
}

import HTTPCaching
import HTTPMessage
import Testing

@Suite("Targeted cache control")
struct TargetedControlTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var response: [(String, String)]
        /// The lifetime; nil: it is not stored, or must be validated.
        var lifetime: UInt32?
        var testDescription: String { rule }
    }

    static func cdn(_ value: String, _ others: (String, String)...) -> [(String, String)] {
        [("CDN-Cache-Control", value), ("Date", noonText)] + others
    }

    static func surrogate(_ value: String, _ others: (String, String)...) -> [(String, String)] {
        [("Surrogate-Control", value), ("Date", noonText)] + others
    }

    static let noStore = ("Cache-Control", "no-store")
    static let short = ("Cache-Control", "max-age=1")

    static let precedence: [Row] = [
        Row(rule: "RFC 9213 §2.2 over Cache-Control", response: cdn("max-age=60", short), lifetime: 60),
        Row(
            rule: "RFC 9213 §2.2 over a longer one", response: cdn("max-age=1", ("Cache-Control", "max-age=60")),
            lifetime: 1),
        Row(rule: "RFC 9213 §2.2 over no-store", response: cdn("max-age=60", noStore), lifetime: 60),
        Row(
            rule: "RFC 9213 §2.2 over private", response: cdn("max-age=60", ("Cache-Control", "private")), lifetime: 60),
        Row(rule: "RFC 9213 §2.2 no-store over max-age", response: cdn("no-store", ("Cache-Control", "max-age=60"))),
        Row(rule: "RFC 9213 §2.2 private over max-age", response: cdn("private", ("Cache-Control", "max-age=60"))),
        Row(rule: "RFC 9213 §2.2 no-cache over max-age", response: cdn("no-cache", ("Cache-Control", "max-age=60"))),
        Row(rule: "RFC 9213 §2.2 Expires is ignored", response: cdn("max-age=60", ("Expires", "0")), lifetime: 60),
        Row(rule: "RFC 9213 §2.2 Expires gives none", response: cdn("public", ("Expires", minuteLater))),
        Row(rule: "RFC 9213 §2.2 max-age=0 over Expires", response: cdn("max-age=0", ("Expires", minuteLater))),
        Row(rule: "RFC 9213 §2.2 Age counts", response: cdn("max-age=60", ("Age", "120"))),
        Row(
            rule: "RFC 9213 §2.2 the target list: CDN over Surrogate",
            response: surrogate("max-age=5", ("CDN-Cache-Control", "max-age=60")), lifetime: 60),
        Row(
            rule: "RFC 9213 §2.2 the target list: Strata over CDN",
            response: cdn("max-age=5", ("Strata-Cache-Control", "max-age=60")), lifetime: 60),
        Row(
            rule: "RFC 9213 §2.2 Surrogate over Cache-Control", response: surrogate("max-age=60", noStore), lifetime: 60
        ),
        Row(
            rule: "RFC 9213 §2.2 an empty one falls through", response: cdn("", ("Cache-Control", "max-age=60")),
            lifetime: 60),
        Row(
            rule: "RFC 9213 §2.2 an empty one falls through to the next",
            response: cdn("max-age=60", ("Strata-Cache-Control", " ")), lifetime: 60),
        Row(
            rule: "RFC 9213 §2.2 one with nothing known falls through", response: cdn("foo, bar=1", noStore)),
        Row(
            rule: "RFC 9213 §2.2 several lines are one",
            response: cdn("foo", ("CDN-Cache-Control", "max-age=60"), short), lifetime: 60),
    ]

    static let grammar: [Row] = [
        Row(rule: "RFC 9651 §4.2 a broken member", response: cdn("max-age=60, &&&", noStore)),
        Row(rule: "RFC 9651 §4.2.2 a trailing comma", response: cdn("max-age=60,", noStore)),
        Row(rule: "RFC 9651 §4.2.2 a leading comma", response: cdn(",max-age=60", noStore)),
        Row(rule: "RFC 9651 §3.1.2 a key in upper case", response: cdn("Max-Age=60", noStore)),
        Row(rule: "RFC 9651 §4.2 space before =", response: cdn("max-age =60", noStore)),
        Row(rule: "RFC 9651 §4.2 space after =", response: cdn("max-age= 60", noStore)),
        Row(rule: "RFC 9651 §4.2.4 sixteen digits", response: cdn("max-age=1234567890123456", noStore)),
        Row(rule: "RFC 9651 §4.2.5 an open string", response: cdn("max-age=60, a=\"b", noStore)),
        Row(rule: "RFC 9651 §4.2 bytes beyond ASCII", response: cdn("max-age=60, ä", noStore)),
        Row(rule: "RFC 9651 §4.2.2 the last of two", response: cdn("max-age=5, max-age=60", short), lifetime: 60),
        Row(rule: "RFC 9651 §3.1.2 parameters are skipped", response: cdn("max-age=60;a=b;c", short), lifetime: 60),
        Row(
            rule: "RFC 9651 §3.1.2 unknown members are skipped", response: cdn("foo=(a b);x, max-age=60", short),
            lifetime: 60),
        Row(rule: "RFC 9213 §2.1 a String for an Integer", response: cdn("max-age=\"60\"", noStore)),
        Row(rule: "RFC 9213 §2.1 a Decimal for an Integer", response: cdn("max-age=60.0", noStore)),
        Row(rule: "RFC 9213 §2.1 a Token for an Integer", response: cdn("max-age=a", noStore)),
        Row(rule: "RFC 9213 §2.1 no value for an Integer", response: cdn("max-age", noStore)),
        Row(rule: "RFC 9213 §2.1 a List for an Integer", response: cdn("max-age=(60)", noStore)),
        Row(rule: "RFC 9213 §2.1 negative", response: cdn("max-age=-60", ("Cache-Control", "max-age=60"))),
        Row(rule: "RFC 9111 §1.2.2 above 2^31", response: cdn("max-age=99999999999", short), lifetime: 1 << 31),
        Row(
            rule: "RFC 9213 §2.1 no-store=?0 says nothing", response: cdn("max-age=60, no-store=?0", short),
            lifetime: 60),
        Row(rule: "RFC 9213 §2.1 no-store with a value holds", response: cdn("max-age=60, no-store=1", short)),
        Row(rule: "RFC 9213 §2.1 private with a list holds", response: cdn("max-age=60, private=(a b)", short)),
    ]

    static let surrogates: [Row] = [
        Row(
            rule: "Edge Architecture §2.2 content and max-age",
            response: surrogate("content=\"ESI/1.0\", max-age=60", short), lifetime: 60),
        Row(
            rule: "Edge Architecture §2.2 content alone falls through",
            response: surrogate("content=\"ESI/1.0\"", noStore)),
        Row(rule: "Edge Architecture §2.2 extension", response: surrogate("max-age=60+30"), lifetime: 60),
        Row(rule: "Edge Architecture §2.2 no-store", response: surrogate("no-store", ("Cache-Control", "max-age=60"))),
        Row(
            rule: "Edge Architecture §2.2 no-store-remote is for others",
            response: surrogate("no-store-remote, max-age=60", short), lifetime: 60),
        Row(
            rule: "Edge Architecture §2.3 for this one", response: surrogate("max-age=5, max-age=60;strata"),
            lifetime: 60),
        Row(
            rule: "Edge Architecture §2.3 for this one, first", response: surrogate("max-age=60;STRATA, max-age=5"),
            lifetime: 60),
        Row(
            rule: "Edge Architecture §2.3 for another", response: surrogate("max-age=60, max-age=5;other"), lifetime: 60
        ),
        Row(
            rule: "Edge Architecture §2.3 for another alone falls through",
            response: surrogate("max-age=5;other", ("Cache-Control", "max-age=60")), lifetime: 60),
        Row(rule: "Edge Architecture §2.3 no-store for all holds", response: surrogate("no-store, max-age=60;strata")),
        Row(rule: "Edge Architecture §2.2 any case", response: surrogate("MaX-aGe=60"), lifetime: 60),
        Row(
            rule: "Edge Architecture §2.2 no number is stale",
            response: surrogate("max-age=a+b", ("Cache-Control", "max-age=60"))),
        Row(
            rule: "Edge Architecture §2.2 space after =",
            response: surrogate("max-age= 60", ("Cache-Control", "max-age=60"))),
        Row(
            rule: "Edge Architecture §2.2 Expires is ignored", response: surrogate("max-age=60", ("Expires", "0")),
            lifetime: 60),
    ]

    static func facts(
        _ response: [(String, String)], _ policy: CachingPolicy = CachingPolicy(), confirming: Freshness? = nil
    ) -> StoreFacts? {
        let decision = Storability.decide(
            method: .get, requestFields: FieldBlock(), status: 200, responseFields: FieldBlock(response),
            requestTime: noon, responseTime: noon, policy: policy, confirming: confirming)
        if case .store(let facts) = decision { return facts } else { return nil }
    }

    @Test(
        "The first field of the target list that says something decides", arguments: precedence + grammar + surrogates)
    func decides(row: Row) {
        let facts = Self.facts(row.response)
        #expect(facts?.freshness.lifetime == row.lifetime)
        #expect(facts?.freshness.rules.contains(.alwaysValidate) != true)
    }

    @Test("Staleness of a targeted field goes before the site's, and must-revalidate holds (RFC 9213 §2.2, RFC 5861)")
    func staleness() throws {
        let policy = CachingPolicy(staleWhileRevalidate: 7, staleIfError: 8)
        let extended = try #require(Self.facts(Self.surrogate("max-age=60+30"), policy)).freshness
        #expect(extended.staleWhileRevalidate == 30)
        #expect(extended.staleIfError == 30)
        let stated = try #require(
            Self.facts(Self.cdn("max-age=60, stale-while-revalidate=3, stale-if-error=4"), policy)
        ).freshness
        #expect(stated.staleWhileRevalidate == 3)
        #expect(stated.staleIfError == 4)
        // What Cache-Control says of it counts for nothing.
        let others = Self.cdn("max-age=60", ("Cache-Control", "must-revalidate, stale-if-error=99"))
        #expect(try #require(Self.facts(others, policy)).freshness.staleIfError == 8)
        let bound = try #require(Self.facts(Self.cdn("max-age=60, must-revalidate"), policy)).freshness
        #expect(bound.rules.contains(.mustRevalidate))
    }

    @Test("private and no-cache with names withhold those fields (RFC 9111 §5.2.2.4, §5.2.2.7)")
    func names() throws {
        let named = Self.cdn("max-age=60, private=\"X-A, x-b\", no-cache=x-c")
        let facts = try #require(Self.facts(named))
        #expect(facts.withheldFields == [bytes("x-a"), bytes("x-b"), bytes("x-c")])
    }

    @Test("Surrogate-Control and Strata-Cache-Control end here, CDN-Cache-Control goes on (docs/NOT_BUGS.md)")
    func consumed() {
        #expect(CacheControl.isConsumed(.surrogateControl))
        #expect(CacheControl.isConsumed(.strataCacheControl))
        #expect(!CacheControl.isConsumed(.cdnCacheControl))
        #expect(!CacheControl.isConsumed(.cacheControl))
    }

    @Test("A 304 without a targeted field leaves one that is not kept in force (RFC 9111 §3.2)")
    func confirmed() throws {
        let validator = ("ETag", "\"a\"")
        let first = try #require(Self.facts(Self.surrogate("max-age=60+30, must-revalidate", Self.noStore, validator)))
            .freshness
        #expect(Self.facts([Self.noStore, validator, ("Date", noonText)]) == nil)
        let again = try #require(Self.facts([Self.noStore, validator, ("Date", noonText)], confirming: first)).freshness
        #expect(again == first)
        // One that has its own says it anew.
        let changed = Self.facts(Self.surrogate("max-age=5", validator), confirming: first)
        #expect(changed?.freshness.lifetime == 5)
        // CDN-Cache-Control is kept with the response: nothing is remembered of it.
        let kept = try #require(Self.facts(Self.cdn("max-age=60", validator))).freshness
        #expect(!kept.rules.contains(.consumedControl))
        // What it withheld by name is not known any more.
        let withheld = try #require(Self.facts(Self.surrogate("max-age=60, private=\"x-a\"", validator))).freshness
        #expect(Self.facts([validator, ("Date", noonText)], confirming: withheld) == nil)
    }

    @Test("Requests are read by Cache-Control alone (RFC 9213 §2)")
    func requests() {
        let fields = FieldBlock([("CDN-Cache-Control", "no-store"), ("Surrogate-Control", "no-store")])
        #expect(!CacheControl.parse(fields).noStore)
    }
}

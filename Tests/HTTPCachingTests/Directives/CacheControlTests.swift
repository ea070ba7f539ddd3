import HTTPCaching
import HTTPMessage
import Testing

@Suite struct CacheControlTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var lines: [String]
        var expected: @Sendable (inout CacheControl) -> Void
        var testDescription: String { "\(rule): \(lines)" }

        init(_ rule: String, _ lines: String..., expected: @escaping @Sendable (inout CacheControl) -> Void) {
            self.rule = rule
            self.lines = lines
            self.expected = expected
        }
    }

    @Test(
        "Directives are read as the RFC says",
        arguments: [
            Row("RFC 9111 §5.2.2.1 max-age", "max-age=60") { $0.maxAge = 60 },
            Row("RFC 9111 §5.2 quoted argument", "max-age=\"60\"") { $0.maxAge = 60 },
            Row("RFC 9111 §5.2 name in any case", "MaX-aGe=60, PUBLIC") {
                $0.maxAge = 60
                $0.flags.insert(.isPublic)
            },
            Row("RFC 9111 §1.2.2 saturates", "max-age=99999999999999999999999") { $0.maxAge = 1 << 31 },
            Row("RFC 9111 §1.2.2 at 2^31", "max-age=2147483648") { $0.maxAge = 1 << 31 },
            Row("RFC 9111 §4.2.1 invalid is stale", "max-age=abc") { $0.maxAge = 0 },
            Row("RFC 9111 §4.2.1 fraction", "max-age=3600.0") { $0.maxAge = 0 },
            Row("RFC 9111 §4.2.1 negative", "max-age=-1") { $0.maxAge = 0 },
            Row("RFC 9111 §4.2.1 no argument", "max-age") { $0.maxAge = 0 },
            Row("RFC 9111 §4.2.1 empty argument", "max-age=, s-maxage=\"\"") {
                $0.maxAge = 0
                $0.sMaxAge = 0
            },
            Row("RFC 9111 §4.2.1 single quotes", "max-age='60'") { $0.maxAge = 0 },
            Row("RFC 9111 §5.2 space before =", "max-age =60") { $0.maxAge = 0 },
            Row("RFC 9111 §5.2 space after =", "max-age= 60") { $0.maxAge = 0 },
            Row("RFC 9111 §4.2.1 first of several", "max-age=60, max-age=10") { $0.maxAge = 60 },
            Row("RFC 9111 §4.2.1 first of several lines", "max-age=60", "max-age=10") { $0.maxAge = 60 },
            Row("RFC 9111 §5.2.2.10 s-maxage", "s-maxage=5") { $0.sMaxAge = 5 },
            Row("RFC 9110 §5.6.1 empty members", ", ,\tmax-age=60 ,,") { $0.maxAge = 60 },
            Row("RFC 9111 §5.2.3 unknown", "foo, bar=1, baz=\"a, no-store, b\"") { _ in },
            Row("RFC 9111 §5.2.3 unknown with escape", "baz=\"a\\\", no-store\", public") {
                $0.flags.insert(.isPublic)
            },
            Row("RFC 9111 §5.2 unterminated quote hides nothing", "baz=\"a, no-store") { $0.flags.insert(.noStore) },
            Row("RFC 9111 §5.2 stray quote hides nothing", "a\"b, no-store, c\"d") { $0.flags.insert(.noStore) },
            Row("RFC 9111 §5.2.2.5 argument of a flag", "no-store=yes") { $0.flags.insert(.noStore) },
            Row("RFC 9111 §5.2.2.4 no-cache", "no-cache") { $0.flags.insert(.noCache) },
            Row("RFC 9111 §5.2.2.4 qualified", "no-cache=\"Set-Cookie, X-A\"") {
                $0.noCacheFields = [bytes("set-cookie"), bytes("x-a")]
            },
            Row("RFC 9111 §5.2.2.4 qualified token", "no-cache=x-a") { $0.noCacheFields = [bytes("x-a")] },
            Row("RFC 9111 §5.2.2.4 both forms", "no-cache=\"x-a\", no-cache") {
                $0.noCacheFields = [bytes("x-a")]
                $0.flags.insert(.noCache)
            },
            Row("RFC 9111 §5.2.2.4 empty list", "no-cache=\"\"") { $0.flags.insert(.noCache) },
            Row("RFC 9111 §5.2.2.7 private", "private") { $0.flags.insert(.isPrivate) },
            Row("RFC 9111 §5.2.2.7 qualified", "private=\"X-User\"") { $0.privateFields = [bytes("x-user")] },
            Row("RFC 9111 §5.2.2.7 unreadable list", "private=\"a b\"") { $0.flags.insert(.isPrivate) },
            Row("RFC 9111 §5.2.2.2, §5.2.2.8", "must-revalidate, proxy-revalidate") {
                $0.flags.formUnion([.mustRevalidate, .proxyRevalidate])
            },
            Row("RFC 9111 §5.2.2.3, §5.2.2.6", "must-understand, no-transform") {
                $0.flags.formUnion([.mustUnderstand, .noTransform])
            },
            Row("RFC 5861 §3, §4", "stale-while-revalidate=30, stale-if-error=\"600\"") {
                $0.staleWhileRevalidate = 30
                $0.staleIfError = 600
            },
            Row("RFC 5861 §3 invalid", "stale-while-revalidate=x, stale-if-error") {
                $0.staleWhileRevalidate = 0
                $0.staleIfError = 0
            },
            Row("RFC 8246 §2", "immutable") { $0.flags.insert(.immutable) },
            Row("RFC 9111 §5.2.1.2 any", "max-stale") { $0.maxStale = CacheControl.anyStaleness },
            Row("RFC 9111 §5.2.1.2 bounded", "max-stale=7") { $0.maxStale = 7 },
            Row("RFC 9111 §5.2.1.2 unreadable", "max-stale=x") { $0.maxStale = 0 },
            Row("RFC 9111 §4.2.1 the first of several", "max-stale=x, max-stale") { $0.maxStale = 0 },
            Row("RFC 9111 §5.2.1.3", "min-fresh=9") { $0.minFresh = 9 },
            Row("RFC 9111 §5.2.1.7", "only-if-cached") { $0.flags.insert(.onlyIfCached) },
        ])
    func directives(row: Row) {
        var expected = CacheControl()
        expected.flags = .present
        row.expected(&expected)
        #expect(CacheControl.parse(FieldBlock(row.lines.map { ("Cache-Control", $0) })) == expected)
    }

    @Test("Other fields say nothing")
    func absent() {
        let control = CacheControl.parse(FieldBlock([("Pragma", "no-store"), ("X-Cache-Control", "no-store")]))
        #expect(control == CacheControl())
        #expect(!control.isPresent)
    }

    @Test("A list of too many fields counts as unqualified")
    func manyNames() {
        let names = (0..<40).map { "x-\($0)" }.joined(separator: ",")
        let control = CacheControl.parse(FieldBlock([("Cache-Control", "private=\"\(names)\"")]))
        #expect(control.isPrivate)
        #expect(control.privateFields.isEmpty)
    }
}

import TestSupport
import HTTPMessage
import Invalidation
import Testing

@testable import Engine

/// What the purge clients of Varnish, nginx and Fastly send, byte for byte, and what it means here.
@Suite("The dialects of purge clients")
struct PurgeDialectTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let client: String
        let method: Method
        var target = "/"
        let fields: [(String, String)]
        let selectors: Set<Selector>
        var mode = InvalidationMode.hard
        var testDescription: String { client }
    }

    private static func tags(_ tags: String...) -> Set<Selector> { Set(tags.map { .tag(bytes($0)) }) }
    private static func url(_ target: String) -> Selector { .url(host: bytes("shop.example"), target: bytes(target)) }
    private static func prefix(_ prefix: String) -> Selector {
        .prefix(host: bytes("shop.example"), prefix: bytes(prefix))
    }
    private static func glob(_ pattern: String) -> Selector { .glob(bytes(pattern)) }

    static func order(_ method: Method, _ target: String, _ fields: [(String, String)]) throws -> PurgeOrder {
        let parts = bytes(target).split(separator: 0x3f, maxSplits: 1, omittingEmptySubsequences: false)
        let url = PurgeDialect.RequestedURL(
            host: bytes("shop.example"), path: Array(parts[0]), query: parts.count > 1 ? Array(parts[1]) : nil)
        let site = TagField.standard + [TagField(name: "X-Shop-Tags")]
        let wish = try PurgeDialect.wish(method, PurgeFields(fields: FieldBlock(fields), siteTagFields: site), url)
        return try PurgeOrder(wish) { _, _ in QueryRules() }
    }

    @Test(
        "what clients send",
        arguments: [
            Row(
                client: "Wagtail, nginx's cache purge module, W3 Total Cache: PURGE of the URL", method: .purge,
                target: "/news/1/", fields: [("User-Agent", "Wagtail-frontendcache/7.0")], selectors: [url("/news/1/")]),
            Row(
                client: "nginx's cache purge module: a path that ends in *", method: .purge, target: "/news/*",
                fields: [], selectors: [prefix("/news/")]),
            Row(
                client: "Proxy Cache Purge of WordPress: one page", method: .purge, target: "/2026/post/",
                fields: [("X-Purge-Method", "default")], selectors: [url("/2026/post/")]),
            Row(
                client: "Proxy Cache Purge of WordPress: the whole site", method: .purge, target: "/.*",
                fields: [("X-Purge-Method", "regex")], selectors: [.host(bytes("shop.example"))]),
            Row(
                client: "FOSHttpCache with Varnish, tags", method: .ban,
                fields: [
                    ("X-Host", ".*"), ("X-Url", ".*"), ("X-Content-Type", ".*"),
                    ("X-Cache-Tags", #"(^|,)(news\-1|front\.page)(,|$)"#),
                ], selectors: tags("news-1", "front.page")),
            Row(
                client: "FOSHttpCache 2.0, tags", method: .ban,
                fields: [("X-Host", ".*"), ("X-Url", ".*"), ("X-Cache-Tags", "(one|two)(,.+)?$")],
                selectors: tags("one", "two")),
            Row(
                client: "FOSHttpCache, tags in a field of the site's own", method: .ban,
                fields: [("X-Host", ".*"), ("X-Url", ".*"), ("X-Shop-Tags", "(^|,)(one)(,|$)")], selectors: tags("one")),
            Row(
                client: "FOSHttpCache, paths of some hosts", method: .ban,
                fields: [
                    ("X-Host", "^(www.shop.example|shop.example)$"), ("X-Url", "^/news/.*"), ("X-Content-Type", ".*"),
                ],
                selectors: [
                    .prefix(host: bytes("www.shop.example"), prefix: bytes("/news/")), prefix("/news/"),
                ]),
            Row(
                client: "FOSHttpCache, every picture", method: .ban,
                fields: [("X-Host", ".*"), ("X-Url", #"\.png$"#), ("X-Content-Type", ".*")], selectors: [glob("*.png")]),
            Row(
                client: "FOSHttpCache, a path on any host", method: .ban,
                fields: [("X-Host", ".*"), ("X-Url", "^/news/1$"), ("X-Content-Type", ".*")],
                selectors: [glob("/news/1")]),
            Row(
                client: "FOSHttpCache, clear", method: .ban,
                fields: [("X-Host", ".*"), ("X-Url", ".*"), ("X-Content-Type", ".*")], selectors: [.all]),
            Row(
                client: "FOSHttpCache, clear one host", method: .ban,
                fields: [("X-Host", "^shop.example$"), ("X-Url", ".*"), ("X-Content-Type", ".*")],
                selectors: [.host(bytes("shop.example"))]),
            Row(
                client: "FOSHttpCache with xkey", method: .purgeKeys, fields: [("xkey-purge", "a b")],
                selectors: tags("a", "b")),
            Row(
                client: "FOSHttpCache with xkey, soft", method: .purgeKeys, fields: [("xkey-softpurge", "a b")],
                selectors: tags("a", "b"), mode: .soft),
            Row(
                client: "Magento 2, tags", method: .purge, target: "/*",
                fields: [("X-Magento-Tags-Pattern", "((^|,)cat_c_3(,|$))|((^|,)cat_p_12(,|$))")],
                selectors: tags("cat_c_3", "cat_p_12")),
            Row(
                client: "Magento 2, everything", method: .purge, target: "/*",
                fields: [("X-Magento-Tags-Pattern", ".*")], selectors: [.all]),
            Row(
                client: "Drupal, the generic HTTP purger with a pipe", method: .ban,
                fields: [("Cache-Tags", "node:1|config:system.menu.main")],
                selectors: tags("node:1", "config:system.menu.main")),
            Row(
                client: "Drupal, the Varnish purger", method: .ban,
                fields: [("Cache-Tags", #"(^|\s)(node:1|node:2)(\s|$)"#)], selectors: tags("node:1", "node:2")),
            Row(
                client: "Drupal, X-Cache-Tags", method: .ban, fields: [("X-Cache-Tags", "(?:^| )node:1(?: |$)")],
                selectors: tags("node:1")),
            Row(
                client: "Drupal, one tag, nothing around it", method: .ban, fields: [("Cache-Tags", "node:1")],
                selectors: tags("node:1")),
            Row(
                client: "Drupal, Purge-Cache-Tags as a list", method: .ban,
                fields: [("Purge-Cache-Tags", "node:1 node:2")], selectors: tags("node:1", "node:2")),
            Row(
                client: "Varnish's own recipe: BAN of a URL is what begins with it", method: .ban, target: "/news",
                fields: [], selectors: [prefix("/news")]),
            Row(
                client: "Varnish's own recipe, with a pattern", method: .ban, target: "/news/.*/print$", fields: [],
                selectors: [.glob(bytes("shop.example/news/*/print"))]),
            Row(
                client: "Fastly: PURGE of a URL, soft", method: .purge, target: "/a?b=1",
                fields: [("Fastly-Soft-Purge", "1"), ("Fastly-Key", "k")], selectors: [url("/a?b=1")], mode: .soft),
            Row(
                client: "CloudPanel's plugin: PURGE with X-Cache-Tags", method: .purge,
                fields: [("X-Cache-Tags", "blog,home")], selectors: tags("blog", "home")),
            Row(
                client: "both a host and an open end", method: .ban,
                fields: [("X-Host", "shop.example"), ("X-Url", "/a")],
                selectors: [glob("*shop.example*/a*"), glob("*shop.example*/*/a*")]),
        ])
    func clients(row: Row) throws {
        let order = try Self.order(row.method, row.target, row.fields)
        #expect(Set(order.selectors) == row.selectors)
        #expect(order.mode == row.mode)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var method = Method.ban
        let field: String
        let value: String
        /// The field that the answer names.
        let named: String
        var testDescription: String { "\(field): \(value)" }
    }

    @Test(
        "what is no known shape is refused by the name of its field",
        arguments: [
            Refusal(field: "X-Url", value: "^/a[0-9]+$", named: "X-Url"),
            Refusal(field: "X-Url", value: "(a+)+$", named: "X-Url"),
            Refusal(field: "X-Url", value: "^/(?!admin)", named: "X-Url"),
            Refusal(field: "X-Url", value: #"^/\d+"#, named: "X-Url"),
            Refusal(field: "X-Url", value: "^/a{2}", named: "X-Url"),
            Refusal(field: "X-Url", value: "(", named: "X-Url"), Refusal(field: "X-Url", value: "a)", named: "X-Url"),
            Refusal(field: "X-Url", value: #"a\"#, named: "X-Url"), Refusal(field: "X-Url", value: "*", named: "X-Url"),
            Refusal(field: "X-Url", value: String(repeating: "(a|b)", count: 40), named: "X-Url"),
            Refusal(field: "X-Url", value: String(repeating: "(", count: 5_000), named: "X-Url"),
            Refusal(field: "X-Host", value: "^shop[12].example$", named: "X-Host"),
            Refusal(field: "X-Content-Type", value: "image/png", named: "X-Content-Type"),
            Refusal(field: "X-Cache-Tags", value: "(^|,)(news.*)(,|$)", named: "X-Cache-Tags"),
            Refusal(field: "Cache-Tags", value: "node:[0-9]+", named: "Cache-Tags"),
            Refusal(field: "Cache-Tags", value: "", named: "Cache-Tags"),
            Refusal(field: "Cache-Tags", value: "(^|,)(,|$)", named: "Cache-Tags"),
            Refusal(
                method: .purge, field: "X-Magento-Tags-Pattern", value: "cat_[pc]_1", named: "X-Magento-Tags-Pattern"),
            Refusal(method: .purge, field: "X-Purge-Method", value: "fancy", named: "X-Purge-Method"),
            Refusal(method: .purge, field: "Purge-Wait", value: "soon", named: "Purge-Wait"),
            Refusal(method: .purge, field: "Purge-Wait", value: "", named: "Purge-Wait"),
            Refusal(method: .purge, field: "Purge-Wait", value: "-2s", named: "Purge-Wait"),
            Refusal(method: .purge, field: "Purge-Wait", value: "2h", named: "Purge-Wait"),
            Refusal(method: .purge, field: "Purge-Wait", value: "99999999999999999999s", named: "Purge-Wait"),
            Refusal(method: .purge, field: "Soft-Purge", value: "maybe", named: "Soft-Purge"),
            Refusal(method: .purge, field: "fastly-soft-purge", value: "2", named: "fastly-soft-purge"),
            Refusal(method: .purgeKeys, field: "X-Other", value: "a", named: "xkey-purge"),
            Refusal(method: .purgeKeys, field: "xkey-purge", value: " ", named: "xkey-purge"),
        ])
    func refused(row: Refusal) throws {
        let mistake = #expect(throws: PurgeMistake.self) {
            try Self.order(row.method, "/", [(row.field, row.value)])
        }
        #expect(mistake?.field == row.named)
    }

    @Test("a ban of tags on one host only is none of ours; hard and soft at once neither")
    func both() {
        #expect(throws: PurgeMistake.self) {
            try Self.order(.ban, "/", [("X-Host", "^a.example$"), ("X-Cache-Tags", "one")])
        }
        #expect(throws: PurgeMistake.self) {
            try Self.order(.purgeKeys, "/", [("xkey-purge", "a"), ("xkey-softpurge", "b")])
        }
    }

    @Test(
        "times to wait",
        arguments: [("2s", 2_000), ("500ms", 500), ("1m", 60_000), ("0s", 0), ("2", 2_000), ("1000m", 300_000)])
    func waits(text: String, milliseconds: Int64) throws {
        let wish = try PurgeDialect.wish(
            .purge, PurgeFields(fields: FieldBlock([("Purge-Wait", text)]), siteTagFields: []),
            PurgeDialect.RequestedURL(host: bytes("h"), path: bytes("/"), query: nil))
        #expect(wish.waitMilliseconds == milliseconds)
    }

    @Test("a shape that is taken selects whatever the regular expression matches (a thousand random ones)")
    func shapesCoverTheExpression() throws {
        var random = SplitMix(state: 20)
        let atoms = ["a", "b", "/", ".", ".*", "(a|b)", "(?:/a|b/)?", "b?", #"\."#]
        for _ in 0..<1_000 {
            let body = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                atoms[Int.random(in: 0..<atoms.count, using: &random)]
            }.joined()
            let pattern =
                (Bool.random(using: &random) ? "^" : "") + body + (Bool.random(using: &random) ? "$" : "")
            let regex = try Regex(pattern)
            let shapes = try PatternText(bytes(pattern)).shapes()
            for _ in 0..<20 {
                let text = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    ["a", "b", "/", "."][Int.random(in: 0..<4, using: &random)]
                }.joined()
                let matches = text.contains(regex)
                let selected = shapes.contains { Glob($0.glob).matches(text) }
                #expect(matches == selected, "\(pattern) on \(text)")
            }
        }
    }
}

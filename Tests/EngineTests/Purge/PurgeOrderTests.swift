import TestSupport
import CacheModel
import Foundation
import HTTPMessage
import Invalidation
import Testing

@testable import Engine

@Suite("What a PURGE asks for")
struct PurgeOrderTests {
    private func order(
        _ fields: [(String, String)] = [], path: String = "/a", query: String? = nil, rules: QueryRules = QueryRules()
    ) throws -> PurgeOrder {
        let url = PurgeDialect.RequestedURL(host: bytes("h"), path: bytes(path), query: query.map { bytes($0) })
        let wish = try PurgeDialect.wish(
            .purge, PurgeFields(fields: FieldBlock(fields), siteTagFields: TagField.standard), url)
        return try PurgeOrder(wish) { _, _ in rules }
    }

    private func url(_ target: String) -> Selector { .url(host: bytes("h"), target: bytes(target)) }
    private func tags(_ tags: String...) -> [Selector] { tags.map { .tag(bytes($0)) } }

    @Test("a URL: both schemes, hard unless it says soft")
    func url() throws {
        let order = try order(query: "b=1")
        #expect(order.selectors == [url("/a?b=1")] && order.mode == .hard)
        #expect(
            order.keys
                == ["http", "https"].map {
                    CacheKey(scheme: $0.utf8, host: "h".utf8, path: "/a".utf8, query: "b=1".utf8)
                })
        #expect(order.json == #"{"url":"h/a?b=1"}"#)
        #expect(try self.order(query: "").selectors == [url("/a?")])
    }

    @Test("the query as given and as the site's rules make it (rule 20)")
    func bothForms() throws {
        let rules = QueryRules(drop: ["utm_*"])
        let changed = try order(query: "utm_x=2&b=1", rules: rules)
        #expect(changed.selectors == [url("/a?b=1"), url("/a?utm_x=2&b=1")])
        #expect(try #require(changed.keys).count == 4 && Set(try #require(changed.keys)).count == 4)
        #expect(try order(query: "utm_x=2", rules: rules).selectors == [url("/a"), url("/a?utm_x=2")])
    }

    @Test("a path that ends in * is a prefix; a * elsewhere is itself")
    func prefix() throws {
        let prefix = try order(path: "/a/*")
        #expect(prefix.selectors == [.prefix(host: bytes("h"), prefix: bytes("/a/"))])
        #expect(prefix.keys == nil && prefix.json == #"{"prefix":"h/a/"}"#)
        #expect(try order(path: "/*").selectors == [.prefix(host: bytes("h"), prefix: bytes("/"))])
        #expect(try order(path: "/a*/b").selectors == [url("/a*/b")])
        #expect(try order(path: "/a*", query: "b").selectors == [url("/a*?b")])
        #expect(try order(path: "/a", query: "*").selectors == [.prefix(host: bytes("h"), prefix: bytes("/a?"))])
    }

    private func selectors(pattern: String) throws -> [Selector] {
        var wish = PurgeWish()
        wish.targets = [try PurgeTarget(glob: bytes(pattern), field: "patterns")]
        return try PurgeOrder(wish) { _, _ in QueryRules() }.selectors
    }

    @Test(
        "a pattern has the form of the keys it is compared with",
        arguments: [
            ("Shop.Example/News/*", ["shop.example/News/*"]), ("HTTPS://Shop.example/A*", ["shop.example/A*"]),
            ("shop.example./a*", ["shop.example/a*"]), ("shop.example.:8080/a*", ["shop.example:8080/a*"]),
            ("/A/*", ["/A/*"]), ("*.css", ["*.css"]),
            // What stands before the first slash may be of the path, where letter case counts, or of the host.
            ("*Foo/Bar*", ["*Foo/Bar*", "*foo/Bar*"]), ("*.Shop.example/A", ["*.Shop.example/A", "*.shop.example/A"]),
            ("Up.*/n", ["Up.*/n", "up.*/n"]), ("/caf%c3%a9/%41*", ["/caf%C3%A9/A*"]),
        ])
    func patterns(pattern: String, globs: [String]) throws {
        #expect(try selectors(pattern: pattern) == globs.map { .glob(bytes($0)) })
    }

    @Test(
        "a pattern with bytes that no key has is refused, not accepted for nothing",
        arguments: ["/é*", "/a b*", "/a#*"])
    func foreignBytes(pattern: String) {
        #expect(throws: PurgeMistake.self) { try selectors(pattern: pattern) }
    }

    @Test("patterns, which each entry is compared with, are bounded in number")
    func manyPatterns() throws {
        var wish = PurgeWish()
        wish.targets = try (0..<PurgeOrder.maxPatterns).map { try PurgeTarget(glob: bytes("/\($0)/*.css"), field: "p") }
        _ = try PurgeOrder(wish) { _, _ in QueryRules() }
        wish.targets.append(try PurgeTarget(glob: bytes("/more/*.css"), field: "p"))
        #expect(throws: PurgeMistake.self) { try PurgeOrder(wish) { _, _ in QueryRules() } }
    }

    @Test(
        "tag fields purge tags in place of the URL",
        arguments: [
            ("Surrogate-Key", "a b"), ("Surrogate-Key", "  a   b "), ("Surrogate-Key", "a\tb"), ("xkey-purge", "a b"),
            ("Cache-Tag", "a,b"), ("Cache-Tag", " a ,\tb,,"), ("X-Cache-Tags", "a, b"),
        ])
    func tags(name: String, value: String) throws {
        let order = try order([(name, value)])
        #expect(order.selectors == tags("a", "b") && order.mode == .hard && order.keys == nil)
        #expect(order.json == #"{"tags":["a","b"]}"#)
    }

    @Test("a comma list keeps spaces inside a tag, a space list keeps commas; several fields add up")
    func mixed() throws {
        #expect(try order([("Cache-Tag", "a b,c")]).selectors == tags("a b", "c"))
        #expect(try order([("Surrogate-Key", "a,b c")]).selectors == tags("a,b", "c"))
        #expect(try order([("Surrogate-Key", "a"), ("Cache-Tag", "b")]).selectors == tags("a", "b"))
    }

    @Test("a field for tags that names none is refused", arguments: ["", " ", "\t"])
    func noTag(value: String) {
        #expect(throws: PurgeMistake("Surrogate-Key", "it names no tag")) { try order([("Surrogate-Key", value)]) }
    }

    @Test(
        "soft",
        arguments: [
            ([("Soft-Purge", "1")], InvalidationMode.soft), ([("Fastly-Soft-Purge", "1")], .soft),
            ([("xkey-softpurge", "a")], .soft), ([("Soft-Purge", "0")], .hard), ([("Soft-Purge", "")], .hard),
            ([("Soft-Purge", "false")], .hard), ([("xkey-purge", "a")], .hard),
            ([("Surrogate-Key", "a"), ("Soft-Purge", "1")], .soft),
        ])
    func soft(fields: [(String, String)], mode: InvalidationMode) throws { #expect(try order(fields).mode == mode) }

    @Test("strings of JSON say what they were given, whatever the bytes")
    func json() throws {
        var random = SplitMix(state: 8)
        for _ in 0..<2_000 {
            let raw = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random) : UInt8.random(in: 0...0x5f, using: &random)
            }
            let quoted = JSONText.quoted(raw)
            let read = try JSONSerialization.jsonObject(with: Data("[\(quoted)]".utf8)) as? [String]
            #expect(read?.first == String(decoding: raw, as: UTF8.self))
        }
        #expect(JSONText.quoted(bytes("a\"b\\c\n\u{1f}")) == #""a\"b\\c\u000a\u001f""#)
    }
}

import TestSupport
import Invalidation
import Testing

/// What each selector selects (invalidation.md "Selectors", rules 2 and 20).
@Suite("What a selector selects")
struct SelectorRulesTests {
    struct Row: CustomTestStringConvertible {
        var selector: Selector
        var entry: Entry
        var selects: Bool
        var testDescription: String { "\(entry) \(selects ? "yes" : "no")" }

        init(_ selector: Selector, _ entry: Entry, _ selects: Bool) {
            (self.selector, self.entry, self.selects) = (selector, entry, selects)
        }
    }

    static let urls = [
        Row(.url("example.com", "/a"), Entry(), true),
        Row(.url("example.com", "/a"), Entry(host: "example.com:8080"), true),
        Row(.url("example.com:8080", "/a"), Entry(host: "example.com:8080"), true),
        Row(.url("example.com:8080", "/a"), Entry(), false),
        Row(.url("example.com:8080", "/a"), Entry(host: "example.com:8081"), false),
        Row(.url("[::1]", "/a"), Entry(host: "[::1]"), true),
        Row(.url("[::1]", "/a"), Entry(host: "[::1]:80"), true),
        Row(.url("[::1]:80", "/a"), Entry(host: "[::1]"), false),
        Row(.url("example.com", "/a"), Entry(path: "/A"), false),
        Row(.url("example.com", "/a"), Entry(path: "/a/"), false),
        Row(.url("example.com", "/a"), Entry(query: ""), false),
        Row(.url("example.com", "/a?"), Entry(query: ""), true),
        Row(.url("example.com", "/a?b=1"), Entry(query: "b=1"), true),
        Row(.url("example.com", "/a?b=1"), Entry(query: "b=2"), false),
        Row(.url("example.com", "/a?b=1"), Entry(), false),
        Row(.url("www.example.com", "/a"), Entry(), false),
        Row(.url("com", "/a"), Entry(), false),
    ]

    static let globs = [
        Row(.glob("/a"), Entry(), true),
        Row(.glob("/a"), Entry(query: ""), false),
        Row(.glob("/a*"), Entry(query: "b"), true),
        Row(.glob("/?"), Entry(), true),
        Row(.glob("/*/b"), Entry(path: "/x/y/b"), true),
        Row(.glob("*"), Entry(), true),
        Row(.glob("example.com/*"), Entry(host: "example.com:8080"), true),
        Row(.glob("example.com:8080/*"), Entry(host: "example.com:8080"), true),
        Row(.glob("example.com:8080/*"), Entry(), false),
        Row(.glob("*.example.com/*"), Entry(host: "www.example.com"), true),
        Row(.glob("*.example.com/*"), Entry(), false),
        Row(.glob("Example.com/*"), Entry(), false),
        Row(.glob("*.css"), Entry(path: "/a/b.css"), true),
        Row(.glob("*.css"), Entry(path: "/a/b.css", query: "v=1"), false),
    ]

    static let prefixes = [
        Row(.prefix("example.com", "/"), Entry(), true),
        Row(.prefix("example.com", ""), Entry(), true),
        Row(.prefix("example.com", "/a"), Entry(), true),
        Row(.prefix("example.com", "/a"), Entry(path: "/ab", query: "c"), true),
        Row(.prefix("example.com", "/a?"), Entry(), false),
        Row(.prefix("example.com", "/a?"), Entry(query: ""), true),
        Row(.prefix("example.com", "/a?b"), Entry(query: "b=1"), true),
        Row(.prefix("example.com", "/a?b=1"), Entry(query: "b=1"), true),
        Row(.prefix("example.com", "/a?b=12"), Entry(query: "b=1"), false),
        Row(.prefix("example.com", "/a?b"), Entry(query: "c"), false),
        Row(.prefix("example.com", "/aXb"), Entry(query: "b"), false),
        Row(.prefix("example.com", "/ab"), Entry(), false),
        Row(.prefix("example.com", "/a"), Entry(host: "example.com:81"), true),
        Row(.prefix("example.com:81", "/a"), Entry(host: "example.com:81"), true),
        Row(.prefix("example.com:81", "/a"), Entry(), false),
        Row(.prefix("other.com", "/a"), Entry(), false),
    ]

    static let others = [
        Row(.host("example.com"), Entry(), true),
        Row(.host("example.com"), Entry(host: "example.com:99", path: "/z", query: "q"), true),
        Row(.host("example.com"), Entry(host: "www.example.com"), false),
        Row(.host("[::1]"), Entry(host: "[::1]:99"), true),
        Row(.all, Entry(), true),
        Row(.all, Entry(host: ""), true),
        Row(.tag("red"), Entry(tags: ["green", "red"]), true),
        Row(.tag("red"), Entry(host: "elsewhere", path: "/b", tags: ["red"]), true),
        Row(.tag("red"), Entry(tags: ["Red", "redder", "re", ""]), false),
        Row(.tag(""), Entry(tags: ["red"]), false),
        Row(.tag("red"), Entry(), false),
        // Tag 257 of 256.
        Row(.tag("red"), Entry(tagsCut: true), true),
        Row(.tag("red"), Entry(tags: ["green"], tagsCut: true), true),
        Row(.url("example.com", "/b"), Entry(tagsCut: true), false),
    ]

    static let partitions = [
        Row(Selector.all.within("shop"), Entry(partition: "shop"), true),
        Row(Selector.all.within("shop"), Entry(), false),
        Row(Selector.all.within("shop"), Entry(partition: "shop2"), false),
        Row(Selector.all.within("default"), Entry(), true),
        Row(Selector.all.within("default"), Entry(partition: "shop"), false),
        Row(.all, Entry(partition: "shop"), true),
        Row(.tag("red"), Entry(partition: "shop", tags: ["red"]), true),
        Row(.tag("red").within("shop"), Entry(partition: "shop", tags: ["red"]), true),
        Row(.tag("red").within("shop"), Entry(partition: "blog", tags: ["red"]), false),
        Row(.tag("red").within("shop"), Entry(tags: ["red"]), false),
        Row(.tag("red").within("default"), Entry(tags: ["red"]), true),
        Row(.tag("red").within("shop"), Entry(partition: "shop", tagsCut: true), true),
        Row(.tag("red").within("shop"), Entry(partition: "blog", tagsCut: true), false),
        Row(.url("example.com", "/a").within("shop"), Entry(partition: "shop", host: "example.com:81"), true),
        Row(.url("example.com:81", "/a").within("shop"), Entry(partition: "shop", host: "example.com:81"), true),
        Row(.url("example.com", "/a").within("shop"), Entry(), false),
        Row(.prefix("example.com", "/").within("shop"), Entry(partition: "shop", query: "q"), true),
        Row(.prefix("example.com", "/").within("shop"), Entry(partition: "blog"), false),
        Row(.glob("*.css").within("shop"), Entry(partition: "shop", path: "/b.css"), true),
        Row(.glob("*.css").within("shop"), Entry(path: "/b.css"), false),
        Row(.host("example.com").within("shop"), Entry(partition: "shop", host: "example.com:99"), true),
        Row(.host("example.com").within("shop"), Entry(partition: "sho"), false),
        // Restricting twice is restricting once.
        Row(.host("example.com").within("shop").within("blog"), Entry(partition: "shop"), true),
    ]

    @Test("hard: gone, soft: stale, after it: valid", arguments: urls + prefixes + globs + others + partitions)
    func selects(row: Row) {
        for (mode, verdict) in [(InvalidationMode.hard, Verdict.gone), (.soft, .stale)] {
            let table = InvalidationTable(epoch: 7)
            table.add(.hard, .url("unrelated", "/"))
            table.add(mode, row.selector)
            table.add(.soft, .url("unrelated", "/"))
            #expect(table.verdict(row.entry, asOf: 0) == (row.selects ? verdict : .valid))
            #expect(table.verdict(row.entry, asOf: 1) == (row.selects ? verdict : .valid))
            #expect(table.verdict(row.entry, asOf: 2) == .valid)
            #expect(table.verdict(row.entry, asOf: 3) == .valid)
        }
    }

    @Test("one record may name many: any of them selects")
    func many() {
        let table = InvalidationTable(epoch: 7)
        table.add(.hard, .tag("red"), .url("example.com", "/x"), .host("other.com"), .tag("red"))
        #expect(table.verdict(Entry(tags: ["red"]), asOf: 0) == .gone)
        #expect(table.verdict(Entry(path: "/x"), asOf: 0) == .gone)
        #expect(table.verdict(Entry(host: "other.com"), asOf: 0) == .gone)
        #expect(table.verdict(Entry(), asOf: 0) == .valid)
        #expect(table.count == 3)
    }

    @Test("a selector and the same one in a partition are two, and a purge of one leaves the other's marks")
    func apart() {
        let table = InvalidationTable(epoch: 7)
        table.add(.soft, .tag("red"))
        table.add(.hard, .tag("red").within("shop"))
        #expect(table.count == 2)
        #expect(table.verdict(Entry(partition: "shop", tags: ["red"]), asOf: 0) == .gone)
        #expect(table.verdict(Entry(tags: ["red"]), asOf: 0) == .stale)
        table.trim(acceptedBefore: 0, maxRecords: 1)
        #expect(table.verdict(Entry(partition: "shop", tags: ["red"]), asOf: 1) == .gone)
        #expect(table.count == 1)
    }

    @Test("tags that are no list select nothing and never trap")
    func brokenTags() {
        let table = InvalidationTable(epoch: 7)
        table.add(.hard, .tag("red"))
        var random = SplitMix(state: 5)
        for _ in 0..<5_000 {
            let raw = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                random.pick([0, 1, 3, 0x72, 0x7f, 0x80, 0xff] as [UInt8])
            }
            raw.withUnsafeBytes { tags in
                let subject = InvalidationSubject(host: tags, path: tags, query: tags, tags: tags, tagsCut: false)
                #expect(table.judge(subject, asOf: Position(epoch: 7, n: 0)).verdict == .valid)
            }
        }
    }
}

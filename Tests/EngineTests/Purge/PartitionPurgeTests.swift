import CacheModel
import HTTPMessage
import Invalidation
import Testing

@testable import Engine

@Suite("Purges in partitions")
struct PartitionPurgeTests {
    private static func wish(_ targets: [PurgeTarget], _ partitions: String...) throws -> PurgeWish {
        var wish = PurgeWish()
        wish.targets = targets
        for partition in partitions { try wish.add(partition: bytes(partition), field: "partition") }
        return wish
    }

    private static func order(_ wish: PurgeWish, _ partitions: [String]) throws -> PurgeOrder {
        try PurgeOrder(wish, partitions: partitions.map { bytes($0) }) { _, _ in QueryRules() }
    }

    @Test("every selector is restricted, for each partition once; a partition alone is all of it")
    func selectors() throws {
        let tag = try Self.order(try Self.wish([.tag(bytes("t"))], "shop", "blog", "shop"), ["shop", "blog"])
        #expect(
            tag.selectors
                == [Selector.tag(bytes("t")).within(bytes("shop")), Selector.tag(bytes("t")).within(bytes("blog"))])
        #expect(tag.json == #"{"tags":["t"],"partitions":["shop","blog"]}"#)
        let all = try Self.order(try Self.wish([], "shop"), ["shop"])
        #expect(all.selectors == [.partition(bytes("shop"))] && all.keys == nil)
        #expect(all.json == #"{"partition":"shop"}"#)
        #expect(try Self.order(try Self.wish([.all], "shop"), ["shop"]).selectors == all.selectors)
        #expect(throws: PurgeMistake.self) { try Self.order(try Self.wish([]), [""]) }
        #expect(throws: PurgeMistake.self) { try Self.wish([], "") }
    }

    @Test("a URL is looked for in the partitions that are meant, and in all of them if none is")
    func keys() throws {
        let url = PurgeTarget.url(host: bytes("h"), path: bytes("/a"), query: nil)
        let everywhere = try Self.order(try Self.wish([url]), ["", "shop"])
        #expect(everywhere.selectors == [.url(host: bytes("h"), target: bytes("/a"))])
        func keys(_ partition: String) -> [CacheKey] {
            ["http", "https"].map {
                CacheKey(
                    partition: bytes(partition), scheme: $0.utf8, host: "h".utf8, path: "/a".utf8,
                    query: nil as [UInt8]?)
            }
        }
        #expect(everywhere.keys == keys("") + keys("shop"))
        let inDefault = try Self.order(try Self.wish([url], "default"), [""])
        #expect(inDefault.keys == keys(""))
        #expect(inDefault.selectors == [Selector.url(host: bytes("h"), target: bytes("/a")).within(bytes("default"))])
    }

    struct Row: CustomTestStringConvertible {
        var name: String
        var hosts: [String]?
        var partitions: [String]?
        var targets: [PurgeTarget]
        var named: [String] = []
        /// Nil: it is refused.
        var means: [String]?
        var testDescription: String { name }
    }

    private static let url = PurgeTarget.url(host: bytes("a.example"), path: bytes("/"), query: nil)

    @Test(
        "what a token opens",
        arguments: [
            Row(name: "no scope", targets: [.all], means: []),
            Row(name: "no scope, named", targets: [.all], named: ["x"], means: ["x"]),
            Row(name: "its own", partitions: ["x", "y"], targets: [.tag([0x74])], named: ["y"], means: ["y"]),
            Row(name: "none named: its own", partitions: ["x", "y"], targets: [.all], means: ["x", "y"]),
            Row(name: "another", partitions: ["x"], targets: [.tag([0x74])], named: ["y"], means: nil),
            Row(name: "one of two", partitions: ["x"], targets: [.tag([0x74])], named: ["x", "y"], means: nil),
            Row(name: "the partition", partitions: ["x"], targets: [], named: ["x"], means: ["x"]),
            Row(name: "another partition", partitions: ["x"], targets: [], named: ["default"], means: nil),
            Row(name: "hosts and a partition", hosts: ["a.example"], targets: [], named: ["x"], means: nil),
            Row(name: "both, inside", hosts: ["a.example"], partitions: ["x"], targets: [url], means: ["x"]),
            Row(name: "both, a tag", hosts: ["a.example"], partitions: ["x"], targets: [.tag([0x74])], means: nil),
            Row(name: "both, another host", hosts: ["b.example"], partitions: ["x"], targets: [url], means: nil),
        ])
    func token(row: Row) throws {
        var wish = PurgeWish()
        wish.targets = row.targets
        for name in row.named { try wish.add(partition: bytes(name), field: "partition") }
        let token = PurgeToken("t", hosts: row.hosts, partitions: row.partitions)
        let grant = try #require(PurgeTokens([token]).grant(bytes("t")))
        let narrowed = grant.narrowed(wish)
        #expect((grant.refusal(of: narrowed) == nil) == (row.means != nil))
        if let means = row.means { #expect(narrowed.partitions == means.map { bytes($0) }) }
    }

    @Test("Purge-Partition names one or several", arguments: [("shop", ["shop"]), (" shop ,blog", ["shop", "blog"])])
    func field(value: String, names: [String]) throws {
        let url = PurgeDialect.RequestedURL(host: bytes("h"), path: bytes("/a"), query: nil)
        func wish(_ value: String) throws -> PurgeWish {
            let fields = FieldBlock([("Purge-Partition", value)])
            return try PurgeDialect.wish(.purge, PurgeFields(fields: fields, siteTagFields: []), url)
        }
        #expect(try wish(value).partitions == names.map { bytes($0) })
        #expect(throws: PurgeMistake.self) { try wish("shop,") }
        #expect(throws: PurgeMistake.self) { try wish("") }
    }
}

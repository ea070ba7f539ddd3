import TestSupport
import Testing

extension PartitionStories {
    @Suite("A purge in a partition")
    struct PurgeOfAPartition {
        /// How it is purged, and whether the page is gone in the default partition and in `blue`.
        struct Row: Sendable, CustomTestStringConvertible {
            let name: String
            let gone: (plain: Bool, blue: Bool)
            let purge: @Sendable (Setting) async throws -> RawResponse
            var testDescription: String { name }
        }

        private static let target = "/page/a?max-age=600&tags=one"

        private static func invalidate(_ body: String) -> @Sendable (Setting) async throws -> RawResponse {
            { try await $0.proxy.askAdmin("POST", "/cache/invalidate", body: body) }
        }

        private static func purge(
            _ target: String, _ fields: String...
        ) -> @Sendable (Setting) async throws -> RawResponse {
            { try await $0.request("PURGE", target, fields) }
        }

        @Test(
            "selects there alone; without one named it selects everywhere",
            arguments: [
                Row(name: "tag", gone: (false, true), purge: invalidate(#"{"tags":["one"],"partition":"blue"}"#)),
                Row(
                    name: "tag, default", gone: (true, false),
                    purge: invalidate(#"{"tag":"one","partition":"default"}"#)),
                Row(
                    name: "tag, both", gone: (true, true),
                    purge: invalidate(#"{"tag":"one","partitions":["blue","default"]}"#)),
                Row(name: "tag, everywhere", gone: (true, true), purge: invalidate(#"{"tags":["one"]}"#)),
                Row(name: "partition", gone: (false, true), purge: invalidate(#"{"partition":"blue"}"#)),
                Row(name: "all of it", gone: (false, true), purge: invalidate(#"{"all":true,"partition":"blue"}"#)),
                Row(name: "all", gone: (true, true), purge: invalidate(#"{"all":true}"#)),
                Row(
                    name: "prefix", gone: (false, true),
                    purge: invalidate(#"{"prefix":"story.example/page/","partition":"blue"}"#)),
                Row(
                    name: "pattern", gone: (false, true),
                    purge: invalidate(#"{"pattern":"/page/*","partition":"blue"}"#)),
                Row(
                    name: "host", gone: (false, true),
                    purge: invalidate(#"{"host":"story.example","partition":"blue"}"#)),
                Row(name: "PURGE", gone: (false, true), purge: purge(target, "Purge-Partition: blue")),
                Row(name: "PURGE, everywhere", gone: (true, true), purge: purge(target)),
                Row(
                    name: "PURGE of a tag", gone: (false, true),
                    purge: purge("/", "Cache-Tag: one", "Purge-Partition: blue")),
                Row(name: "DELETE", gone: (false, true)) {
                    try await $0.proxy.askAdmin("DELETE", "/cache/keys/%2Fpage%2Fa*?partition=blue")
                },
            ])
        func selectors(row: Row) async throws {
            let setting = try await PartitionStories.start()
            for fields in [[], blue] { #expect(try await setting.get(Self.target, fields).isStoredMiss) }
            let answer = try await row.purge(setting)
            #expect(answer.status == 200, "\(answer.text)")
            for (fields, isGone) in [([], row.gone.plain), (blue, row.gone.blue)] {
                let next = try await setting.get(Self.target, fields)
                #expect(next.isStoredMiss == isGone, "\(fields): \(next.cacheStatus)")
            }
        }

        @Test("the answer counts and names what was purged; an unknown partition is 400 and nothing is purged")
        func answers() async throws {
            let setting = try await PartitionStories.start()
            for fields in [[], blue] { _ = try await setting.get(Self.target, fields) }
            try await setting.settle()
            let one = try await setting.request("PURGE", Self.target, ["Purge-Partition: blue"])
            #expect(
                one.text.contains(#""selector":{"url":"story.example/page/a?max-age=600&tags=one","partition":"blue"}"#)
            )
            #expect(one.text.contains(#""tiers":{"memory":1,"disk":1}"#), "\(one.text)")
            let unknown = try await setting.request("PURGE", Self.target, ["Purge-Partition: bleu"])
            #expect(unknown.status == 400 && unknown.text.contains("known: default, shop, blue"), "\(unknown.text)")
            #expect(try await setting.get(Self.target).hitTier == "memory")
            let both = try await setting.request("PURGE", Self.target)
            #expect(both.text.contains(#""tiers":{"memory":1,"disk":1}"#), "\(both.text)")
        }

        @Test("strata purge --partition")
        func command() async throws {
            let setting = try await PartitionStories.start()
            for fields in [[], blue] { _ = try await setting.get(Self.target, fields) }
            let admin = ["--admin", setting.proxy.adminURL("")]
            let done = try await run("strata", ["purge", "--tag", "one", "--partition", "blue"] + admin)
            #expect(done.exit == .exit(0) && done.output.contains("tag one in partition blue"), "\(done.output)")
            #expect(try await setting.get(Self.target).hitTier == "memory")
            #expect(try await setting.get(Self.target, blue).isStoredMiss)
            #expect(try await run("strata", ["purge", "--partition", "default"] + admin).exit == .exit(0))
            #expect(try await setting.get(Self.target).isStoredMiss)
            #expect(try await setting.get(Self.target, blue).hitTier == "memory")
            let url = ["purge", "http://story.example" + Self.target, "--proxy", setting.proxy.url("")]
            #expect(try await run("strata", url + ["--partition", "blue"]).exit == .exit(0))
            #expect(try await setting.get(Self.target).hitTier == "memory")
            #expect(try await setting.get(Self.target, blue).isStoredMiss)
            #expect(try await run("strata", url + ["--partition", "green"]).exit == .exit(1))
        }

        @Test("soft and refresh reach that partition alone")
        func refresh() async throws {
            let setting = try await PartitionStories.start()
            let shop = "/page/shop/r?max-age=600&tags=one"
            for target in [shop, Self.target] { _ = try await setting.get(target) }
            try await setting.settle()
            let body = #"{"tag":"one","partition":"shop","refresh":true}"#
            #expect(try await setting.proxy.askAdmin("POST", "/cache/invalidate", body: body).status == 200)
            #expect(try await eventually { try await setting.originCount(shop) == 2 })
            try await setting.settle()
            #expect(try await setting.get(shop).hitTier == "memory")
            #expect(try await setting.originCount(Self.target) == 1)
        }

        @Test("what was purged stays so after kill -9 with a warm disk, in that partition alone")
        func restart() async throws {
            let setting = try await PartitionStories.start([.disk])
            for fields in [[], blue] { #expect(try await setting.get(Self.target, fields).isStoredMiss) }
            try await setting.settle()
            _ = try await setting.proxy.askAdmin(
                "POST", "/cache/invalidate", body: #"{"tag":"one","partition":"blue"}"#)
            try await setting.proxy.restart(hard: true)
            #expect(try await setting.get(Self.target).hitTier == "disk")
            #expect(try await setting.get(Self.target, blue).isStoredMiss)
        }

        @Test("dead entries leave the memory and the disk of their partition in the background")
        func lurker() async throws {
            let setting = try await PartitionStories.start()
            for number in 0..<10 { _ = try await setting.get("/page/shop/\(number)?max-age=600&tags=one") }
            try await setting.settle()
            _ = try await setting.proxy.askAdmin("POST", "/cache/invalidate", body: #"{"partition":"shop"}"#)
            for layer in ["l1_memory", "l3_disk"] {
                #expect(try await eventually { try await setting.figure("entries", in: layer, of: "shop") == 0 })
            }
        }
    }
}

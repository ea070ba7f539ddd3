import Foundation
import TestSupport
import Testing

extension PurgeStories {
    @Suite("Selectors, by whichever interface")
    struct EverySelector {
        private static let pages = [
            "/page/a?max-age=600&tags=one", "/page/b/c?max-age=600&tags=two", "/version?max-age=600",
        ]

        /// How something is purged, and which of the three pages are gone then.
        struct Row: Sendable, CustomTestStringConvertible {
            let name: String
            let gone: [Int]
            let purge: @Sendable (Setting) async throws -> RawResponse
            var testDescription: String { name }
        }

        private static func invalidate(_ body: String) -> @Sendable (Setting) async throws -> RawResponse {
            { try await $0.proxy.askAdmin("POST", "/cache/invalidate", body: body) }
        }

        @Test(
            "exactly what is named is gone, in memory and on disk",
            arguments: [
                Row(name: "pattern", gone: [1], purge: invalidate(#"{"patterns":["story.example/page/*/c*"]}"#)),
                Row(name: "pattern on any host", gone: [0, 1], purge: invalidate(#"{"patterns":["/page/*"]}"#)),
                Row(name: "prefix", gone: [0], purge: invalidate(#"{"prefixes":["story.example/page/a"]}"#)),
                Row(name: "host", gone: [0, 1, 2], purge: invalidate(#"{"hosts":["story.example"]}"#)),
                Row(name: "another host", gone: [], purge: invalidate(#"{"hosts":["other.example"]}"#)),
                Row(name: "all", gone: [0, 1, 2], purge: invalidate(#"{"all":true}"#)),
                Row(
                    name: "url and tag in one record", gone: [1, 2],
                    purge: invalidate(#"{"urls":["http://story.example/version?max-age=600"],"tags":["two"]}"#)),
                Row(
                    name: "nothing half done", gone: [],
                    purge: invalidate(#"{"tags":["two"],"urls":["http://story.example/../a"]}"#)),
                Row(name: "DELETE", gone: [0]) {
                    try await $0.proxy.askAdmin("DELETE", "/cache/keys/story.example%2Fpage%2Fa*")
                },
                Row(name: "Fastly's key", gone: [1]) {
                    try await $0.proxy.askAdmin("POST", "/service/x/purge/two")
                },
                Row(name: "FOSHttpCache's tags", gone: [0]) {
                    try await $0.request(
                        "BAN", "/",
                        ["X-Host: .*", "X-Url: .*", "X-Content-Type: .*", "X-Cache-Tags: (^|,)(one|x)(,|$)"])
                },
                Row(name: "FOSHttpCache's paths", gone: [0, 1]) {
                    try await $0.request(
                        "BAN", "/", ["X-Host: ^story.example$", "X-Url: ^/page/", "X-Content-Type: .*"])
                },
                Row(name: "Magento", gone: [0, 1]) {
                    try await $0.request(
                        "PURGE", "/*", ["X-Magento-Tags-Pattern: ((^|,)one(,|$))|((^|,)two(,|$))"])
                },
                Row(name: "an expression that is none", gone: []) {
                    try await $0.request("BAN", "/", ["X-Url: ^/page/[a-z]+$"])
                },
            ])
        func selectors(row: Row) async throws {
            let setting = try await Setting.start([.memory, .disk])
            for page in Self.pages {
                #expect(try await setting.get(page).isStoredMiss)
                #expect(try await setting.get(page).hitTier == "memory")
            }
            let answer = try await row.purge(setting)
            #expect(
                answer.status == (["nothing half done", "an expression that is none"].contains(row.name) ? 400 : 200))
            for (index, page) in Self.pages.enumerated() {
                let next = try await setting.get(page)
                #expect(next.isStoredMiss == row.gone.contains(index), "\(page): \(next.cacheStatus)")
            }
        }

        @Test("a host that no site serves can be told to purge tags; PURGEKEYS is soft if it says so")
        func otherHost() async throws {
            let setting = try await Setting.start()
            let page = Self.pages[0]
            _ = try await setting.get(page)
            let purge = try await setting.request("PURGEKEYS", "/", ["Host: 10.0.0.7:6081", "xkey-softpurge: one"])
            #expect(purge.status == 200 && purge.text.contains(#""mode":"soft""#), "\(purge.text)")
            #expect(try await setting.get(page).cacheStatus.hasPrefix("strata; fwd=stale"))
        }

        @Test("what is stored in parts is counted, and gone")
        func parts() async throws {
            let setting = try await Setting.start()
            let target = "/page/parts?size=100KB&max-age=600&etag=v1&ranges=1"
            _ = try await setting.get(target, ["Range: bytes=0-9999"])
            #expect(try await setting.get(target, ["Range: bytes=5-9"]).hitTier == "memory")
            let purge = try await setting.request("PURGE", target)
            #expect(purge.text.contains(#""tiers":{"memory":1}"#), "\(purge.text)")
            #expect(try await setting.get(target, ["Range: bytes=5-9"]).hitTier == nil)
        }

        @Test("refresh: what was used comes again without a client, once each")
        func refresh() async throws {
            let setting = try await Setting.start()
            let pages = (0..<5).map { "/page/r\($0)?max-age=600&tags=news&vary=Accept-Language" }
            for page in pages { _ = try await setting.get(page, ["Accept-Language: de"]) }
            try await setting.settle()
            let purge = try await setting.proxy.askAdmin(
                "POST", "/cache/invalidate", body: #"{"tags":["news"],"refresh":true}"#)
            #expect(purge.text.contains(#""mode":"soft","refresh":true"#))
            let isDone = try await eventually {
                try await setting.proxy.askAdmin("GET", "/cache/stats").text.contains(#""refreshed":5"#)
            }
            #expect(isDone)
            try await setting.settle()
            for page in pages {
                #expect(try await setting.get(page, ["Accept-Language: de"]).hitTier == "memory")
                #expect(try await setting.originCount(page) == 2)
            }
        }

        @Test("refresh finds one page among thousands in seconds, and many purges that wait share one walk")
        func refreshAmongMany() async throws {
            let setting = try await Setting.start()
            let client = try RawClient(setting.proxy.address)
            for number in 0..<3000 {
                let tag = number < 80 ? "t\(number)" : "others"
                _ = try await client.request(
                    "GET", "/page/m\(number)?max-age=600&tags=\(tag)", ["Host: story.example"])
            }
            try await setting.settle()
            for number in 0..<80 {
                let answer = try await setting.proxy.askAdmin(
                    "POST", "/cache/invalidate", body: #"{"tags":["t\#(number)"],"refresh":true}"#)
                #expect(answer.status == 200)
            }
            // 20 a second, and the walks; it was 2 entries a look, for each purge anew.
            let isDone = try await eventually(within: .seconds(20)) {
                try await setting.proxy.askAdmin("GET", "/cache/stats").text
                    .contains(#""refreshed":80,"refreshes_dropped":0"#)
            }
            #expect(isDone)
        }

        @Test("what purges look for is no hit and no miss of a tier")
        func countsOfTiers() async throws {
            let setting = try await Setting.start([.redis, .disk])
            _ = try await setting.get("/page/counted?max-age=600")
            try await setting.settle()
            _ = try await setting.get("/page/counted?max-age=600")
            try await setting.settle()
            func counts() async throws -> [Substring] {
                try await setting.proxy.askAdmin("GET", "/cache/stats").text
                    .matches(of: /"(?:hits|misses)":\d+/).map(\.output)
            }
            let before = try await counts()
            #expect(before.contains(#""hits":1"#) && before.contains(#""misses":1"#), "\(before)")
            for number in 0..<10 {
                _ = try await setting.request("PURGE", "/page/nobody-\(number)")
                _ = try await setting.request("POST", "/page/nothing-\(number)", body: "x")
            }
            #expect(try await counts() == before)
        }

        @Test("dead entries leave memory and disk in the background")
        func lurker() async throws {
            let setting = try await Setting.start([.memory, .disk])
            for number in 0..<20 { _ = try await setting.get("/page/l\(number)?max-age=600&tags=old") }
            _ = try await setting.get("/page/kept?max-age=600&tags=new")
            try await setting.settle()
            _ = try await setting.proxy.askAdmin("POST", "/cache/invalidate", body: #"{"tags":["old"]}"#)
            let isDone = try await eventually {
                try await setting.proxy.askAdmin("GET", "/cache/stats").text
                    .contains(#""collected":{"disk":20,"memory":20}"#)
            }
            #expect(isDone)
            #expect(try await setting.get("/page/kept?max-age=600&tags=new").hitTier == "memory")
        }

        @Test("the entries of memory and disk, page by page, with their facts")
        func keys() async throws {
            let setting = try await Setting.start([.memory, .disk])
            for number in 0..<7 { _ = try await setting.get("/page/k\(number)?max-age=600&tags=t\(number)") }
            try await setting.settle()
            for tier in ["memory", "disk"] {
                var urls: [String] = []
                var cursor: String?
                repeat {
                    let more = cursor.map { "&cursor=\($0)" } ?? ""
                    let text = try await setting.proxy.askAdmin(
                        "GET", "/cache/keys?tier=\(tier)&limit=3&pattern=story.example/page/k*\(more)"
                    ).text
                    let page = try #require(
                        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
                    for key in try #require(page["keys"] as? [[String: Any]]) {
                        urls.append(try #require(key["url"] as? String))
                        #expect(key["tier"] as? String == tier && key["state"] as? String == "fresh")
                        #expect((key["tags"] as? [String])?.count == 1)
                    }
                    cursor = page["cursor"] as? String
                } while cursor != nil
                #expect(Set(urls).count == 7 && urls.count == 7, "\(tier): \(urls)")
            }
            let none = try await setting.proxy.askAdmin("GET", "/cache/keys?tier=redis")
            #expect(none.status == 400)
        }

        @Test("tags beyond the bound are counted, and every purge of a tag selects such a response")
        func cutTags() async throws {
            let setting = try await Setting.start()
            let tags = (0..<300).map { "t\($0)" }.joined(separator: ",")
            let page = "/page/many?max-age=600&tags=\(tags)"
            _ = try await setting.get(page)
            #expect(try await setting.proxy.askAdmin("GET", "/cache/stats").text.contains(#""cut_tag_lists":1"#))
            _ = try await setting.request("PURGE", "/", ["Surrogate-Key: t299"])
            #expect(try await setting.get(page).isStoredMiss)
        }
    }
}

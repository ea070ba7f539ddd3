import TestSupport
import Testing

extension PurgeStories {
    @Suite("Many at once")
    struct ManyAtOnce {
        @Test("A path that ends in * purges all below it, in every tier, and nothing else")
        func prefix() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let inside = ["/page/news/1?max-age=60", "/page/news/a/b?max-age=60"]
            let outside = ["/page/newspaper?max-age=60", "/page/other?max-age=60"]
            for target in inside + outside { _ = try await setting.get(target) }
            let answer = try await setting.request("PURGE", "/page/news/*")
            #expect(answer.status == 200)
            #expect(answer.text.contains(#""selector":{"prefix":"story.example/page/news/"}"#))
            #expect(answer.text.contains(#""tiers":{"memory":null,"redis":null,"disk":null}"#))
            for target in outside { #expect(try await setting.get(target).hitTier == "memory") }
            // From the slower tiers it must not come back either.
            try await setting.proxy.restart()
            for target in inside { #expect(try await setting.get(target).hitTier == nil, "\(target)") }
            for target in outside { #expect(try await setting.get(target).hitTier == "redis") }
        }

        @Test("Surrogate-Key purges what has one of the tags; others stay; tags are exact", arguments: [false, true])
        func tags(afterRestart: Bool) async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let tagged = ["/page/t1?max-age=60&tags=blue,red", "/page/t2?max-age=60&tags=green"]
            let others = ["/page/t3?max-age=60&tags=Red", "/page/t4?max-age=60&tags=red-2,reds", "/page/t5?max-age=60"]
            for target in tagged + others {
                #expect(try await setting.get(target)["Surrogate-Key"] == nil, "tags are not for clients")
            }
            if afterRestart { try await setting.proxy.restart() }
            let answer = try await setting.request("PURGE", "/", ["Surrogate-Key: red green"])
            #expect(answer.status == 200)
            #expect(answer.text.contains(#""selector":{"tags":["red","green"]}"#))
            for target in tagged { #expect(try await setting.get(target).hitTier == nil, "\(target)") }
            for target in others { #expect(try await setting.get(target).hitTier != nil, "\(target)") }
        }

        @Test("Every variant goes with its URL")
        func variants() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let target = "/page/greeting?max-age=60&vary=Accept-Language"
            for language in ["de", "en", "fr"] {
                _ = try await setting.get(target, ["Accept-Language: \(language)"])
            }
            try await setting.settle()
            let answer = try await setting.request("PURGE", target)
            #expect(answer.text.contains(#""tiers":{"memory":3,"redis":3,"disk":3}"#), "\(answer.text)")
            for language in ["de", "en", "fr"] {
                let next = try await setting.get(target, ["Accept-Language: \(language)"])
                #expect(next.hitTier == nil)
                #expect(next.text == "Accept-Language: \(language)\n")
            }
        }
    }
}

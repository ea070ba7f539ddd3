import Foundation
import TestSupport
import Testing

extension PurgeStories {
    @Suite("Every tier forgets")
    struct EveryTierForgets {
        private static let target = "/version?max-age=600"

        @Test("PURGE takes the URL out of all three tiers, says so, and the next request is a miss")
        func allTiers() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let proxy = setting.proxy
            #expect(try await proxy.get(Self.target).isStoredMiss)
            #expect(try await proxy.get(Self.target).hitTier == "memory")
            try await setting.origin.bump()

            let answer = try await curl("-X", "PURGE", "-i", proxy.url(Self.target))
            #expect(answer.output.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(field("Content-Type", in: answer.output) == "application/json")
            let json = answer.output.components(separatedBy: "\r\n\r\n").last ?? ""
            let position = try #require(try #/"position":"([^"]+)"/#.firstMatch(in: json)).1
            #expect(
                json.trimmingCharacters(in: .newlines)
                    == #"{"purged":true,"selector":{"url":"\#(proxy.address)/version?max-age=600"},"mode":"hard","#
                    + #""position":"\#(position)","tiers":{"memory":1,"redis":1,"disk":1},"#
                    + #""instances":{"live":1,"applied":1,"silent":0}}"#)

            let next = try await proxy.get(Self.target)
            #expect(next.isStoredMiss)
            #expect(next.text == "version 2\n")
            #expect(try await proxy.get(Self.target).hitTier == "memory")
        }

        @Test("After kill -9 and a restart it is still gone, even if Redis has the old bytes again")
        func killed() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let redis = try #require(setting.redis)
            _ = try await setting.proxy.get(Self.target)
            let kept = try entries(of: redis)
            #expect(kept.count == 1)
            try await setting.origin.bump()
            #expect(try await setting.proxy.request("PURGE", Self.target).status == 200)
            try await setting.proxy.process.kill()
            // A write of another instance that comes late, or a replica that comes back.
            for (key, value) in kept { try redis.command(bytes: [Array("SET".utf8), key, value]) }
            try await setting.proxy.startAgain()
            let next = try await setting.proxy.get(Self.target)
            #expect(next.text == "version 2\n", "\(next.cacheStatus)")
            #expect(next.hitTier == nil)
            #expect(try await setting.proxy.get(Self.target).hitTier == "memory")
        }

        private func entries(of redis: RedisServer) throws -> [(key: [UInt8], value: [UInt8])] {
            guard case .array(let keys) = try redis.command("KEYS", "strata:e:*") else { return [] }
            return try keys.compactMap { key in
                guard case .bulk(let name) = key,
                    case .bulk(let value) = try redis.command(bytes: [Array("GET".utf8), name])
                else { return nil }
                return (name, value)
            }
        }

        @Test("What was never there is purged too, with zero counts; both forms of a query are one page")
        func nothingThere() async throws {
            let setting = try await Setting.start([.memory]) {
                $0.site = #"key: { query: { drop: ["utm_*"], sort: true } }"#
            }
            let none = try await setting.proxy.request("PURGE", "/page/never")
            #expect(none.text.contains(#""purged":true"#))
            #expect(none.text.contains(#""tiers":{"memory":0}"#))
            _ = try await setting.proxy.get("/page/q?b=2&max-age=60&a=1")
            let purge = try await setting.proxy.request("PURGE", "/page/q?utm_source=x&b=2&max-age=60&a=1")
            #expect(purge.text.contains(#""tiers":{"memory":1}"#))
            #expect(try await setting.proxy.get("/page/q?b=2&max-age=60&a=1").isStoredMiss)
        }
    }
}

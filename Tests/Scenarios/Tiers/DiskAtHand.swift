import Foundation
import TestSupport
import Testing

extension TierStories {
    @Suite("Hits of the disk that need no wait")
    struct DiskAtHand {
        @Test("Requests that are sent ahead get each its own page, and each is a hit in the figures and the log")
        func sentAhead() async throws {
            let setting = try await Setting.start([.disk])
            let targets = ["/page/a?size=100KB&max-age=600", "/page/b?size=3KB&max-age=600", "/page/c?max-age=600"]
            var bodies: [[UInt8]] = []
            for target in targets {
                bodies.append(try await setting.get(target).body)
                try await setting.settle()
            }
            let client = try RawClient(setting.proxy.address)
            let heads = (0..<60).map { "GET \(targets[$0 % 3]) HTTP/1.1\r\nHost: story.example\r\n\r\n" }
            async let sent: Void = client.send(heads.joined())
            for (number, answer) in try await client.responses(60).enumerated() {
                #expect(answer.hitTier == "disk")
                #expect(answer.body == bodies[number % 3])
            }
            try await sent
            #expect(try await setting.layer("l3_disk")["hits"] as? Int == 60)
            #expect(await eventually { setting.proxy.accessLog.filter { $0.contains("disk") }.count == 60 })
        }

        @Test("Variants that are asked for together get each its own")
        func variants() async throws {
            let setting = try await Setting.start([.disk])
            let target = "/page/varied?vary=Accept-Language&max-age=600"
            let languages = ["de", "en", "fr"]
            var bodies: [[UInt8]] = []
            for language in languages {
                bodies.append(try await setting.get(target, ["Accept-Language: \(language)"]).body)
                try await setting.settle()
            }
            #expect(Set(bodies).count == 3)
            let client = try RawClient(setting.proxy.address)
            let heads = (0..<30).map {
                "GET \(target) HTTP/1.1\r\nHost: story.example\r\nAccept-Language: \(languages[$0 % 3])\r\n\r\n"
            }
            async let sent: Void = client.send(heads.joined())
            for (number, answer) in try await client.responses(30).enumerated() {
                #expect(answer.hitTier == "disk")
                #expect(answer.body == bodies[number % 3])
            }
            try await sent
            #expect(try await setting.originCount(target) == 3)
        }

        @Test("A purge between requests of one connection is seen by all that were sent after it")
        func purged() async throws {
            let setting = try await Setting.start([.disk])
            let target = "/page/purged?version=1&max-age=600"
            let client = try RawClient(setting.proxy.address)
            for round in 0..<20 {
                let fields = ["Host: story.example"]
                #expect(try await client.request("GET", target, fields).isStoredMiss, "\(round)")
                try await setting.settle()
                for _ in 0..<3 { #expect(try await client.request("GET", target, fields).hitTier == "disk") }
                #expect(try await client.request("PURGE", target, fields).status == 200)
            }
            #expect(try await setting.originCount(target) == 20)
        }

        @Test("What is changed on the disk while Strata runs comes from the origin again")
        func damaged() async throws {
            let setting = try await Setting.start([.disk])
            let target = "/page/damaged?size=60KB&max-age=600"
            let body = try await setting.get(target).body
            try await setting.settle()
            #expect(try await setting.get(target).hitTier == "disk")
            let cache = setting.proxy.folder.path("cache")
            let names = FileManager.default.enumerator(atPath: cache)?.compactMap { $0 as? String } ?? []
            let segment = try #require(names.first { $0.contains("segments/") })
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: cache + "/" + segment))
            let place = try file.seekToEnd() - 30_000
            try file.seek(toOffset: place)
            let byte = try #require(try file.read(upToCount: 1))
            try file.seek(toOffset: place)
            try file.write(contentsOf: Data([byte[0] ^ 1]))
            try file.close()
            let answer = try await setting.get(target)
            #expect(answer.isStoredMiss && answer.body == body)
            try await setting.settle()
            let hit = try await setting.get(target)
            #expect(hit.hitTier == "disk" && hit.body == body)
        }
    }
}

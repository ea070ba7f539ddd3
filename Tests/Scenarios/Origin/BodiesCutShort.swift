import FixtureOrigin
import TestSupport
import Testing

extension OriginStories {
    @Suite("Bodies cut short")
    struct BodiesCutShort {
        @Test(
            "The client sees the break, and nothing is stored",
            arguments: ["", "&chunked=1", "&cut-by=reset", "&chunked=1&cut-by=reset"])
        func cut(framing: String) async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let target = "/page/cut?size=100KB&max-age=600&cut=50KB" + framing
            for turn in 1...2 {
                let page = try await setting.get(target)
                // 502 where the break came with the head, before anything went out.
                let isPart = PageBody.bytes(ofPath: "/page/cut", size: 100 << 10).starts(with: page.body)
                #expect(page.status == 502 || page.isCut && isPart)
                #expect(try await setting.originCount(target) == turn)
            }
            #expect(try setting.redis?.command("KEYS", "strata:e:*") == .array([]))
            try await setting.proxy.restart()
            let again = try await setting.get(target)
            #expect(again.status == 502 || again.isCut)
            let complete = try await curl("--fail", setting.proxy.url(target), "-o", "/dev/null")
            #expect(!complete.succeeded)
        }

        @Test("Everyone who waits for the body sees the break", arguments: ["", "&chunked=1"])
        func followers(framing: String) async throws {
            let setting = try await Setting.start()
            let target = "/page/cut?size=100KB&max-age=600&cut=50KB&pause=500ms&pause-at=1000" + framing
            let clients = try (0..<5).map { _ in try RawClient(setting.proxy.address) }
            for client in clients { try await client.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n") }
            for client in clients { #expect(try await client.response().isCut) }
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("A large body cut after it went to a file: the break, and nothing on disk")
        func large() async throws {
            let setting = try await Setting.start([.memory, .disk])
            let target = "/page/cut-large?size=16MB&max-age=600&cut=10MB"
            #expect(try await !curl("-o", "/dev/null", setting.proxy.url(target)).succeeded)
            #expect(try await !curl("-o", "/dev/null", setting.proxy.url(target)).succeeded)
            #expect(try await setting.originCount(target) == 2)
        }
    }
}

import FixtureOrigin
import Foundation
import TestSupport
import Testing

extension OperationStories {
    @Suite("Drain")
    struct Drain {
        @Test("SIGTERM finishes what runs, refuses what is new, and ends with 0", arguments: [SIGTERM, SIGINT])
        func drains(signal: Int32) async throws {
            let setting = try await Setting.start()
            let proxy = setting.proxy
            let target = "/page/running?size=50KB&max-age=60&pause=1s&pause-at=1000"
            let running = try RawClient(proxy.address)
            try await running.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            _ = try await running.readBytes(atLeast: 0)
            let idle = try RawClient(proxy.address)
            _ = try await idle.request("GET", "/page/idle")
            #expect(try await eventually { try await setting.originCount(target) == 1 })

            proxy.process.send(signal: signal)
            #expect(await idle.isClosedByPeer())
            #expect(
                await eventually(within: .seconds(2)) {
                    guard let late = try? RawClient(proxy.address) else { return true }
                    return (try? await late.request("GET", "/page/idle")) == nil
                })
            let page = try await running.response()
            #expect(page.body == PageBody.bytes(ofPath: "/page/running", size: 50 << 10))
            #expect(await running.isClosedByPeer())
            #expect(try await proxy.process.exit(within: .seconds(5)) == .exit(0))
        }

        @Test("What takes longer than shutdown_timeout is cut off, and it still ends with 0")
        func timeout() async throws {
            let setting = try await Setting.start { $0.also = "shutdown_timeout: 1s" }
            let client = try RawClient(setting.proxy.address)
            try await client.send(
                "GET /page/long?size=1000&pause=1m&pause-at=10 HTTP/1.1\r\nHost: story.example\r\n\r\n")
            _ = try await client.readBytes(atLeast: 1)
            let start = ContinuousClock.now
            #expect(try await setting.proxy.process.stop(within: .seconds(10)) == .exit(0))
            #expect(ContinuousClock.now - start < .seconds(4))
        }

        @Test("What was written behind is in Redis and on disk when it has ended")
        func writesBehind() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk]) {
                $0.redis = "timeout: 2s, write: behind"
                $0.disk = "size: 64MB, write: behind"
            }
            for turn in 0..<20 { _ = try await setting.get("/page/behind-\(turn)?size=20KB&max-age=60") }
            try await setting.proxy.restart()
            for turn in 0..<10 {
                #expect(try await setting.get("/page/behind-\(turn)?size=20KB&max-age=60").hitTier == "redis")
            }
            try setting.forgetInRedis()
            for turn in 10..<20 {
                #expect(try await setting.get("/page/behind-\(turn)?size=20KB&max-age=60").hitTier == "disk")
            }
        }
    }
}

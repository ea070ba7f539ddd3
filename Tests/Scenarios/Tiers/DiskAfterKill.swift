import FixtureOrigin
import Foundation
import TestSupport
import Testing

extension TierStories {
    @Suite("The disk after kill -9")
    struct DiskAfterKill {
        @Test("Killed under load, three times: every answer after it equals the origin's bytes")
        func underLoad() async throws {
            let setting = try await Setting.start([.memory, .disk]) {
                $0.memory = "size: 1MB"
                $0.disk = "size: 64MB"
            }
            var hits = 0
            for round in 0..<3 {
                let address = setting.proxy.address
                let load = (0..<4).map { number in
                    Task { for turn in 0..<10_000 { try await Self.ask(address, number * 7 + turn) } }
                }
                try await Task.sleep(for: .milliseconds(600 + 137 * round))
                try await setting.proxy.process.kill()
                for task in load { _ = await task.result }
                try await setting.proxy.startAgain()
                for number in 0..<60 {
                    let (path, target, size) = Self.page(number)
                    let page = try await setting.get(target)
                    #expect(page.status == 200 && page.body == PageBody.bytes(ofPath: path, size: size), "\(path)")
                    if page.hitTier == "disk" { hits += 1 }
                }
            }
            #expect(hits > 60, "\(hits) of 180 from the disk")
        }

        private static func page(_ number: Int) -> (path: String, target: String, size: Int) {
            let number = number % 60
            let size = 1000 + number * number * 30
            return ("/page/kill-\(number)", "/page/kill-\(number)?size=\(size)&max-age=600", size)
        }

        private static func ask(_ address: Address, _ number: Int) async throws {
            let (path, target, size) = page(number)
            let page = try await RawClient.get(target, ["Host: story.example"], from: address)
            #expect(page.isCut || page.body == PageBody.bytes(ofPath: path, size: size), "\(path) \(page.cacheStatus)")
        }

        @Test("A damaged file is a miss and no wrong byte")
        func damaged() async throws {
            let setting = try await Setting.start([.disk])
            let target = "/page/damaged?max-age=600&size=50KB"
            _ = try await setting.get(target)
            #expect(try await eventually { try await setting.get(target).hitTier == "disk" })
            try await setting.proxy.process.stop()
            for name in setting.proxy.folder.files where name.hasPrefix("cache/") {
                // Beyond the beginning 200 bytes of every thousand become zero.
                let url = URL(fileURLWithPath: setting.proxy.folder.path(name))
                var bytes = try Data(contentsOf: url)
                for start in stride(from: 4096, to: bytes.count - 200, by: 1000) {
                    bytes.replaceSubrange(start..<start + 200, with: Data(count: 200))
                }
                try bytes.write(to: url)
            }
            try await setting.proxy.startAgain()
            let page = try await setting.get(target)
            #expect(page.status == 200)
            #expect(page.body == PageBody.bytes(ofPath: "/page/damaged", size: 50 << 10))
        }
    }
}

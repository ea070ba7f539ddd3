import FixtureOrigin
import Foundation
import TestSupport
import Testing

extension TierStories {
    @Suite("The disk after kill -9")
    struct DiskAfterKill {
        /// `make soak` sets 200.
        private static let kills =
            ProcessInfo.processInfo.environment["STRATA_SOAK_KILLS"].flatMap(Int.init) ?? 20

        @Test("Killed under load again and again: every answer equals the origin's bytes, before and after it")
        func underLoad() async throws {
            let setting = try await Setting.start([.memory, .disk]) {
                $0.memory = "size: 1MB"
                // Small: it evicts all the time. Its index is saved all the time.
                $0.disk = "size: 8MB, save_index: 20ms, sync: 50ms, write: through"
            }
            var random = SystemRandomNumberGenerator()
            var hits = 0
            for round in 0..<Self.kills {
                let address = setting.proxy.address
                let load = (0..<4).map { number in
                    Task { for turn in 0..<100_000 { try await Self.ask(address, number * 17 + turn * 7 + round) } }
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 20...250, using: &random)))
                try await setting.proxy.process.kill()
                for task in load { _ = await task.result }
                try await setting.proxy.startAgain()
                // A third of the pages each time, so that the others stay as the last runs left them.
                for number in 0..<20 { hits += try await Self.check(setting, round % 3 + number * 3) ? 1 : 0 }
            }
            for number in 0..<60 { hits += try await Self.check(setting, number) ? 1 : 0 }
            #expect(hits > Self.kills, "\(hits) from the disk")
        }

        /// True when it came from the disk.
        private static func check(_ setting: Setting, _ number: Int) async throws -> Bool {
            let (path, target, size) = page(number)
            let page = try await setting.get(target)
            let isRight = page.status == 200 && page.body == PageBody.bytes(ofPath: path, size: size)
            #expect(isRight, "\(path): \(page.status), \(page.body.count) of \(size) bytes, \(page.cacheStatus)")
            return page.hitTier == "disk"
        }

        /// From 1 KB to 750 KB: in segments, and in files of their own.
        private static func page(_ number: Int) -> (path: String, target: String, size: Int) {
            let number = number % 60
            let size = 1000 + number * number * (number % 10 == 9 ? 215 : 30)
            return ("/page/kill-\(number)", "/page/kill-\(number)?size=\(size)&max-age=600", size)
        }

        /// Some pages are purged, so that there is something to be removed and written again.
        private static func ask(_ address: Address, _ number: Int) async throws {
            let (path, target, size) = page(number)
            if number % 11 == 0 {
                _ = try await RawClient.request("PURGE", target, ["Host: story.example"], to: address)
                return
            }
            let page = try await RawClient.get(target, ["Host: story.example"], from: address)
            // A head that was cut has no status.
            let isRight = page.isCut || page.body == PageBody.bytes(ofPath: path, size: size)
            #expect(isRight, "\(path): \(page.status), \(page.body.count) of \(size) bytes, \(page.cacheStatus)")
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

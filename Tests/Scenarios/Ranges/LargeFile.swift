import Foundation
import TestSupport
import Testing

extension RangeStories {
    @Suite("A range of a large file")
    struct LargeFile {
        @Test("A hit reads that part of the file alone; a part of one that arrives comes from its spool")
        func readsOnlyThePart() async throws {
            let setting = try await Setting.start([.disk]) { $0.disk = "size: 1GB, max_object: 256MB, write: through" }
            let target = "/page/film?size=64MB&max-age=600&ranges=1&pause=1s&pause-at=33554432"
            let size = 64 << 20
            let film = body(target, size: size)
            let opening = try RawClient(setting.proxy.address)
            try await opening.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\nRange: bytes=0-\r\n\r\n")
            _ = try await opening.readBytes(atLeast: 1000)
            let early = try await setting.get(target, range: "10000000-10000999,5-9,20000000-20000009")
            #expect(early.status == 206)
            let middle = try await setting.get(target, range: "10000000-12000000")
            #expect(middle.isPart(10_000_000..<12_000_001, of: film) && middle.cacheStatus.contains("collapsed"))
            opening.reset()
            try await setting.settle()

            let before = try readByProxy(setting)
            for start in [50_000_000, 1, size - 1000] {
                let part = try await setting.get(target, range: "\(start)-\(start + 999)")
                #expect(part.isPart(start..<start + 1000, of: film) && part.hitTier == "disk", "\(part.cacheStatus)")
            }
            let read = try readByProxy(setting) - before
            #expect(read < 4 << 20, "\(read) bytes were read for three kilobytes")
            #expect(try await setting.originCount(target) == 1)
        }

        @Test("A large file that went stale is confirmed by a 304 and not fetched again, after a restart too")
        func confirmed() async throws {
            let setting = try await Setting.start([.disk]) { $0.disk = "size: 1GB, max_object: 256MB, write: through" }
            let target = "/page/film?size=40MB&max-age=10&age=10&etag=v1&cc=stale-if-error=60"
            let film = body(target, size: 40 << 20)
            #expect(try await setting.get(target).body == film)
            try await setting.settle()
            for turn in 1...3 {
                let whole = try await setting.get(target)
                #expect(whole.cacheStatus.hasPrefix("strata; fwd=stale; fwd-status=304"), "\(whole.cacheStatus)")
                #expect(whole.status == 200 && whole.body == film)
                let part = try await setting.get(target, range: "30000000-30000999")
                #expect(part.isPart(30_000_000..<30_001_000, of: film))
                #expect(part.cacheStatus.contains("fwd-status=304"), "\(part.cacheStatus)")
                if turn == 2 { try await setting.proxy.restart(hard: true) }
            }
            #expect(try await setting.originCount(target) == 7)
            let files = try FileManager.default.contentsOfDirectory(
                atPath: setting.proxy.folder.path("cache") + "/bodies")
            #expect(files.count == 1)
        }

        /// Bytes that the proxy has read by system calls, from files and sockets.
        private func readByProxy(_ setting: Setting) throws -> Int {
            let text = try String(contentsOfFile: "/proc/\(setting.proxy.pid)/io", encoding: .utf8)
            let line = text.split(separator: "\n").first { $0.hasPrefix("rchar:") }
            return try #require(line.flatMap { Int($0.dropFirst(7)) })
        }
    }
}

import Foundation
import TestSupport
import Testing

extension OperationStories {
    @Suite("The access log")
    struct AccessLog {
        @Test("Every answer has a line; after a rename and SIGUSR1 the lines go to a new file")
        func reopens() async throws {
            let setting = try await Setting.start()
            let proxy = setting.proxy
            _ = try await setting.get("/page/one?max-age=60", ["User-Agent: a story"])
            _ = try await setting.get("/page/one?max-age=60")
            #expect(await eventually { proxy.accessLog.count == 2 })
            // Each loop has a buffer of its own: the order is not that of the requests.
            let line = try #require(proxy.accessLog.first { $0.contains("a story") })
            #expect(line.hasPrefix("127.0.0.1 - - ["), "\(line)")
            #expect(line.contains(#""GET /page/one?max-age=60 HTTP/1.1" 200 14 "-" "a story""#), "\(line)")

            try FileManager.default.moveItem(
                atPath: proxy.folder.path("access.log"), toPath: proxy.folder.path("access.log.1"))
            proxy.process.send(signal: SIGUSR1)
            // The signal is handled in its own time.
            var asked = 0
            #expect(
                try await eventually(every: .milliseconds(300)) {
                    _ = try await setting.get("/page/two?max-age=60")
                    asked += 1
                    return await eventually(within: .seconds(1)) { !proxy.accessLog.isEmpty }
                })
            let lines = {
                (proxy.accessLog + ((try? proxy.folder.read("access.log.1")) ?? "").split(separator: "\n")).count
            }
            #expect(await eventually { lines() == 2 + asked })
            #expect(proxy.process.isRunning)
            try await proxy.process.stop()
            #expect(lines() == 2 + asked)
        }
    }
}

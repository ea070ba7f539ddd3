import Foundation
import TestSupport
import Testing

extension FlightStories {
    @Suite("Slow readers")
    struct SlowReaders {
        @Test("A client that reads nothing more slows neither the fetch nor a second client")
        func slowsNobody() async throws {
            let setting = try await Setting.start([.memory, .disk])
            let target = "/page/shared?size=12MB&max-age=60"
            let slow = try RawClient(setting.proxy.address)
            slow.setReceiveBuffer(16 << 10)
            try await slow.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            #expect(try await eventually { try await setting.originCount(target) == 1 })
            let other = try await curl(
                "-H", "Host: story.example", "-o", "/dev/null", "-w", "%{size_download}", setting.proxy.url(target))
            #expect(other.output == "\(12 << 20)")
            #expect(try await eventually { try await setting.origin.count(target, of: "completed") == 1 })
            #expect(try await setting.originCount(target) == 1)
            // The slow one is served to the end, from the file.
            let page = try await slow.response()
            #expect(!page.isCut && page.body.count == 12 << 20)
            #expect(try await RawClient.get(target, from: setting.origin.address).body == page.body)
        }

        @Test("What may not be stored is paused, not buffered")
        func pauses() async throws {
            let setting = try await Setting.start()
            let target = "/page/passed?size=200MB&cc=no-store"
            let before = setting.proxy.process.residentBytes
            let slow = try await reading(a: target, from: setting.proxy)
            // The origin gets rid of what fits into the sockets and the window, then stands still.
            var sent = -1
            let standsStill = await eventually(every: .milliseconds(300)) {
                let now = bytesWritten(by: setting.origin.process.pid)
                defer { sent = now }
                return now == sent
            }
            #expect(standsStill)
            #expect(sent < 40 << 20, "\(sent >> 20) MB")
            #expect(setting.proxy.process.residentBytes - before < 32 << 20)
            #expect(try await setting.origin.count(target, of: "completed") == 0)
            // With the reader gone the fetch is given up.
            slow.reset()
            #expect(try await eventually { try await setting.origin.count(target, of: "aborted") == 1 })
        }

        /// A client that has read the beginning of the page, and no more.
        private func reading(a target: String, from proxy: Proxy) async throws -> RawClient {
            let client = try RawClient(proxy.address)
            client.setReceiveBuffer(16 << 10)
            try await client.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            _ = try await client.readBytes(atLeast: 1000)
            return client
        }

        /// What a process wrote to files and sockets so far (proc(5)).
        private func bytesWritten(by pid: Int32) -> Int {
            let text = (try? String(contentsOfFile: "/proc/\(pid)/io", encoding: .utf8)) ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix("wchar:") } ?? ""
            return Int(line.filter(\.isNumber)) ?? 0
        }
    }
}

import Foundation
import TestSupport
import Testing

extension PartitionStories {
    @Suite("A fleet with partitions")
    struct TwoInstances {
        @Test(
            "shares what is stored in each, and a purge in one partition reaches every instance, in that partition alone"
        )
        func purge() async throws {
            let setting = try await PartitionStories.start([.memory, .redis])
            let other = try await Self.another(setting)
            let target = "/page/fleet?max-age=600&tags=one"
            let host = ["Host: story.example"]
            for fields in [[], blue] {
                #expect(try await setting.get(target, fields).isStoredMiss)
                try await setting.settle()
                #expect(try await other.get(target, host + fields).hitTier == "redis")
                #expect(try await other.get(target, host + fields).hitTier == "memory")
            }
            let purge = try await setting.proxy.askAdmin(
                "POST", "/cache/invalidate", body: #"{"tags":["one"],"partition":"blue","wait":"30s"}"#)
            #expect(purge.status == 200 && purge.text.contains(#""live":2,"applied":2"#), "\(purge.text)")
            #expect(try await other.get(target, host).hitTier == "memory")
            #expect(try await other.get(target, host + blue).isStoredMiss)

            // A newcomer reads it out of the log's table.
            _ = try await setting.proxy.askAdmin("POST", "/cache/invalidate", body: #"{"partition":"blue"}"#)
            let newcomer = try await Self.another(setting)
            #expect(try await newcomer.get(target, host).hitTier == "redis")
            #expect(try await newcomer.get(target, host + blue).isStoredMiss)
        }

        /// With the same settings, in a folder of its own.
        private static func another(_ setting: Setting) async throws -> Proxy {
            let folder = try TemporaryFolder()
            let text = try setting.proxy.folder.read("proxy.conf")
            return try await Proxy.start(
                text.replacingOccurrences(of: setting.proxy.folder.path(""), with: folder.path("")), in: folder)
        }
    }
}

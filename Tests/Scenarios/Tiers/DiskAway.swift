import Foundation
import TestSupport
import Testing

extension TierStories {
    @Suite("A disk that can't be used at the start")
    struct DiskAway {
        @Test("Strata starts without it, serves small and large, says so, and has it once it is there")
        func away() async throws {
            let setting = try await Setting.start([.memory, .disk]) {
                $0.memory = "size: 128MB, max_object: 20MB"
                $0.disk = "size: 256MB, write: through"
            }
            let cache = setting.proxy.folder.path("cache")
            try await setting.proxy.process.stop()
            try FileManager.default.removeItem(atPath: cache)
            // Where the folder is to be there is a file: nobody may make one, not even root.
            try Data().write(to: URL(fileURLWithPath: cache))
            try await setting.proxy.startAgain()
            #expect(try await setting.proxy.askAdmin("GET", "/ready").status == 200)
            for size in [1_000, 3_000_000, 9_000_000] {
                let answer = try await setting.get("/page/away-\(size)?size=\(size)&max-age=600")
                #expect(answer.status == 200 && answer.body.count == size)
            }
            try await setting.settle()
            for size in [1_000, 9_000_000] {
                #expect(try await setting.get("/page/away-\(size)?size=\(size)&max-age=600").hitTier == "memory")
            }
            let layer = try #require(try await Self.layer(setting, "l3_disk"))
            #expect(layer["state"] as? String == "down" && layer["reason"] as? String == "io_error")
            #expect(try await setting.layer("l3_disk")["state"] as? String == "down")

            try FileManager.default.removeItem(atPath: cache)
            #expect(
                try await eventually(within: .seconds(60)) {
                    try await setting.layer("l3_disk")["state"] as? String == "up"
                })
            #expect(try await setting.get("/page/back?size=1000&max-age=600").isStoredMiss)
            try await setting.settle()
            try await setting.proxy.restart()
            #expect(try await setting.get("/page/back?size=1000&max-age=600").hitTier == "disk")
        }

        @Test("A folder that is in use is a refusal to start, as ever")
        func locked() async throws {
            let setting = try await Setting.start([.memory, .disk])
            let text = try setting.proxy.folder.read("proxy.conf")
            let other = try TemporaryFolder()
            try other.write(
                text.replacingOccurrences(
                    of: "state: \"\(setting.proxy.folder.path("state"))\"", with: "state: \"\(other.path("state"))\""),
                to: "proxy.conf")
            let second = try await ProcessHandle.start("strata", ["run", "--config", other.path("proxy.conf")])
            #expect(try await second.exit() == .exit(1))
        }

        static func layer(_ setting: Setting, _ name: String) async throws -> [String: Any]? {
            let answer = try await setting.proxy.askAdmin("GET", "/cache/layers")
            let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
            return (object?["layers"] as? [[String: Any]])?.first { $0["name"] as? String == name }
        }
    }
}

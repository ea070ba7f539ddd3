import TestSupport
import Testing

extension PurgeStories {
    /// invalidation.md rules 1, 3 and 4.
    @Suite("A purge during a flight")
    struct PurgeDuringAFlight {
        struct Row: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let path: String
            var fields: [String] = []
        }

        @Test(
            "Who comes after the purge gets the new version; the old one is not kept",
            arguments: [
                Row(testDescription: "url", path: "SAME"), Row(testDescription: "prefix", path: "/ver*"),
                Row(testDescription: "tag", path: "/", fields: ["Surrogate-Key: v"]),
            ])
        func during(row: Row) async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            let target = "/version?max-age=60&tags=v&size=20KB&pause=1s&pause-at=100"
            let early = try RawClient(setting.proxy.address)
            try await early.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            _ = try await early.readBytes(atLeast: 1)
            try await setting.origin.bump()
            let path = row.path == "SAME" ? target : row.path
            #expect(try await setting.request("PURGE", path, row.fields).status == 200)

            let late = try await setting.get(target)
            #expect(late.text.hasPrefix("version 2\n"), "\(late.cacheStatus)")
            #expect(try await setting.originCount(target) == 2)
            for _ in 0..<2 {
                #expect(try await setting.get(target).text.hasPrefix("version 2\n"))
                try await setting.proxy.restart()
            }
            #expect(try await setting.originCount(target) == 2)
        }

        @Test("Before the head is there, too: who comes after the purge does not wait for the old answer's body")
        func beforeTheHead() async throws {
            let setting = try await Setting.start()
            // The version is taken when the request arrives; the head comes 500 ms later.
            let target = "/version?max-age=60&delay=500ms"
            let early = try RawClient(setting.proxy.address)
            try await early.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\r\n")
            #expect(try await eventually { try await setting.originCount(target) == 1 })
            try await setting.origin.bump()
            _ = try await setting.request("PURGE", target)
            async let one = setting.get(target)
            async let two = setting.get(target)
            #expect(try await one.text == "version 2\n")
            #expect(try await two.text == "version 2\n")
            #expect(try await early.response().text == "version 1\n")
            #expect(try await setting.originCount(target) == 2)
            #expect(try await setting.get(target).text == "version 2\n")
        }

        @Test("A 304 that was asked for before a purge brings nothing back (rule 6)")
        func oldConfirmation() async throws {
            let setting = try await Setting.start()
            let target = "/version?max-age=0&delay=400ms"
            _ = try await setting.get(target)
            // Else the next one may still join this fetch.
            try await setting.settle()
            async let confirmed = setting.get(target)
            #expect(try await eventually { try await setting.originCount(target) == 2 })
            try await setting.origin.bump()
            _ = try await setting.request("PURGE", target)
            #expect(try await setting.get(target).text == "version 2\n")
            _ = try await confirmed
            #expect(try await setting.get(target).text == "version 2\n")
        }
    }
}

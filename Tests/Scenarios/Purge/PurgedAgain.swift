import TestSupport
import Testing

extension PurgeStories {
    @Suite("Purged again: an origin that lags behind itself (invalidation.md, the guarantee)")
    struct PurgedAgain {
        private static let target = "/version?max-age=60"

        /// The old bytes that came after the purge are stored, and go with its second record.
        @Test("What was fetched too early goes too", arguments: ["PURGE", "POST"])
        func lagging(method: String) async throws {
            let setting = try await Setting.start()
            _ = try await setting.get(Self.target)
            let answer =
                method == "PURGE"
                ? try await setting.request("PURGE", Self.target, ["Purge-Again: 500ms"])
                : try await setting.proxy.askAdmin(
                    "POST", "/cache/invalidate",
                    body: #"{"urls":["http://story.example\#(Self.target)"],"again":"500ms"}"#)
            #expect(answer.status == 200)
            #expect(answer.text.contains(#""again":"500ms""#))
            #expect(try await setting.get(Self.target).text == "version 1\n")
            try await setting.origin.bump()
            #expect(try await eventually { try await setting.get(Self.target).text == "version 2\n" })
        }

        @Test("A clean stop appends at once what is planned")
        func stopped() async throws {
            let setting = try await Setting.start([.disk])
            _ = try await setting.get(Self.target)
            let answer = try await setting.request("PURGE", Self.target, ["Purge-Again: 5m"])
            #expect(answer.status == 200)
            #expect(try await setting.get(Self.target).text == "version 1\n")
            try await setting.settle()
            try await setting.origin.bump()
            try await setting.proxy.restart()
            #expect(try await setting.get(Self.target).text == "version 2\n")
        }

        @Test("What is no time is 400, and nothing is purged", arguments: ["soon", "5h", "-1s", ""])
        func malformed(time: String) async throws {
            let setting = try await Setting.start()
            _ = try await setting.get(Self.target)
            let answer = try await setting.request("PURGE", Self.target, ["Purge-Again: \(time)"])
            #expect(answer.status == 400)
            #expect(answer.text.contains(#""field":"Purge-Again""#))
            #expect(try await setting.get(Self.target).hitTier == "memory")
        }
    }
}

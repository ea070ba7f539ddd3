import TestSupport
import Testing

extension PurgeStories {
    @Suite("What an unsafe method changed (RFC 9111 §4.4; invalidation.md rule 21)")
    struct UnsafeMethods {
        /// Begins a GET of a page whose body stops on its way, and returns once the origin has it.
        private func begin(_ target: String, _ fields: String = "", at address: Address, _ origin: Origin) async throws
            -> RawClient
        {
            let client = try RawClient(address)
            try await client.send("GET \(target) HTTP/1.1\r\nHost: story.example\r\n\(fields)\r\n")
            let isThere = try await eventually { try await origin.count(target) == 1 }
            if !isThere { throw TestFailure("the origin was not asked") }
            return client
        }

        /// Its head comes at once, and with it the invalidation; its body may take as long as the GET's.
        private func post(_ target: String, to address: Address) async throws {
            let client = try RawClient(address)
            try await client.send("POST \(target) HTTP/1.1\r\nHost: story.example\r\nContent-Length: 1\r\n\r\nx")
            let answer = try await client.response()
            #expect(answer.status == 200)
        }

        @Test("stored parts go", arguments: ["POST", "PUT", "DELETE"])
        func parts(method: String) async throws {
            let setting = try await Setting.start()
            let target = "/page/part?versioned=1&ranges=1&max-age=300&size=100KB"
            let first = try await setting.get(target, ["Range: bytes=5-60"])
            #expect(first.status == 206)
            #expect(try await setting.get(target, ["Range: bytes=5-60"]).hitTier == "memory")
            try await setting.origin.bump()
            #expect(try await setting.request(method, target, body: method == "DELETE" ? "" : "x").status == 200)
            let second = try await setting.get(target, ["Range: bytes=5-60"])
            #expect(second.hitTier == nil && second["ETag"] != first["ETag"], "\(second.cacheStatus)")
        }

        @Test(
            "what a GET under way brings is not used after it, whatever sort of request began it",
            arguments: ["", "Cache-Control: no-cache\r\n", "Range: bytes=0-\r\n", "Range: bytes=0-9\r\n"])
        func underWay(fields: String) async throws {
            let setting = try await Setting.start()
            let target = "/page/slow?versioned=1&ranges=1&pause=1s&pause-at=4&max-age=300"
            let reader = try await begin(target, fields, at: setting.proxy.address, setting.origin)
            try await setting.origin.bump()
            try await post(target, to: setting.proxy.address)
            _ = try await reader.response()
            try await setting.settle()
            let after = try await setting.get(target)
            #expect(after["ETag"] == "\"v2\"" && after.hitTier == nil, "\(after.cacheStatus)")
        }

        @Test("what another instance fetches under its lease is not used after it, on either")
        func leased() async throws {
            let fleet = try await RunningFleet.start(2, maxBlind: "30s")
            try await fleet.waitForContact(live: 2)
            let target = "/page/leased?versioned=1&pause=2s&pause-at=4&max-age=300"
            let reader = try await begin(target, at: fleet.proxies[1].address, fleet.origin)
            try await fleet.origin.bump()
            try await post(target, to: fleet.proxies[0].address)
            _ = try await reader.response()
            for proxy in fleet.proxies {
                let isCurrent = try await eventually {
                    try await proxy.get(target, ["Host: story.example"])["ETag"] == "\"v2\""
                }
                #expect(isCurrent)
            }
        }
    }
}

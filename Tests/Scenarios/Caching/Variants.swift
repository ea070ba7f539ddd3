import TestSupport
import Testing

extension CachingStories {
    @Suite("Variants")
    struct Variants {
        private static let target = "/page/hello?max-age=60&vary=Accept-Language"
        private static let languages = ["de", "en", "fr", "de-CH, de;q=0.9"]

        @Test("Each language has a body of its own, from memory, from Redis and from disk")
        func languages() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk])
            try await expect(nil, setting)
            try await expect("memory", setting)
            try await setting.proxy.restart()
            try await expect("redis", setting)
            try await expect("memory", setting)
            try setting.forgetInRedis()
            try await setting.proxy.restart()
            try await expect("disk", setting)
            #expect(try await setting.originCount(Self.target) == Self.languages.count)
        }

        @Test("Each language has a body of its own in every tier alone", arguments: Setting.Layer.allCases)
        func alone(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            try await expect(nil, setting)
            try await setting.settle()
            try await expect(layer.rawValue, setting)
            #expect(try await setting.originCount(Self.target) == Self.languages.count)
        }

        @Test("A missing variant says so (RFC 9211 §2.2)", arguments: Setting.Layer.allCases)
        func missing(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let first = try await setting.get(Self.target, ["Accept-Language: de"])
            #expect(first.cacheStatus == "strata; fwd=uri-miss; stored")
            try await setting.settle()
            let other = try await setting.get(Self.target, ["Accept-Language: en"])
            #expect(other.cacheStatus == "strata; fwd=vary-miss; stored")
        }

        private func expect(_ tier: String?, _ setting: Setting) async throws {
            for language in Self.languages {
                let page = try await setting.get(Self.target, ["Accept-Language: \(language)"])
                #expect(page.text == "Accept-Language: \(language)\n")
                #expect(page.hitTier == tier, "\(language): \(page.cacheStatus)")
                #expect(page["Vary"] == "Accept-Language")
            }
        }

        @Test("Those who wait for one language don't get another one", arguments: Setting.Layer.allCases)
        func collapsed(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = Self.target + "&delay=300ms"
            let clients = try (0..<12).map { _ in try RawClient(setting.proxy.address) }
            for (index, client) in clients.enumerated() {
                let language = Self.languages[index % 3]
                try await client.send(
                    "GET \(target) HTTP/1.1\r\nHost: story.example\r\nAccept-Language: \(language)\r\n\r\n")
            }
            for (index, client) in clients.enumerated() {
                #expect(try await client.response().text == "Accept-Language: \(Self.languages[index % 3])\n")
            }
            #expect(try await setting.originCount(target) <= 4)
        }

        @Test("gzip goes to those who take it, plain to the others", arguments: Setting.Layer.allCases)
        func encodings(layer: Setting.Layer) async throws {
            let setting = try await Setting.start([layer])
            let target = "/page/zip?max-age=60&gzip=1&size=20KB"
            for turn in 0..<2 {
                let plain = try await setting.get(target)
                let zipped = try await setting.get(target, ["Accept-Encoding: gzip"])
                #expect(plain["Content-Encoding"] == nil && plain.body.count == 20 << 10)
                #expect(zipped["Content-Encoding"] == "gzip" && zipped.body.starts(with: [0x1f, 0x8b]))
                if turn == 1 { #expect(plain.hitTier == layer.rawValue && zipped.hitTier == layer.rawValue) }
                try await setting.settle()
            }
            #expect(try await setting.originCount(target) == 2)
        }
    }
}

import TestSupport
import Testing

extension PurgeStories {
    @Suite("Who may purge")
    struct WhoMayPurge {
        /// Which request, with which fields, from loopback: its status where loopback may and where it may not.
        struct Row: Sendable, CustomTestStringConvertible {
            let field: String
            let whereAllowed: Int
            let elsewhere: Int
            var testDescription: String { field.isEmpty ? "no field" : field }
        }

        @Test(
            "An address in purge.allow that came without a proxy, or anybody with a token (attacks 23)",
            arguments: [
                Row(field: "", whereAllowed: 200, elsewhere: 403),
                Row(field: "X-Forwarded-For: 127.0.0.1", whereAllowed: 403, elsewhere: 403),
                Row(field: "Forwarded: for=127.0.0.1", whereAllowed: 403, elsewhere: 403),
                Row(field: "Via: 1.1 tls", whereAllowed: 403, elsewhere: 403),
                Row(field: "Authorization: Bearer wrong-token-of-a-story", whereAllowed: 403, elsewhere: 403),
                Row(field: "Fastly-Key: right-token-of-a-stor", whereAllowed: 403, elsewhere: 403),
                Row(field: "Fastly-Key: ", whereAllowed: 403, elsewhere: 403),
                Row(field: "Authorization: Basic right-token-of-a-story", whereAllowed: 403, elsewhere: 403),
                Row(field: "Authorization: Bearer right-token-of-a-story", whereAllowed: 200, elsewhere: 200),
                Row(field: "authorization: bearer right-token-of-a-story", whereAllowed: 200, elsewhere: 200),
                Row(field: "Fastly-Key: right-token-of-a-story", whereAllowed: 200, elsewhere: 200),
                Row(
                    field: "Fastly-Key: right-token-of-a-story\r\nX-Forwarded-For: 8.8.8.8", whereAllowed: 200,
                    elsewhere: 200),
            ])
        func permission(row: Row) async throws {
            for (allow, expected) in [("127.0.0.0/8", row.whereAllowed), ("10.0.0.0/8", row.elsewhere)] {
                let setting = try await WhoMayPurge.setting(allow)
                _ = try await setting.get("/page/guarded?max-age=60")
                let answer = try await setting.request(
                    "PURGE", "/page/guarded?max-age=60", row.field.isEmpty ? [] : [row.field])
                #expect(answer.status == expected, "\(allow): \(answer.text)")
                let next = try await setting.get("/page/guarded?max-age=60")
                #expect((next.hitTier == "memory") == (expected == 403))
            }
        }

        /// One Strata for each of the two networks is enough for all rows.
        private static func setting(_ allow: String) async throws -> Setting { try await shared.setting(allow) }
        private static let shared = Shared()

        private actor Shared {
            private var settings: [String: Setting] = [:]

            func setting(_ allow: String) async throws -> Setting {
                if let made = settings[allow] { return made }
                let made = try await Setting.start {
                    $0.also = "purge: { allow: [\"\(allow)\"], tokens: [\"right-token-of-a-story\"] }"
                }
                settings[allow] = made
                return made
            }
        }

        @Test("Other methods of other caches are no purge, and a GET with an override neither")
        func noOtherWay() async throws {
            let setting = try await Setting.start()
            _ = try await setting.get("/page/kept?max-age=60")
            _ = try await setting.get("/page/kept?max-age=60", ["X-HTTP-Method-Override: PURGE"])
            _ = try await setting.get("/page/kept?max-age=60&_method=PURGE", ["X-HTTP-Method: PURGE"])
            #expect(try await setting.get("/page/kept?max-age=60").hitTier == "memory")
        }
    }
}

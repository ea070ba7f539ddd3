import Foundation
import TestSupport
import Testing

extension TierStories {
    /// The table of `write` and `promote`, for each slower tier.
    @Suite("Write and promote")
    struct WriteAndPromote {
        struct Row: CustomTestStringConvertible, Sendable {
            var tier: Setting.Layer
            var write: String
            var promote: String
            /// Which tier answers the first, second and third request after a restart; nil: the origin.
            var answers: [String?]
            var testDescription: String { "\(tier), write: \(write), promote: \(promote)" }
        }

        static let rows: [Row] = [Setting.Layer.redis, .disk].flatMap { tier -> [Row] in
            let name = tier.rawValue
            return ["through", "behind"].flatMap { write in
                [
                    Row(tier: tier, write: write, promote: "always", answers: [name, "memory", "memory"]),
                    Row(tier: tier, write: write, promote: "2", answers: [name, name, "memory"]),
                    Row(tier: tier, write: write, promote: "never", answers: [name, name, name]),
                ]
            } + [Row(tier: tier, write: "off", promote: "always", answers: [nil, "memory", "memory"])]
        }

        @Test("Where a page is after its fill, and after each hit", arguments: rows)
        func table(row: Row) async throws {
            let setting = try await Setting.start([.memory, row.tier]) {
                $0.redis = "timeout: 2s, write: \(row.write), promote: \(row.promote)"
                $0.disk = "size: 256MB, write: \(row.write), promote: \(row.promote)"
            }
            let target = "/page/kept?max-age=600"
            #expect(try await setting.get(target).isStoredMiss)
            #expect(try await setting.get(target).hitTier == "memory")
            try await setting.settle()
            // A clean stop writes what is queued.
            try await setting.proxy.restart()
            for (index, expected) in row.answers.enumerated() {
                #expect(try await setting.get(target).hitTier == expected, "request \(index + 1)")
                try await setting.settle()
            }
            let slower = try #require(try await Self.layers(setting).last)
            #expect(slower["kind"] as? String == row.tier.rawValue)
            let promotions = row.promote == "never" || row.write == "off" ? 0 : 1
            #expect(slower["promotions"] as? Int == promotions)
        }

        @Test("A rule chooses the tiers of its paths; what it keeps out of one is counted there")
        func rule() async throws {
            let setting = try await Setting.start([.memory, .redis, .disk]) {
                $0.site = """
                    rules:
                      - { match: { path: "/page/small/*" }, write: { disk: off } }
                      - { match: { path: "/page/film/*" }, write: { memory: off, redis: off } }
                    """
            }
            for (target, tier) in [("/page/small/a?max-age=600", "memory"), ("/page/film/a?max-age=600", "disk")] {
                #expect(try await setting.get(target).isStoredMiss)
                try await setting.settle()
                for _ in 0..<2 { #expect(try await setting.get(target).hitTier == tier, "\(target)") }
            }
            let rejects = try await Self.layers(setting).compactMap { ($0["rejects"] as? [String: Int])?["rule"] }
            // Memory and Redis: the film, and its two promotions; disk: the small one.
            #expect(rejects == [3, 3, 1])
            #expect(try await Self.layers(setting).map { $0["promotions"] as? Int } == [0, 0, 0])
        }

        @Test("A rule says when hits of its paths are copied to memory, in place of the tier's own word")
        func promoteRule() async throws {
            let setting = try await Setting.start([.memory, .disk]) {
                $0.disk = "size: 256MB, write: through, promote: always"
                $0.site = """
                    rules:
                      - { match: { path: "/page/never/*" }, promote: { disk: never } }
                      - { match: { path: "/page/twice/*" }, promote: { disk: 2 } }
                    """
            }
            let rows: [(String, [String])] = [
                ("/page/never/a?max-age=600", ["disk", "disk", "disk"]),
                ("/page/twice/a?max-age=600", ["disk", "disk", "memory"]),
                ("/page/other/a?max-age=600", ["disk", "memory", "memory"]),
            ]
            for (target, _) in rows { #expect(try await setting.get(target).isStoredMiss) }
            try await setting.settle()
            try await setting.proxy.restart()
            for (target, answers) in rows {
                for (index, expected) in answers.enumerated() {
                    #expect(try await setting.get(target).hitTier == expected, "\(target), request \(index + 1)")
                    try await setting.settle()
                }
            }
        }

        @Test("max_ttl of memory ends what is kept there; the disk still has it")
        func memoryCap() async throws {
            let setting = try await Setting.start([.memory, .disk]) {
                $0.memory = "size: 16MB, max_ttl: 1s"
                $0.disk = "size: 256MB, write: through, promote: never"
            }
            let target = "/page/capped-in-memory?max-age=600"
            #expect(try await setting.get(target).isStoredMiss)
            #expect(try await eventually { try await setting.get(target).hitTier == "disk" })
            #expect(try await setting.get(target).hitTier == "disk")
        }

        private static func layers(_ setting: Setting) async throws -> [[String: Any]] {
            let answer = try await setting.proxy.askAdmin("GET", "/cache/layers")
            let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
            return try #require(object?["layers"] as? [[String: Any]])
        }

        @Test("max_ttl of the disk ends what is kept there, whatever the response says")
        func cap() async throws {
            let setting = try await Setting.start([.disk]) { $0.disk = "size: 256MB, write: through, max_ttl: 1s" }
            let target = "/page/capped?max-age=600"
            #expect(try await setting.get(target).isStoredMiss)
            #expect(try await eventually { try await setting.get(target).isStoredMiss })
        }
    }
}

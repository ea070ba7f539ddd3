import TestSupport
import Testing

extension PartitionStories {
    @Suite("A token for a partition")
    struct TokensOfPartitions {
        /// What is sent with the token of `blue`: the status, and whether the pages of both partitions are gone.
        struct Row: Sendable, CustomTestStringConvertible {
            let name: String
            let status: Int
            let isGone: Bool
            let body: String
            var testDescription: String { name }
        }

        private static let target = "/page/a?max-age=600&tags=one"
        private static let token = ["Authorization: Bearer token-of-blue"]

        @Test(
            "opens purging there and nowhere else",
            arguments: [
                Row(name: "tag there", status: 200, isGone: true, body: #"{"tag":"one","partition":"blue"}"#),
                Row(name: "tag, none named", status: 200, isGone: true, body: #"{"tag":"one"}"#),
                Row(name: "all, none named", status: 200, isGone: true, body: #"{"all":true}"#),
                Row(name: "the partition", status: 200, isGone: true, body: #"{"partition":"blue"}"#),
                Row(name: "prefix", status: 200, isGone: true, body: #"{"prefix":"story.example/"}"#),
                Row(name: "host", status: 200, isGone: true, body: #"{"host":"story.example"}"#),
                Row(name: "tag elsewhere", status: 403, isGone: false, body: #"{"tag":"one","partition":"shop"}"#),
                Row(name: "default", status: 403, isGone: false, body: #"{"partition":"default"}"#),
                Row(
                    name: "one of two", status: 403, isGone: false, body: #"{"tag":"one","partitions":["blue","shop"]}"#
                ),
            ])
        func token(row: Row) async throws {
            let setting = try await Self.start(audit: "-")
            for fields in [[], blue] { #expect(try await setting.get(Self.target, fields).isStoredMiss) }
            let answer = try await RawClient.request(
                "POST", "/cache/invalidate", Self.token + ["Content-Type: application/json"], body: row.body,
                to: setting.proxy.admin)
            #expect(answer.status == row.status, "\(answer.text)")
            if row.status == 403 {
                #expect(answer.text.contains("The token is for partitions (blue)"), "\(answer.text)")
            }
            #expect(try await setting.get(Self.target).hitTier == "memory")
            #expect(try await setting.get(Self.target, blue).isStoredMiss == row.isGone)
        }

        @Test("clients that know nothing of partitions purge in their own; the audit log has it")
        func dialects() async throws {
            let folder = try TemporaryFolder()
            let setting = try await Self.start(audit: folder.path("audit.log"))
            for (method, fields) in [
                ("PURGE", ["Surrogate-Key: one"]), ("BAN", ["X-Url: .*", "X-Host: .*"]), ("PURGE", []),
            ] {
                for tenant in [[], blue] { _ = try await setting.get(Self.target, tenant) }
                let answer = try await setting.request(method, Self.target, fields + Self.token)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(try await setting.get(Self.target).hitTier == "memory")
                #expect(try await setting.get(Self.target, blue).isStoredMiss)
            }
            let fastly = try await RawClient.request(
                "POST", "/service/x/purge_all", ["Fastly-Key: token-of-blue"], to: setting.proxy.admin)
            #expect(fastly.status == 200)
            #expect(try await setting.get(Self.target).hitTier == "memory")
            let refused = try await setting.request("PURGE", Self.target, Self.token + ["Purge-Partition: shop"])
            #expect(refused.status == 403)
            #expect(
                await eventually {
                    let lines = (try? folder.read("audit.log")) ?? ""
                    return lines.contains(#""selector":{"tags":["one"],"partition":"blue"}"#)
                        && lines.contains(#""selector":{"partition":"blue","all":true}"#)
                        && lines.contains("the token is for partitions (blue), not for shop")
                })
        }

        private static func start(audit: String) async throws -> Setting {
            try await PartitionStories.start(
                [.memory], purge: "{ tokens: [{ token: token-of-blue, partitions: [blue] }], audit: \"\(audit)\" }")
        }
    }
}

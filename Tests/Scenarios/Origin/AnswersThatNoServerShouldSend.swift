import TestSupport
import Testing

extension OriginStories {
    @Suite("Answers that no server should send")
    struct AnswersThatNoServerShouldSend {
        @Test(
            "A bad head is 502, and nothing is stored (RFC 9112)",
            arguments: [
                "two-lengths", "length-list", "length-plus", "length-negative", "length-hex", "length-overflow",
                "length-and-chunked", "te-unknown", "te-identity", "te-gzip", "te-twice", "te-on-1.0", "folded",
                "space-before-colon", "space-first", "no-colon", "empty-name", "bare-lf", "bare-cr", "nul-value",
                "control-value", "control-name", "bytes-first", "http09", "status-99", "status-1000", "status-text",
                "reason-cr", "version-other", "101", "huge-head", "huge-field", "many-fields", "interim-end",
                "cut-head",
            ])
        func badHead(name: String) async throws {
            let setting = try await Self.shared.setting()
            for turn in 1...2 {
                let answer = try await setting.get("/raw/\(name)")
                #expect(answer.status == 502, "\(answer.reason) \(answer.text.prefix(200))")
                #expect(answer["X-Field"] == nil)
                #expect(try await setting.originCount("/raw/\(name)") == turn)
            }
        }

        @Test(
            "A bad body breaks off, and nothing is stored",
            arguments: [
                "chunk-size", "chunk-prefix", "chunk-sign", "chunk-empty-size", "chunk-overflow", "chunk-no-end",
                "chunk-lf",
                "chunk-size-lf", "chunk-end-lf", "chunk-size-space", "chunk-late", "chunk-extension-long",
                "chunk-extension", "chunk-cut", "chunk-end-cut", "trailer-large", "trailer-bad", "cut-length",
            ])
        func badBody(name: String) async throws {
            let setting = try await Self.shared.setting()
            for turn in 1...2 {
                let answer = try await setting.get("/raw/\(name)")
                #expect(answer.status == 502 || answer.isCut, "\(answer.status) \(answer.text.prefix(200))")
                #expect(try await setting.originCount("/raw/\(name)") == turn)
            }
        }

        @Test("A chunk that breaks the rules is 502 before anything went out, and a cut after that")
        func badChunk() async throws {
            let setting = try await Self.shared.setting()
            let early = try await setting.get("/raw/chunk-lf?early")
            #expect(early.status == 502)
            let late = try await setting.get("/raw/chunk-late?late")
            #expect(late.status == 200)
            #expect(late.isCut)
            #expect(late.text.hasPrefix("hello"))
        }

        @Test(
            "Bytes behind an answer never become another client's answer",
            arguments: ["extra-bytes", "extra-late", "chunk-excess"])
        func smuggled(name: String) async throws {
            let setting = try await Self.shared.setting()
            #expect(try await setting.get("/raw/\(name)").text == "hello")
            // What comes after the next request was sent is, in HTTP/1.1, its answer: that must not be.
            try await Task.sleep(for: .milliseconds(100))
            for turn in 0..<10 {
                let next = try await setting.get("/page/next-\(turn)?cc=no-store&body=mine")
                #expect(next.text == "mine")
                try await Task.sleep(for: .milliseconds(10))
            }
        }

        /// One Strata for all rows: each has a URL of its own.
        private static let shared = Shared()

        private actor Shared {
            private var made: Setting?

            func setting() async throws -> Setting {
                if let made { return made }
                // A request that a kept connection lost unread is sent again; one that was read never is.
                let setting = try await Setting.start([.memory, .disk]) { $0.origin = "retry: idempotent" }
                made = setting
                return setting
            }
        }
    }
}

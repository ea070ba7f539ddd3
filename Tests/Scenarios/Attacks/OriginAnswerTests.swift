import FixtureOrigin
import TestSupport
import Testing

/// Answers of the origin that no server should send (attacks.md 9, 27, and the origin's side of 1 to 4).
@Suite("Attacks: answers of the origin", .stageWithTiers)
struct OriginAnswerTests {
    /// Refused as a whole: 502, and the next request asks the origin again.
    static let badHeads = [
        "two-lengths", "two-equal-lengths", "length-list", "length-plus", "length-negative", "length-hex",
        "length-overflow", "length-and-chunked", "te-unknown", "te-identity", "te-gzip", "te-twice", "te-on-1.0",
        "folded",
        "space-before-colon", "space-first", "no-colon", "empty-name", "bare-lf", "bare-cr", "nul-value",
        "control-value", "control-name", "bytes-first", "http09", "status-99", "status-1000", "status-text",
        "reason-control", "reason-cr", "version-2", "version-other", "101", "interims", "interim-end", "huge-head",
        "huge-field", "many-fields", "cut-head", "close", "reset",
    ]

    @Test("A bad head is 502 and stored nowhere", arguments: badHeads)
    func refused(name: String) async throws {
        let stage = try #require(Stage.current)
        let target = "/raw/\(name)"
        for turn in 1...2 {
            let answer = try await stage.get(target)
            #expect(answer.status == 502)
            #expect(!answer.cacheStatus.contains("hit"))
            #expect(answer["Set-Cookie"] == nil)
            // More when it was sent again because a kept connection had closed.
            #expect(try await stage.origin.count(target) >= turn)
        }
    }

    @Test(
        "A body that breaks off or breaks its framing is cut for the client too, and stored nowhere",
        arguments: [
            "chunk-size", "chunk-prefix", "chunk-sign", "chunk-empty-size", "chunk-overflow", "chunk-no-end",
            "chunk-lf",
            "chunk-size-lf", "chunk-end-lf", "chunk-size-space", "chunk-late", "chunk-extension-long",
            "chunk-extension", "chunk-cut", "chunk-end-cut", "trailer-large", "trailer-bad", "cut-length",
        ])
    func cut(name: String) async throws {
        let stage = try #require(Stage.current)
        for turn in 1...2 {
            let answer = try await stage.get("/raw/\(name)")
            // 502 where all of it came at once, before anything went out.
            #expect(answer.status == 502 || answer.status == 200 && answer.isCut)
            #expect(!answer.cacheStatus.contains("hit"))
            #expect(try await stage.origin.count("/raw/\(name)") >= turn)
        }
    }

    @Test("Bytes beyond the framed ones are nobody's answer (27)", arguments: ["extra-bytes", "chunk-excess"])
    func extraBytes(name: String) async throws {
        let stage = try #require(Stage.current)
        #expect(try await stage.get("/raw/\(name)").text == "hello")
        // `extra-late` is with the stories of the origin, one after another: bytes that come behind a next request can't
        // be told from its answer, by nobody, and here requests of other tests may come next.
        for _ in 0..<10 {
            let next = try await stage.get(Stage.page("body=clean&max-age=60"))
            #expect(next.text.hasPrefix("clean"))
        }
    }

    @Test("An answer with a body that may have none has none (27)", arguments: ["204-with-body", "head-with-body"])
    func bodyless(name: String) async throws {
        let stage = try #require(Stage.current)
        let client = try stage.client()
        let method = name == "head-with-body" ? "HEAD" : "GET"
        let answer = try await client.request(method, "/raw/\(name)", ["Range: bytes=1-"])
        #expect(answer.status == (method == "HEAD" ? 200 : 204))
        let next = try await client.request("GET", Stage.page("body=clean&max-age=60"))
        #expect(next.text.hasPrefix("clean"))
    }

    @Test("103 goes on to the client, and nothing of it into the final answer or the store (27)")
    func earlyHints() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=60&early-hints=</a.css>;rel=preload")
        let first = try await stage.get(page)
        #expect(first.interims.map(\.status) == [103])
        #expect(first["Link"] == nil)
        let second = try await stage.get(page)
        #expect(second.cacheStatus.contains("hit"))
        #expect(second.interims.isEmpty)
        #expect(second["Link"] == nil)
    }

    @Test("A client of HTTP/1.0 gets no interim answer (RFC 9110 §15.2)")
    func earlyHintsTo10() async throws {
        let stage = try #require(Stage.current)
        let answers = try await stage.untilClosed(
            "GET \(Stage.page("early-hints=</a>")) HTTP/1.0\r\nHost: localhost\r\n\r\n")
        #expect(answers.map(\.status) == [200])
    }

    @Test(
        "Recorded answers pass and keep their fields",
        arguments: ["cms", "static", "object-store", "close-delimited", "odd-but-legal"])
    func recorded(name: String) async throws {
        let stage = try #require(Stage.current)
        let direct = try await RawClient.get("/recorded/\(name)", from: stage.origin.address)
        for _ in 1...2 {
            let answer = try await stage.get("/recorded/\(name)")
            #expect(answer.status == direct.status)
            #expect(answer.body == direct.body)
            let dropped = ["connection", "keep-alive", "transfer-encoding", "content-length", "server", "via", "age"]
            for field in direct.fields where !dropped.contains(field.name.lowercased()) {
                if ["surrogate-key", "cache-tag", "xkey", "x-cache-tags"].contains(field.name.lowercased()) {
                    continue
                }
                #expect(answer.all(field.name).contains(field.value), "\(field.name)")
            }
        }
    }
}

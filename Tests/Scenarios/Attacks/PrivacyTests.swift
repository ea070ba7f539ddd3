import FixtureOrigin
import TestSupport
import Testing

/// What one user may see of another's (attacks.md 18), what Vary and ranges can be bent to (19, 20), who may purge (23).
@Suite("Attacks: privacy, Vary, ranges, purges", .stageWithTiers)
struct PrivacyTests {
    @Test(
        "Not stored in any tier",
        arguments: [
            ("max-age=60&set-cookie=session=a", ""), ("max-age=60", "Authorization: Basic a"),
            ("cc=private,max-age=60", ""),
            ("cc=no-store", ""), ("last-modified=-1000000", "Cookie: session=a"), ("max-age=60&vary=*", ""),
            ("header=Vary:*&header=Vary:X-A&max-age=60", ""), ("header=Vary:*,X-A&max-age=60", ""),
            ("header=Vary:,*&max-age=60", ""),
        ])
    func notStored(query: String, line: String) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page(query)
        for turn in 1...2 {
            let answer = try await stage.get(page, line.isEmpty ? [] : [line])
            #expect(!answer.cacheStatus.contains("hit") && !answer.cacheStatus.contains("stored"))
            #expect(try await stage.origin.count(page) == turn)
        }
        let redis = try #require(stage.redis)
        let number = page.split(separator: "/")[1].prefix { $0 != "?" }
        #expect(try redis.command("KEYS", "*\(number)*") == .array([]))
    }

    @Test("Two users never see each other's bytes, in any order and at once")
    func twoUsers() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("cc=private,max-age=60&vary=Cookie&delay=50ms")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for turn in 0..<20 {
                group.addTask {
                    let user = turn % 2 == 0 ? "anna" : "bert"
                    let answer = try await stage.get(page, ["Cookie: user=\(user)"])
                    #expect(answer.text.hasPrefix("Cookie: user=\(user)\n"))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A broken Accept-Encoding counts as identity and doesn't empty the cache (19)")
    func brokenCoding() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=60&gzip=1&body=hello")
        _ = try await stage.get(page)
        for value in ["gzip;;;", ";;;", "gzip;q=2", "gzip q", "\"gzip\""] {
            let answer = try await stage.get(page, ["Accept-Encoding: \(value)"])
            #expect(answer["Content-Encoding"] == nil, "\(value)")
        }
        #expect(try await stage.origin.count(page) <= 2)
    }

    @Test("Very many variants of one page leave the proxy small and quick (19)")
    func manyVariants() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=60&vary=User-Agent&size=1KB")
        let client = try stage.client()
        for turn in 0..<400 {
            #expect(try await client.request("GET", page, ["User-Agent: \(turn)"]).status == 200)
        }
        let start = ContinuousClock.now
        #expect(try await client.request("GET", page, ["User-Agent: 399"]).status == 200)
        #expect(ContinuousClock.now - start < .seconds(1))
    }

    @Test(
        "Odd ranges give the whole, a part or 416, and never other bytes (20)",
        arguments: [
            "bytes=0-18446744073709551615", "bytes=-623,-9223372036854775185", "bytes=0-0", "bytes=-1", "bytes=999-",
            "bytes=1000-", "bytes=5-2", "bytes=--1", "bytes=a-b", "bytes=", "octets=1-2", "bytes=0-,0-,0-",
            "bytes=18446744073709551616-", "bytes=-18446744073709551616", "bytes=-0",
        ])
    func ranges(value: String) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=60&size=1000&ranges=1&etag=v1")
        let whole = PageBody.bytes(ofPath: String(page.prefix { $0 != "?" }), size: 1000)
        for fields in [["Range: \(value)"], [], ["Range: \(value)"]] {
            let answer = try await stage.get(page, fields)
            switch answer.status {
            case 200: #expect(answer.body == whole)
            case 206: #expect(answer.body.count <= 1000 && String(decoding: whole, as: UTF8.self).contains(answer.text))
            default: #expect(answer.status == 416)
            }
        }
    }

    @Test("A thousand ranges are not a thousand bodies (20)")
    func thousandRanges() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=60&size=100KB&ranges=1")
        _ = try await stage.get(page)
        let answer = try await stage.get(
            page, ["Range: bytes=" + Array(repeating: "0-", count: 1000).joined(separator: ",")])
        #expect(answer.body.count <= 110 << 10)
    }

    @Test(
        "No purge through a proxy's back, by another method, or with a wrong token (23)",
        arguments: [
            "X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "Via: 1.1 a", "Authorization: Bearer x",
            "Authorization: Basic x", "Fastly-Key: x", "Authorization: Bearer ", "Fastly-Key:",
        ])
    func foreignPurge(line: String) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page()
        _ = try await stage.get(page)
        let purge = try await stage.client().request("PURGE", page, [line])
        #expect(purge.status == 403)
        _ = try await stage.client().request("POST", "/echo", ["X-HTTP-Method-Override: PURGE"])
        #expect(try await stage.get(page).cacheStatus.contains("hit"))
    }
}

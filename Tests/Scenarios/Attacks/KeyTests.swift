import TestSupport
import Testing

/// What one request may leave for another one's (attacks.md 14 to 17).
@Suite("Attacks: keys", .stage)
struct KeyTests {
    @Test(
        "A GET's body reaches the origin only where nothing is stored (14)",
        arguments: [("", true), ("Range: bytes=5-9", true), ("If-Match: *", false)])
    func fatGet(line: String, looksUp: Bool) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=60&size=100")
        let fields = line.isEmpty ? [] : [line]
        let fat = try await stage.client().request("GET", page, fields, body: "a=2&evil=1")
        #expect(fat.status < 300)
        // A lookup drops the body and may store; what is passed on with its body may not.
        let next = try await stage.get(page)
        #expect(next.cacheStatus.contains(looksUp ? "hit" : "uri-miss"))
        let echo = Echo(try await stage.client().request("GET", "/echo", fields, body: "a=2&evil=1"))
        #expect(echo.text.contains("\"length\":\(looksUp ? 0 : 10)"))
    }

    @Test("Dropped parameters don't reach the origin, and hide none (14)")
    func cloaking() async throws {
        let stage = try #require(Stage.current)
        #expect(try await stage.get("/echo?utm_content=x;callback=evil&a=1").text.contains("\"target\":\"/echo?a=1\""))
        #expect(try await stage.get("/echo?b=2&utm_x=1&a=1").text.contains("\"target\":\"/echo?a=1&b=2\""))
        // Names that a lenient origin may read the same are others here, and go on as they are.
        #expect(try await stage.get("/echo?a=1;utm_x=2").text.contains("a=1;utm_x=2"))
    }

    @Test("Parts of a key don't run into each other (14)")
    func delimiters() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("x=1&max-age=60&vary=X-Part")
        _ = try await stage.get(page, ["X-Part: a"])
        for other in [page + "__x-part=a", page + "%00X-Part:a", page + "&X-Part=a", page + "%0aX-Part:%20a"] {
            #expect(try await stage.get(other).cacheStatus.contains("uri-miss"), "\(other)")
        }
        #expect(try await !stage.get(page).cacheStatus.contains("hit"))
    }

    @Test(
        "A path that looks like a file makes nothing cacheable (15)",
        arguments: ["x.css", ";x.css", "%2fx.css", "%0ax.css", "/x.js", "%3bx.css", "%23x.css"])
    func deception(suffix: String) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("", "/page").replacing("?", with: "/account") + suffix
        for target in [page + "?set-cookie=a=1", page + "?cc=private", page + "?cc=no-store"] {
            for turn in 1...2 {
                let answer = try await stage.get(target)
                #expect(answer.status == 200)
                #expect(
                    !answer.cacheStatus.contains("hit") && !answer.cacheStatus.contains("stored"), "\(turn) \(target)")
            }
        }
    }

    @Test(
        "Ambiguous paths are 400 and reach no origin (15, 16)",
        arguments: [
            "/static/../account", "/static/..%2faccount", "/static/%2e%2e/account", "/a/.%2E/b", "/a/./b", "/a\\b",
            "/a%5cb", "/account%00x.css", "/%c0%ae%c0%ae/b", "/a/..", "/..", "/a%zz", "/a%2", "/a/..;/b",
        ])
    func ambiguous(path: String) async throws {
        let stage = try #require(Stage.current)
        let smuggled = Stage.page()
        let answers = try await stage.untilClosed(
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\nGET \(smuggled) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(answers.map(\.status) == [400])
        #expect(try await stage.origin.count(path) == 0)
        #expect(try await stage.origin.count(smuggled) == 0)
    }

    @Test("One spelling for key, purge and origin (16)")
    func oneSpelling() async throws {
        let stage = try #require(Stage.current)
        let number = UInt64.random(in: 0 ... .max)
        _ = try await stage.get("/page/a\(number)%7e?max-age=60")
        #expect(try await stage.origin.count("/page/a\(number)~?max-age=60") == 1)
        #expect(try await stage.get("/%70age/%61\(number)~?max-age=60").cacheStatus.contains("hit"))
        // Others that only look alike.
        for other in ["/page//a\(number)~?max-age=60", "/page/A\(number)~?max-age=60", "/page/a\(number)~/?max-age=60"]
        {
            #expect(try await stage.get(other).cacheStatus.contains("uri-miss"), "\(other)")
        }
        let purge = try await stage.client().request("PURGE", "/page/%61\(number)%7E?max-age=60")
        #expect(purge.status == 200)
        #expect(try await stage.get("/page/a\(number)~?max-age=60").cacheStatus.contains("uri-miss"))
    }

    @Test(
        "An error that a bad request provokes is not stored for the good one (17)",
        arguments: [400, 413, 431, 405, 500, 502])
    func poisonedErrors(status: Int) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("statuses=\(status),200&body=fine")
        #expect(try await stage.get(page, ["X-HTTP-Method-Override: DELETE"]).status == status)
        #expect(try await stage.get(page).status == 200)
    }

    @Test("A head above our limits is ours to refuse (17)")
    func ownLimits() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page()
        let big = try await stage.get(page, ["X-Big: \(String(repeating: "a", count: 70_000))"])
        #expect(big.status == 431)
        #expect(try await stage.origin.count(page) == 0)
        #expect(try await stage.get(page).status == 200)
    }
}

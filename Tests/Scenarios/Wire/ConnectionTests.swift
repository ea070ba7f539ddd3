import FixtureOrigin
import TestSupport
import Testing

/// How long a connection lives and in what order it answers (RFC 9112 §9).
@Suite("Wire: connections", .stage)
struct ConnectionTests {
    private static func get(_ target: String, _ lines: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(lines)\r\n"
    }

    @Test("Twenty pipelined hits are answered in order", arguments: [1 << 10, 100 << 10])
    func pipelinedHits(size: Int) async throws {
        let stage = try #require(Stage.current)
        let pages = (0..<20).map { _ in Stage.page("max-age=60&size=\(size)") }
        for page in pages { _ = try await stage.get(page) }
        let client = try stage.client()
        try await client.send(pages.map { Self.get($0) }.joined())
        for page in pages {
            let answer = try await client.response()
            #expect(answer.cacheStatus.contains("hit"))
            #expect(answer.body == PageBody.bytes(ofPath: String(page.prefix { $0 != "?" }), size: size))
        }
    }

    @Test("Hits, misses and uploads in one pipeline are answered in order")
    func pipelinedMix() async throws {
        let stage = try #require(Stage.current)
        let hit = Stage.page("body=hit&max-age=60")
        _ = try await stage.get(hit)
        let client = try stage.client()
        var text = ""
        for turn in 0..<6 {
            text += Self.get(Stage.page("body=miss\(turn)&delay=20ms&max-age=60")) + Self.get(hit)
            text +=
                "POST /page?body=post\(turn) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
                + Self.get(hit)
        }
        try await client.send(text)
        for turn in 0..<6 {
            for expected in ["miss\(turn)", "hit", "post\(turn)", "hit"] {
                let answer = try await client.response()
                #expect(answer.text.hasPrefix(expected))
                #expect(answer["Connection"] == nil)
            }
        }
    }

    @Test("A request cut at any byte is the same request")
    func everyCut() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=60&size=10")
        let bytes = Array(Self.get(page, "X-Field: value\r\n").utf8)
        let client = try stage.client()
        for cut in 1..<bytes.count {
            try await client.send(Array(bytes[..<cut]))
            try await client.send(Array(bytes[cut...]))
            #expect(try await client.response().status == 200)
        }
        #expect(try await stage.origin.count(page) == 1)
    }

    @Test("HTTP/1.0 closes, unless it asks for more", arguments: [true, false])
    func http10(keepsAlive: Bool) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page()
        let request = "GET \(page) HTTP/1.0\r\nHost: localhost\r\n\(keepsAlive ? "Connection: keep-alive\r\n" : "")\r\n"
        let client = try stage.client()
        for turn in 0..<(keepsAlive ? 3 : 1) {
            try await client.send(request)
            let answer = try await client.response()
            #expect(answer.status == 200)
            #expect(answer["Connection"] == (keepsAlive ? "keep-alive" : "close"), "\(turn)")
        }
        if !keepsAlive { #expect(await client.isClosedByPeer()) }
    }

    @Test("To HTTP/1.0 a body without length ends with the connection; never chunked")
    func chunkedTo10() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("cc=no-store&chunked=1&size=1000")
        let client = try stage.client()
        try await client.send("GET \(page) HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")
        let answer = try await client.response()
        #expect(answer["Transfer-Encoding"] == nil)
        #expect(answer["Content-Length"] == nil)
        #expect(answer["Connection"] == "close")
        #expect(answer.body == PageBody.bytes(ofPath: String(page.prefix { $0 != "?" }), size: 1000))
    }

    @Test(
        "A FIN behind the requests loses no answer", arguments: ["hit", "large hit", "miss", "slow miss", "pipeline"])
    func halfClose(kind: String) async throws {
        let stage = try #require(Stage.current)
        let size = kind == "large hit" ? 6 << 20 : 1000
        let page = Stage.page("max-age=60&size=\(size)\(kind == "slow miss" ? "&delay=500ms" : "")")
        if kind.hasSuffix("hit") { _ = try await stage.get(page) }
        let client = try stage.client()
        let pages =
            kind == "pipeline" ? (0..<3).map { _ in Stage.page("max-age=60&size=1000&delay=50ms") } + [page] : [page]
        try await client.send(pages.map { Self.get($0) }.joined())
        client.closeWriting()
        for page in pages {
            let answer = try await client.response()
            #expect(answer.status == 200)
            #expect(answer.body == PageBody.bytes(ofPath: String(page.prefix { $0 != "?" }), size: size))
        }
        #expect(await client.isClosedByPeer())
    }

    @Test("A FIN inside a body leaves the origin without a whole request")
    func cutUpload() async throws {
        let stage = try #require(Stage.current)
        let target = Stage.page("", "/echo")
        let client = try stage.client()
        try await client.send("POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc")
        client.closeWriting()
        #expect(await client.isClosedByPeer())
        #expect(try await stage.origin.count(target, of: "completed") == 0)
    }

    @Test("HEAD, 204 and 304 have no body, and the connection goes on")
    func bodyless() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("max-age=60&etag=v1&size=1000")
        let client = try stage.client()
        for turn in 0..<2 {
            let head = try await client.request("HEAD", page)
            #expect(head.status == 200)
            #expect(head["Content-Length"] == "1000", "\(turn)")
        }
        let unchanged = try await client.request("GET", page, ["If-None-Match: \"v1\""])
        #expect(unchanged.status == 304)
        #expect(unchanged["Content-Length"] == nil)
        #expect(unchanged["Transfer-Encoding"] == nil)
        let empty = try await client.request("GET", Stage.page("status=204"))
        #expect(empty.status == 204)
        #expect(empty["Content-Length"] == nil && empty["Transfer-Encoding"] == nil)
        #expect(try await client.request("GET", page).body.count == 1000)
    }

    @Test("Max-Forwards: 0 ends a TRACE or OPTIONS here; a higher one counts down", arguments: ["OPTIONS", "TRACE"])
    func maxForwards(method: String) async throws {
        let stage = try #require(Stage.current)
        let ended = try await stage.client().request(method, "/echo", ["Max-Forwards: 0"])
        #expect(ended.status == (method == "OPTIONS" ? 200 : 405) && !ended.text.contains("\"method\""))
        let passed = try await stage.client().request(method, "/echo", ["Max-Forwards: 3"])
        #expect(passed.text.contains(#"["Max-Forwards","2"]"#))
    }

    @Test(
        "OPTIONS *, TRACE and unknown methods go on to the origin and are not stored",
        arguments: ["OPTIONS", "TRACE", "BREW"])
    func methods(method: String) async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page()
        let client = try stage.client()
        #expect(try await client.request(method, page).cacheStatus.contains("fwd=method"))
        #expect(try await client.request("GET", page).cacheStatus.contains("uri-miss"))
    }

    @Test("A unix socket serves, and names no address to the origin")
    func unixSocket() async throws {
        let stage = try #require(Stage.current)
        let run = try await curl("--unix-socket", stage.proxy.folder.path("socket"), "http://localhost/echo")
        #expect(run.output.contains("for=unknown"))
        #expect(!run.output.lowercased().contains("x-forwarded-for"))
    }

    @Test(
        "A large upload reaches the origin whole, in small pieces and in large ones",
        arguments: [1000, 100_000, 3_000_000])
    func uploads(piece: Int) async throws {
        let stage = try #require(Stage.current)
        let body = PageBody.bytes(ofPath: "/upload", size: 3_000_000)
        let client = try stage.client()
        try await client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.count)\r\n\r\n")
        for start in stride(from: 0, to: body.count, by: piece) {
            try await client.send(Array(body[start..<min(start + piece, body.count)]))
        }
        #expect(try await client.response().text.contains("\"length\":3000000"))
        #expect(try await client.request("GET", "/echo").status == 200)
    }
}

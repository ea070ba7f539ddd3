import FixtureOrigin
import TestSupport
import Testing

/// The origin alone, over real sockets: what the stories about the proxy rely on.
@Suite("Fixture origin")
struct FixtureOriginTests {
    @Test("A page's bytes follow from its path, in each framing", arguments: ["", "&chunked=1", "&framing=close"])
    func pageBytes(framing: String) async throws {
        let origin = try await Origin.start()
        let page = try await RawClient.get("/page/a?size=100KB" + framing, from: origin.address)
        #expect(page.status == 200)
        #expect(page.body == PageBody.bytes(ofPath: "/page/a", size: 100 << 10))
        #expect(!page.isCut)
        let other = try await RawClient.get("/page/b?size=100KB" + framing, from: origin.address)
        #expect(other.body != page.body)
    }

    @Test("Fields are those that the query asks for")
    func fields() async throws {
        let origin = try await Origin.start()
        let target =
            "/page?max-age=60&s-maxage=5&cc=public&etag=v1&tags=a,b&set-cookie=c=1&header=X-Foo:bar&status=404&age=3"
        let page = try await RawClient.get(target, from: origin.address)
        #expect(page.status == 404)
        #expect(page["cache-control"] == "max-age=60, s-maxage=5, public")
        #expect(page["etag"] == "\"v1\"")
        #expect(page["surrogate-key"] == "a b")
        #expect(page["set-cookie"] == "c=1")
        #expect(page["x-foo"] == "bar")
        #expect(page["age"] == "3")
        #expect(page["date"] != nil)
    }

    @Test(
        "Conditional requests (RFC 9110 §13.2)",
        arguments: [
            ("etag=v1", "If-None-Match: \"v0\", \"v1\"", 304), ("etag=v1", "If-None-Match: \"v2\"", 200),
            ("etag=W/v1", "If-None-Match: \"v1\"", 304), ("etag=v1", "If-None-Match: *", 304),
            ("etag=v1&unconditional=1", "If-None-Match: \"v1\"", 200),
            ("last-modified=Sun, 06 Nov 1994 08:49:37 GMT", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", 304),
            ("last-modified=Sun, 06 Nov 1994 08:49:38 GMT", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", 200),
            ("ranges=1&size=10", "Range: bytes=2-4", 206), ("ranges=1&size=10", "Range: bytes=10-", 416),
            ("size=10", "Range: bytes=2-4", 200),
        ])
    func conditions(query: String, field: String, status: Int) async throws {
        let origin = try await Origin.start()
        let target = "/page?" + query.replacing(" ", with: "%20")
        let answer = try await RawClient.get(target, [field], from: origin.address)
        #expect(answer.status == status)
        #expect(status != 304 || answer.body.isEmpty)
        if status == 206 {
            #expect(answer.body == Array(PageBody.bytes(ofPath: "/page", size: 10)[2...4]))
            #expect(answer["content-range"] == "bytes 2-4/10")
        }
    }

    @Test("Vary shows the selecting value; gzip only where it is accepted")
    func variants() async throws {
        let origin = try await Origin.start()
        let german = try await RawClient.get(
            "/page?vary=Accept-Language", ["Accept-Language: de"], from: origin.address)
        #expect(german.text == "Accept-Language: de\n")
        #expect(german["vary"] == "Accept-Language")
        let plain = try await RawClient.get("/page?gzip=1&body=hello", from: origin.address)
        #expect(plain.text == "hello")
        #expect(plain["content-encoding"] == nil)
        let zipped = try await RawClient.get("/page?gzip=1&body=hello", ["Accept-Encoding: gzip"], from: origin.address)
        #expect(zipped["content-encoding"] == "gzip")
        #expect(zipped.body.starts(with: [0x1f, 0x8b]))
        let unzipped = try await curl("--compressed", origin.url("/page?gzip=1&body=hello"))
        #expect(unzipped.output == "hello")
    }

    @Test("The first bytes of a paused body arrive before the rest")
    func pausedBody() async throws {
        let origin = try await Origin.start()
        let client = try RawClient(origin.address)
        try await client.send("GET /page?size=1000&pause=1m&pause-at=10 HTTP/1.1\r\nHost: a\r\n\r\n")
        let bytes = try await client.readBytes(atLeast: 60)
        #expect(String(decoding: bytes, as: UTF8.self).contains("Content-Length: 1000"))
        client.disconnect()
        #expect(
            try await eventually { try await origin.count("/page?size=1000&pause=1m&pause-at=10", of: "aborted") == 1 })
    }

    @Test("A cut body is cut, in both framings", arguments: ["", "&chunked=1", "&cut-by=reset"])
    func cutBody(framing: String) async throws {
        let origin = try await Origin.start()
        let page = try await RawClient.get("/page?size=1000&cut=500" + framing, from: origin.address)
        #expect(page.isCut)
        #expect(page.body == Array(PageBody.bytes(ofPath: "/page", size: 1000).prefix(500)))
    }

    @Test("Counters count by target and method, and by how an answer ended")
    func counters() async throws {
        let origin = try await Origin.start()
        let client = try RawClient(origin.address)
        for method in ["GET", "HEAD", "POST"] {
            #expect(try await client.request(method, "/page?a=1&b=2").status == 200)
        }
        #expect(try await origin.count("/page?a=1&b=2") == 3)
        #expect(try await origin.count("/page?a=1&b=2", of: "POST") == 1)
        #expect(try await eventually { try await origin.count("/page?a=1&b=2", of: "completed") == 3 })
        #expect(try await origin.count("/page?b=2&a=1") == 0)
        try await origin.reset()
        #expect(try await origin.count("/page?a=1&b=2") == 0)
    }

    @Test("A versioned page changes with each bump")
    func version() async throws {
        let origin = try await Origin.start()
        let first = try await RawClient.get("/version", from: origin.address)
        #expect(first.text == "version 1\n")
        #expect(try await origin.bump() == 2)
        let second = try await RawClient.get(
            "/version", ["If-None-Match: \(first["etag"] ?? "")"], from: origin.address)
        #expect(second.status == 200)
        #expect(second.text == "version 2\n")
        #expect(second["etag"] != first["etag"])
    }

    @Test("Statuses go by turn; the last one stays")
    func statuses() async throws {
        let origin = try await Origin.start()
        let client = try RawClient(origin.address)
        for status in [200, 503, 500, 500] {
            #expect(try await client.request("GET", "/page?statuses=200,503,500").status == status)
        }
    }

    @Test("HEAD has the head of GET and no body; connections are kept, or closed on demand")
    func connections() async throws {
        let origin = try await Origin.start()
        let client = try RawClient(origin.address)
        let head = try await client.request("HEAD", "/page?size=1000")
        #expect(head["content-length"] == "1000")
        #expect(try await client.request("GET", "/page?size=1000").body.count == 1000)
        #expect(try await client.request("GET", "/page?size=5&keepalive=0")["connection"] == "close")
        #expect(await client.isClosedByPeer())
        // This client's connection, and the question's own.
        #expect(try await origin.connections() == 2)
    }

    @Test("A rate spreads a body over time; trailers end a chunked one")
    func ratesAndTrailers() async throws {
        let origin = try await Origin.start()
        let start = ContinuousClock.now
        let page = try await RawClient.get("/page?size=20KB&rate=100KB&chunked=1&trailer=X-Sum:7", from: origin.address)
        // Four pieces of a twentieth of a second's bytes each: three waits of 50 ms.
        #expect(ContinuousClock.now - start > .milliseconds(140))
        #expect(page.body == PageBody.bytes(ofPath: "/page", size: 20 << 10))
        #expect(page.trailers.map(\.name) == ["X-Sum"])
    }

    @Test("An early answer does not wait for the request's body")
    func early() async throws {
        let origin = try await Origin.start()
        let client = try RawClient(origin.address)
        try await client.send("POST /page?early=1&status=413 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
        #expect(try await client.response().status == 413)
        #expect(await client.isClosedByPeer())
    }

    @Test("Echo shows method, target, fields and body as they arrived", arguments: [false, true])
    func echo(chunked: Bool) async throws {
        let origin = try await Origin.start()
        let client = try RawClient(origin.address)
        let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 9"
        let body = chunked ? "4;x=y\r\n1234\r\n5\r\n56789\r\n0\r\nT: u\r\n\r\n" : "123456789"
        try await client.send("PUT /echo?x=%41 HTTP/1.1\r\nHost: a\r\nx-ODD:  b c \r\n\(framing)\r\n\r\n\(body)")
        let text = try await client.response().text
        #expect(text.contains("\"method\":\"PUT\",\"target\":\"/echo?x=%41\""))
        #expect(text.contains("[\"x-ODD\",\"b c\"]"))
        // The check value of CRC-32 for "123456789".
        #expect(text.contains("\"body\":{\"length\":9,\"crc32\":\"cbf43926\"}"))
        #expect(try await client.request("GET", "/echo").status == 200)
    }

    @Test("An early hint comes first, a 100 when it is expected")
    func interims() async throws {
        let origin = try await Origin.start()
        let page = try await RawClient.get("/page?early-hints=</a.css>", from: origin.address)
        #expect(page.status == 200)
        #expect(page.interims.map(\.status) == [103])
        let client = try RawClient(origin.address)
        try await client.send("POST /page HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(
            String(decoding: try await client.readBytes(atLeast: 25), as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
        try await client.send("ab")
        #expect(try await client.response().status == 200)
    }

    @Test(
        "Raw answers go out as they are",
        arguments: [
            ("two-lengths", "Content-Length: 6\r\nContent-Length: 5\r\n"), ("bare-lf", "200 OK\nContent-Length"),
            ("nul-value", "a\0b"), ("status-1000", "HTTP/1.1 1000 "), ("http09", "<html>"),
            ("extra-bytes", "hellohttp".replacing("http", with: "HTTP/1.1 200")), ("close", ""), ("reset", ""),
        ])
    func rawAnswers(name: String, part: String) async throws {
        let origin = try await Origin.start()
        let client = try RawClient(origin.address)
        try await client.send("GET /raw/\(name) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let text = String(decoding: try await client.readToEnd(), as: UTF8.self)
        #expect(part.isEmpty ? text.isEmpty : text.contains(part))
    }

    @Test("A recorded message goes out byte for byte, then the connection ends")
    func recorded() async throws {
        let origin = try await Origin.start()
        let client = try RawClient(origin.address)
        try await client.send("GET /recorded/cms HTTP/1.1\r\nHost: a\r\n\r\n")
        let text = String(decoding: try await client.readToEnd(), as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\nServer: Apache\r\nExpires: Wed, 11 Jan 1984"))
        #expect(text.hasSuffix("guest 4711.</p>\n"))
    }

    @Test("The sample site has validators, a lifetime and tags, and nothing outside its folder")
    func site() async throws {
        let origin = try await Origin.start()
        let index = try await RawClient.get("/", from: origin.address)
        #expect(index.status == 200)
        #expect(index["cache-control"] == "public, max-age=300")
        #expect(index["surrogate-key"] == "site text")
        let again = try await RawClient.get("/", ["If-None-Match: \(index["etag"] ?? "")"], from: origin.address)
        #expect(again.status == 304)
        #expect(try await RawClient.get("/layers.svg", from: origin.address)["content-type"] == "image/svg+xml")
        #expect(try await RawClient.get("/../messages/cms.http", from: origin.address).status == 404)
    }

    @Test("A thousand connections at once are all answered")
    func manyConnections() async throws {
        let origin = try await Origin.start()
        let clients = try (0..<1000).map { _ in try RawClient(origin.address) }
        for client in clients { try await client.send("GET /page?size=10&delay=1s HTTP/1.1\r\nHost: a\r\n\r\n") }
        for client in clients { #expect(try await client.response().body.count == 10) }
    }

    @Test("SIGTERM ends it with exit code 0, and its port is free again")
    func ends() async throws {
        let origin = try await Origin.start()
        #expect(try await origin.process.stop() == .exit(0))
        let next = try await Origin.start(port: origin.address.port)
        #expect(next.address == origin.address)
    }

    @Test("A handle's end kills its process")
    func noneLeftBehind() async throws {
        var origin: Origin? = try await Origin.start()
        let pid = try #require(origin).process.pid
        #expect(processRuns(pid))
        origin = nil
        #expect(await eventually { !processRuns(pid) })
    }

    @Test("An impossible --listen is refused with the usage exit code")
    func badListen() async throws {
        let result = try await run("FixtureOrigin", ["--listen", "nowhere"])
        #expect(result.exit == .exit(64))
        #expect(result.errors.contains("HOST:PORT"))
    }
}

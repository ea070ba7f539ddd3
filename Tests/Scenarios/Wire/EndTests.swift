import FixtureOrigin
import TestSupport
import Testing

/// Draining, loops, and as many connections as are allowed: each with a proxy of its own.
@Suite("Wire: ends")
struct EndTests {
    @Test("Draining: idle connections close, open requests finish with Connection: close, large answers go out whole")
    func drain() async throws {
        let stage = try await Stage.start()
        let idle = try stage.client()
        _ = try await idle.request("GET", "/page?max-age=60")
        let page = Stage.page("max-age=60&size=6MB")
        _ = try await stage.get(page)
        let target = "/page?delay=3s&size=1000"
        let open = try stage.client()
        try await open.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let reader = try stage.client()
        reader.setReceiveBuffer(32 << 10)
        try await reader.send("GET \(page) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try await reader.readBytes(atLeast: 1000)
        #expect(await eventually { (try? await stage.origin.count(target)) == 1 })
        stage.proxy.process.send(signal: 15)
        #expect(await idle.isClosedByPeer())
        let answer = try await open.response()
        #expect(answer.body.count == 1000)
        #expect(answer["Connection"] == "close")
        #expect(try await reader.readToEnd().count > (6 << 20) - (1 << 20))
        #expect(try await stage.proxy.process.exit() == .exit(0))
    }

    @Test("A request that comes through this proxy again is 508 (attacks.md 11)")
    func loop() async throws {
        let stage = try await Stage.start()
        let first = try await stage.get("/echo")
        let via = try #require(first["Via"])
        let again = try await stage.get("/echo", ["Via: 1.0 other, \(via) (x)"])
        #expect(again.status == 508)
        #expect(try await stage.get("/echo", ["Via: 1.1 strata-00000000"]).status == 200)
    }

    @Test("A cut body without length ends in a reset for HTTP/1.0: a FIN would make it whole")
    func cutTo10() async throws {
        let stage = try await Stage.start()
        let run = try await curl("-0", stage.proxy.url("/page?chunked=1&size=1000&cut=500&pause=1s&pause-at=300"))
        #expect(!run.succeeded)
    }

    @Test("Beyond limits.connections a new connection is closed, and one less is enough")
    func connections() async throws {
        let stage = try await Stage.start(also: "limits: { connections: 3 }")
        var clients: [RawClient] = []
        for _ in 0..<3 {
            let client = try stage.client()
            #expect(try await client.request("GET", "/page?max-age=60").status == 200)
            clients.append(client)
        }
        let refused = try stage.client()
        #expect(await refused.isClosedByPeer())
        clients.removeLast()
        #expect(await eventually { (try? await stage.get("/page?max-age=60").status) == 200 })
    }
}

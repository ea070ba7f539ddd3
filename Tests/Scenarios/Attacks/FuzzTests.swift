import FixtureOrigin
import TestSupport
import Testing

/// Clients that say nothing sensible or leave at any moment: the proxy answers the next one, and keeps nothing of them.
@Suite("Attacks: garbage and abrupt ends", .serialized, .stage)
struct FuzzTests {

    private static let seeds = [
        "GET /page/fuzz?max-age=60 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: f\r\nCookie: a=b\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        "HEAD http://localhost:80/page/a%41?b=c HTTP/1.0\r\nConnection: keep-alive\r\nRange: bytes=0-4\r\n\r\n",
        "PURGE /page/* HTTP/1.1\r\nHost: localhost\r\nSurrogate-Key: a b\r\n\r\n",
        "GET /page/v?max-age=1&vary=A HTTP/1.1\r\nHost: [::1]:80\r\nCache-Control: max-age=0\r\nIf-None-Match: W/\"a\"\r\n\r\n",
    ]

    private static func bytes(_ random: inout SplitMix) -> [UInt8] {
        if Int.random(in: 0..<8, using: &random) == 0 {
            return (0..<Int.random(in: 1...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        var bytes = Array((seeds.randomElement(using: &random)! + seeds.randomElement(using: &random)!).utf8)
        let odd = Array("\r\n\0 \t:;,%/\\\"=0fF-+\u{7f}".utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            guard bytes.count > 1 else { break }
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.insert(odd.randomElement(using: &random)!, at: at)
            case 2: bytes.remove(at: at)
            case 3: bytes.insert(contentsOf: bytes[at..<min(at + 20, bytes.count)], at: at)
            default: bytes = Array(bytes[..<max(1, at)])
            }
        }
        return bytes
    }

    @Test("Seeded garbage and mutated requests end in an answer or a close", arguments: 1...4 as ClosedRange<UInt64>)
    func mutations(seed: UInt64) async throws {
        let stage = try #require(Stage.current)
        var random = SplitMix(state: seed)
        let end = ContinuousClock.now + .seconds(4)
        for turn in 0..<800 where ContinuousClock.now < end {
            let client = try stage.client()
            let bytes = Self.bytes(&random)
            try? await client.send(bytes)
            if turn % 3 == 0 { client.reset() } else { client.closeWriting() }
            var ended = true
            if turn % 3 == 1 { ended = (try? await client.readToEnd()) != nil }
            if !ended || !stage.proxy.process.isRunning {
                Issue.record("seed \(seed), turn \(turn): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                return
            }
        }
    }

    @Test("Clients that leave at every stage leave no descriptor and no memory behind")
    func abruptEnds() async throws {
        let stage = try #require(Stage.current)
        let process = stage.proxy.process
        let hot = Stage.page("max-age=600&size=1MB")
        _ = try await stage.get(hot)
        let before = process.descriptorCount
        let memory = process.residentBytes
        for round in 0..<40 {
            let shared = Stage.page("max-age=60&size=200KB&delay=50ms")
            let alone = Stage.page("cc=no-store&size=1MB&delay=20ms")
            let texts = [
                "", "GET / HTTP", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nabc",
                "GET \(hot) HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET \(alone) HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET \(shared) HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET \(shared) HTTP/1.1\r\nHost: localhost\r\n\r\n",
            ]
            var clients: [RawClient] = []
            for text in texts {
                let client = try stage.client()
                try await client.send(text)
                clients.append(client)
            }
            if round % 4 == 0 { _ = try await stage.client().request("PURGE", shared) }
            for client in clients {
                if round % 2 == 0 { client.reset() } else { client.disconnect() }
            }
        }
        // Kept connections to the origin (64) and the clients' own descriptors may stay for a moment.
        #expect(await eventually { process.descriptorCount <= before + 70 }, "\(before) \(process.descriptorCount)")
        #expect(process.residentBytes < memory + 200 << 20)
        #expect(try await stage.get(hot).cacheStatus.contains("hit"))
    }

    @Test("A fill whose followers all went is there for the next client")
    func followersGone() async throws {
        let stage = try #require(Stage.current)
        let page = Stage.page("delay=300ms&max-age=60&size=100KB")
        for _ in 0..<5 {
            let client = try stage.client()
            try await client.send("GET \(page) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await eventually { (try? await stage.origin.count(page)) == 1 })
            client.reset()
        }
        let answer = try await stage.get(page)
        #expect(answer.body == PageBody.bytes(ofPath: String(page.prefix { $0 != "?" }), size: 100 << 10))
        #expect(try await stage.origin.count(page) == 1)
    }

    @Test("An answer that nobody waits for and nobody may store is given up")
    func abandonedPass() async throws {
        let stage = try #require(Stage.current)
        for fields in ["", "Cache-Control: no-cache\r\n"] {
            let page = Stage.page("cc=no-store&delay=300ms&size=50MB")
            let client = try stage.client()
            try await client.send("GET \(page) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
            #expect(await eventually { (try? await stage.origin.count(page)) == 1 })
            client.reset()
            #expect(await eventually { (try? await stage.origin.count(page, of: "aborted")) == 1 }, "\(fields)")
        }
    }
}

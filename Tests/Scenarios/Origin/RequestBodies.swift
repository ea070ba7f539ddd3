import FixtureOrigin
import Foundation
import TestSupport
import Testing

extension OriginStories {
    @Suite("Request bodies")
    struct RequestBodies {
        @Test(
            "Any method's body reaches the origin as it was sent", arguments: ["POST", "PUT", "PATCH", "BREW"],
            [false, true])
        func passes(method: String, chunked: Bool) async throws {
            let setting = try await Setting.start()
            let client = try RawClient(setting.proxy.address)
            let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 9"
            let body = chunked ? "4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n" : "123456789"
            try await client.send(
                "\(method) /echo?x=1 HTTP/1.1\r\nHost: story.example\r\nX-Mine: 1\r\n\(framing)\r\n\r\n\(body)")
            let answer = try await client.response()
            #expect(answer.status == 200)
            #expect(answer.cacheStatus.hasPrefix("strata; fwd=method"))
            #expect(answer.text.contains(#""method":"\#(method)","target":"/echo?x=1""#))
            #expect(answer.text.lowercased().contains(#"["x-mine","1"]"#))
            #expect(answer.text.contains(#""body":{"length":9,"crc32":"cbf43926"}"#), "\(answer.text)")
            // The connection is kept.
            #expect(try await client.request("GET", "/page/next").status == 200)
        }

        @Test("32 MB stream through with bounded memory", arguments: [false, true])
        func large(chunked: Bool) async throws {
            let setting = try await Setting.start()
            let folder = try TemporaryFolder()
            let file = folder.path("upload")
            _ = try await curl("-o", file, setting.origin.url("/page/upload?size=32MB"))
            let before = setting.proxy.process.residentBytes
            let direct = try await curl("-T", file, "-H", "Expect:", setting.origin.url("/echo"))
            let framing = chunked ? "Transfer-Encoding: chunked" : "X-None: 1"
            let answer = try await curl("-T", file, "-H", framing, setting.proxy.url("/echo"))
            #expect(answer.output.contains("\"length\":\(32 << 20)"))
            #expect(checksum(answer.output) == checksum(direct.output))
            #expect(setting.proxy.process.residentBytes - before < 24 << 20)
        }

        private func checksum(_ echo: String) -> Substring? { echo.firstMatch(of: #/"crc32":"(\w+)"/#)?.1 }

        @Test("Expect: 100-continue is answered by Strata, before the body comes")
        func expect() async throws {
            let setting = try await Setting.start()
            let client = try RawClient(setting.proxy.address)
            try await client.send(
                "POST /echo HTTP/1.1\r\nHost: story.example\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
            let interim = String(decoding: try await client.readBytes(atLeast: 25), as: UTF8.self)
            #expect(interim.hasPrefix("HTTP/1.1 100 Continue\r\n"))
            try await client.send("123456789")
            let answer = try await client.response()
            #expect(answer.text.contains(#""crc32":"cbf43926""#))
            #expect(try await setting.originCount("/echo") == 1)
            let strange = try await setting.request("POST", "/echo", ["Expect: a-miracle"], body: "1")
            #expect(strange.status == 417)
        }

        @Test("A client that goes away inside its upload takes its request to the origin with it")
        func aborted() async throws {
            let setting = try await Setting.start()
            let before = setting.proxy.process.descriptorCount
            for _ in 0..<5 {
                let client = try RawClient(setting.proxy.address)
                try await client.send(
                    "POST /page/half HTTP/1.1\r\nHost: story.example\r\nContent-Length: 1000000\r\n\r\nabc")
                #expect(try await eventually { try await setting.originCount("/page/half") > 0 })
                client.reset()
            }
            #expect(await eventually { setting.proxy.process.descriptorCount <= before + 1 })
            #expect(try await setting.origin.count("/page/half", of: "completed") == 0)
            #expect(try await setting.get("/page/alive").status == 200)
        }

        @Test("An answer that comes before the body has arrived reaches the client")
        func early() async throws {
            let setting = try await Setting.start()
            let client = try RawClient(setting.proxy.address)
            try await client.send(
                "POST /page/full?early=1&status=413 HTTP/1.1\r\nHost: story.example\r\nContent-Length: 1000000\r\n\r\nabc"
            )
            #expect(try await client.response().status == 413)
        }

        @Test("It also reaches a client that is in the middle of sending much", arguments: [false, true])
        func earlyToABusyClient(chunked: Bool) async throws {
            let setting = try await Setting.start()
            let client = try RawClient(setting.proxy.address)
            let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 100000000"
            try await client.send(
                "POST /page/full?early=1&status=413&body=too-much HTTP/1.1\r\nHost: story.example\r\n\(framing)\r\n\r\n"
            )
            let piece = String(repeating: "x", count: 1 << 14)
            for _ in 0..<32 { try? await client.send(chunked ? "4000\r\n\(piece)\r\n" : piece) }
            let answer = try await client.response()
            #expect(answer.status == 413)
            #expect(answer.text == "too-much")
            #expect(try await setting.get("/page/alive").status == 200)
        }
    }
}

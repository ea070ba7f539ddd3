import CacheModel
import Engine
import Foundation
import HTTPMessage
import Testing

@Suite("Lines of the access log as JSON")
struct JSONLogFormatTests {
    private static func line(_ sample: Sample) throws -> (text: String, object: [String: Any]) {
        let bytes = try Sample.written([sample], isJSON: true)
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        return (String(decoding: bytes, as: UTF8.self), try #require(object))
    }

    @Test("a line has all that is known of the answer")
    func whole() throws {
        let sample = Sample(
            requestLine: Array("GET /a?b=c HTTP/1.1".utf8), referer: Array("https://example.com/".utf8),
            userAgent: Array("curl/8.5.0".utf8), now: Timestamp(milliseconds: 1_795_262_400_042))
        #expect(
            try Self.line(sample).text == #"{"time":"2026-11-21T12:00:00.042Z","client":"127.0.0.1","#
                + #""host":"example.com","request":"GET /a?b=c HTTP/1.1","status":200,"bytes":1024,"result":"hit","#
                + #""tier":"memory","microseconds":100,"referer":"https://example.com/","user_agent":"curl/8.5.0"}"#
                + "\n")
    }

    @Test("no tier, nothing readable")
    func nothing() throws {
        let sample = Sample(client: [], requestLine: [], host: [], status: 400, result: .synthetic, tier: nil)
        let object = try Self.line(sample).object
        #expect(object["tier"] is NSNull && object["request"] as? String == "" && object["status"] as? Int == 400)
    }

    @Test("what clients send can't end a string or a line (attacks.md 9)", arguments: 0..<4)
    func hostile(seed: Int) throws {
        let bytes =
            (0..<256).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed * 64) } + Array(#"","status":1,"a":""#.utf8)
        let sample = Sample(requestLine: bytes, referer: bytes, userAgent: bytes)
        let (text, object) = try Self.line(sample)
        #expect(text.utf8.filter { $0 == 0x0a }.count == 1 && object["status"] as? Int == 200)
        for name in ["request", "referer", "user_agent"] {
            let value = try #require(object[name] as? String)
            #expect(value.unicodeScalars.map { UInt8($0.value) } == bytes)
        }
    }

    @Test("the longest values fit into one buffer")
    func longest() throws {
        let long = [UInt8](repeating: 0xff, count: 20_000)
        let sample = Sample(client: long, requestLine: long, host: long, referer: long, userAgent: long)
        let object = try Self.line(sample).object
        #expect((object["request"] as? String)?.unicodeScalars.count == 8192)
    }
}

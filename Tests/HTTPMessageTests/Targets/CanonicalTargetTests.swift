import TestSupport
import HTTPMessage
import Testing

/// A canonical target as text: `host path ?query`.
func canonical(
    _ target: String, host: String? = "a.example", method: Method = .get, scheme: Scheme = .http
) -> Result<String, RequestError> {
    var result = CanonicalTarget()
    do throws(RequestError) {
        try withCopy(Array(target.utf8)) { target throws(RequestError) in
            guard let host else {
                return try result.canonicalize(method: method, target: target, host: nil, scheme: scheme)
            }
            try withCopy(Array(host.utf8)) { host throws(RequestError) in
                try result.canonicalize(method: method, target: target, host: host, scheme: scheme)
            }
        }
    } catch {
        return .failure(error)
    }
    return .success(text(result))
}

func text(_ target: CanonicalTarget) -> String {
    let part = { (range: Range<Int>) in String(decoding: target.bytes[range], as: UTF8.self) }
    var text = part(target.host) + " " + part(target.path)
    if let query = target.query { text += " ?" + part(query) }
    if let scheme = target.scheme { text += " \(scheme)" }
    if target.isAsterisk { text += " asterisk" }
    return text
}

@Suite("Canonical targets")
struct CanonicalTargetTests {
    @Test(
        "what is kept and what is changed",
        arguments: [
            ("/", "a.example /"),
            ("/a/b.html?c=d&e", "a.example /a/b.html ?c=d&e"),
            // design.md section 9: kept.
            ("//evil/", "a.example //evil/"),
            ("/a//b/", "a.example /a//b/"),
            ("/A/b", "a.example /A/b"),
            ("/a;x=1;y/b", "a.example /a;x=1;y/b"),
            ("/a%2Fb%2f", "a.example /a%2Fb%2F"),
            ("/a?", "a.example /a ?"),
            ("/a??", "a.example /a ??"),
            ("/...", "a.example /..."),
            ("/.a/..b/c./d..", "a.example /.a/..b/c./d.."),
            ("/a%20b", "a.example /a%20b"),
            ("/|[]^`{}\"<>'", "a.example /|[]^`{}\"<>'"),
            // RFC 3986 §6.2.2.1, §6.2.2.2; attacks.md 16.
            ("/%61%7e%5F%2d", "a.example /a~_-"),
            ("/%c3%a9", "a.example /%C3%A9"),
            ("/a%2ejpg", "a.example /a.jpg"),
            ("/%2541", "a.example /%2541"),
            ("/%e2%82%ac%f0%9f%98%80", "a.example /%E2%82%AC%F0%9F%98%80"),
            ("/caf%e9", "a.example /caf%E9"),
            // attacks.md 9: stays encoded.
            ("/%0d%0aX:1", "a.example /%0D%0AX:1"),
            ("/account%0ax.css", "a.example /account%0Ax.css"),
            // The query: dots, backslashes and any byte may stand there.
            ("/?../..%2f%2e\\%5c%00%c0%ae", "a.example / ?../..%2F.\\%5C%00%C0%AE"),
            ("/?a=http://b/?c", "a.example / ?a=http://b/?c"),
            ("/?%75tm", "a.example / ?utm"),
            // RFC 9112 §3.2.2, attacks.md 11: the absolute form.
            ("http://evil/", "evil / http"),
            ("http://evil", "evil / http"),
            ("HTTP://Good.:80?/foo", "good / ?/foo http"),
            ("https://good:443/x", "good /x https"),
            ("https://good:80/x", "good:80 /x https"),
            ("http://good?", "good / ? http"),
        ])
    func kept(target: String, expected: String) {
        #expect(canonical(target) == .success(expected))
    }

    @Test(
        "what is refused",
        arguments: [
            ("/a/../b", RequestError.dotSegment), ("/..", .dotSegment), ("/.", .dotSegment), ("/a/.", .dotSegment),
            ("/./a", .dotSegment), ("/a/..?x", .dotSegment), ("/a%2e%2e/b", nil), ("/a/%2e%2e/b", .dotSegment),
            ("/a/.%2E", .dotSegment), ("/%2e/a", .dotSegment), ("/static/..%2faccount", .dotSegment),
            ("/account/..%2fstatic/x.js", .dotSegment), ("/a%2f../b", .dotSegment), ("/a%2f..%2fb", .dotSegment),
            ("/a/..;/b", .dotSegment), ("/a/.;x", .dotSegment), ("http://a/..", .dotSegment),
            ("/a\\b", .backslashInPath), ("/a%5cb", .backslashInPath), ("/a%5C..%5Cb", .backslashInPath),
            ("/a%00", .nullInPath), ("/a\0", .nullInPath), ("/account%00x.css", .nullInPath),
            ("/%c0%ae", .overlongEncoding), ("/%c0%af", .overlongEncoding), ("/%C1%9c", .overlongEncoding),
            ("/%c0.", .overlongEncoding), ("/%e0%80%ae", .overlongEncoding), ("/%e0%9f%bf", .overlongEncoding),
            ("/%f0%80%80%ae", .overlongEncoding), ("/%f0%8f%bf%bf", .overlongEncoding),
            ("/%f8%80%80%80%ae", .overlongEncoding), ("/%fc%80%80%80%80%ae", .overlongEncoding),
            ("/%e0%a0%80", nil), ("/%f0%90%80%80", nil), ("/%e0", nil), ("/%e0a", nil),
            ("/%", .badPercentEncoding), ("/%4", .badPercentEncoding), ("/%4g", .badPercentEncoding),
            ("/%%41", .badPercentEncoding), ("/?%", .badPercentEncoding), ("/?%zz", .badPercentEncoding),
            ("/%e0%", .badPercentEncoding), ("/%u002e", .badPercentEncoding),
            ("/account#x.css", .fragmentInTarget), ("/?a#b", .fragmentInTarget), ("http://a#b", .fragmentInTarget),
            ("/\u{e9}", .badTargetByte), ("/?\u{e9}", .badTargetByte), ("/\u{7f}", .badTargetByte),
            ("/\u{1}", .badTargetByte),
            ("", .badTarget), ("*", .badTarget), ("a", .badTarget), ("@evil/", .badTarget), ("?a", .badTarget),
            ("ftp://a/", .badTarget), ("a:80", .badTarget), ("http:/a", .badTarget), ("http:a", .badTarget),
            ("http://", .badHost), ("http:///a", .badHost), ("http://:80/", .badHost), ("http://a:0/", .badHost),
            ("http://good\\evil/", .badHost), ("http://a,b/", .badHost), ("http://a%41/", .badHost),
            ("http://user@evil/", .userInfoInTarget), ("http://good:80@evil/", .userInfoInTarget),
        ] as [(String, RequestError?)])
    func refused(target: String, error: RequestError?) {
        switch canonical(target) {
        case .success: #expect(error == nil)
        case .failure(let found): #expect(found == error)
        }
    }

    @Test(
        "hosts: one form for each",
        arguments: [
            ("a", Scheme.http, "a"), ("A.Example", .http, "a.example"), ("a.example.", .http, "a.example"),
            ("a.:80", .http, "a"), ("a:80", .http, "a"), ("a:080", .http, "a"), ("a:80", .https, "a:80"),
            ("a:443", .http, "a:443"), ("a:443", .https, "a"), ("a:8080", .http, "a:8080"), ("a:00081", .http, "a:81"),
            ("a:65535", .http, "a:65535"), ("a:1", .http, "a:1"), ("a_b-c", .http, "a_b-c"),
            ("127.0.0.1:10", .http, "127.0.0.1:10"),
            ("[::1]", .http, "[::1]"), ("[::1]:80", .http, "[::1]"), ("[::1]:8080", .http, "[::1]:8080"),
            ("[::]", .http, "[::]"), ("[2001:DB8::A]", .http, "[2001:db8::a]"),
            ("[0:0:0:0:0:0:0:1]", .http, "[::1]"), ("[2001:0db8:0:0:1:0:0:1]", .http, "[2001:db8::1:0:0:1]"),
            ("[2001:db8:0:1:1:1:1:1]", .http, "[2001:db8:0:1:1:1:1:1]"),
            ("[1:2:3:4:5:6:7::]", .http, "[1:2:3:4:5:6:7:0]"),
            ("[::2:3:4:5:6:7:8]", .http, "[0:2:3:4:5:6:7:8]"), ("[fe80::]", .http, "[fe80::]"),
            ("[::ffff:192.0.2.1]", .http, "[::ffff:c000:201]"),
            ("[1:2:3:4:5:6:1.2.3.4]", .http, "[1:2:3:4:5:6:102:304]"),
            (
                "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535", .http,
                "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"
            ),
        ])
    func hosts(host: String, scheme: Scheme, expected: String) {
        #expect(canonical("/", host: host, scheme: scheme) == .success(expected + " /"))
        #expect(canonical("/", host: expected, scheme: scheme) == .success(expected + " /"), "its own canonical form")
    }

    @Test(
        "no IPv6 address",
        arguments: [
            "[:]", "[:::]", "[1::2::3]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]", "[12345::]",
            "[g::]", "[1:]", "[:1]", "[::1:]", "[1.2.3.4]", "[::1.2.3]", "[::1.2.3.256]", "[::1.2.3.04]",
            "[::1.2.3.4:5]",
            "[1:2:3:4:5:6:7:1.2.3.4]", "[::1.2.3.4.5]", "[::1", "[]", "[::1]a", "[::1]:", "[::1]:0", "[[::1]]",
        ])
    func notIPv6(host: String) {
        #expect(canonical("/", host: host) == .failure(.badHost))
    }

    @Test("methods that have targets of their own")
    func methods() {
        #expect(canonical("*", method: .options) == .success("a.example * asterisk"))
        #expect(canonical("http://b:81", method: .options) == .success("b:81 * http asterisk"))
        #expect(canonical("http://b/", method: .options) == .success("b / http"))
        #expect(canonical("http://b?q", method: .options) == .success("b / ?q http"))
        #expect(canonical("x:80", method: .connect) == .failure(.connectNotSupported))
        #expect(canonical("/", method: .connect) == .failure(.connectNotSupported))
    }

    @Test("without a host the range is empty")
    func noHost() {
        #expect(canonical("/a", host: nil) == .success(" /a"))
        #expect(canonical("/a", host: "") == .success(" /a"))
    }

    @Test("from a parsed head, reusing one target")
    func fromHead() throws {
        var parser = RequestParser(limits: MessageLimits())
        var target = CanonicalTarget()
        let first = Array("GET http://B.example:80/%7ea?x HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        #expect(parse(first, with: &parser).consumed == first.count)
        try target.canonicalize(parser.head, scheme: .https)
        #expect(text(target) == "b.example /~a ?x http")
        #expect(target.bytes[target.requestTarget].elementsEqual("/~a?x".utf8))
        let second = Array("GET /y HTTP/1.1\r\nHost: A:443\r\n\r\n".utf8)
        #expect(parse(second, with: &parser).consumed == second.count)
        try target.canonicalize(parser.head, scheme: .https)
        #expect(text(target) == "a /y")
        let third = Array("GET /.. HTTP/1.1\r\nHost: A:443\r\n\r\n".utf8)
        #expect(parse(third, with: &parser).consumed == third.count)
        #expect(throws: RequestError.dotSegment) { try target.canonicalize(parser.head, scheme: .https) }
        #expect(text(target) == " ")
    }

    @Test("canonical bytes are their own canonical form", arguments: 0..<8)
    func idempotent(seed: Int) {
        var generator = SplitMix(state: UInt64(seed))
        let pieces = [
            "/", "a", ".", "..", "%2e", "%2F", "%41", "%c3%a9", "%25", "?", "&", ";", "%7E", "//", "%3f", "%23", "Z",
            "%e0", "41",
        ]
        var served = 0
        for _ in 0..<400 {
            var input = "/"
            for _ in 0..<Int.random(in: 0...10, using: &generator) {
                input += pieces.randomElement(using: &generator)!
                if Int.random(in: 0..<30, using: &generator) == 0 {
                    input.unicodeScalars.append(Unicode.Scalar(UInt8.random(in: 0...127, using: &generator)))
                }
            }
            guard case .success(let once) = canonical(input, host: nil) else { continue }
            served += 1
            let again = once.dropFirst().replacing(" ?", with: "?", maxReplacements: 1)
            #expect(canonical(String(again), host: nil) == .success(once), "\(input)")
            #expect(again.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
        }
        #expect(served > 50)
    }

    @Test("random bytes never trap", arguments: 0..<4)
    func random(seed: Int) {
        var generator = SplitMix(state: UInt64(seed))
        let alphabet = Array("[]:.0123456789abcdefABCDEF%/?#@\\*ht://".utf8) + [0, 0x80, 0xff]
        for _ in 0..<800 {
            let any = { (most: Int, g: inout SplitMix) in
                String(
                    decoding: (0..<Int.random(in: 0...most, using: &g)).map { _ in alphabet.randomElement(using: &g)! },
                    as: UTF8.self)
            }
            let host = any(14, &generator)
            let prefix = ["", "/", "http://", "https://["].randomElement(using: &generator)!
            _ = canonical(prefix + any(20, &generator), host: host)
            // What is accepted as a host is its own canonical form.
            if case .success(let text) = canonical("/", host: host), text != " /" {
                #expect(canonical("/", host: String(text.dropLast(2))) == .success(text))
            }
        }
    }
}

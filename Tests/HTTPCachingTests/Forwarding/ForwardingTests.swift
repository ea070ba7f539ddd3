import HTTPCaching
import HTTPMessage
import Testing

@Suite struct ForwardingTests {
    static func context(
        trusted: Bool = false, client: String = "192.0.2.7", host: String = "example.com", via: Bool = true,
        stripCookies: Bool = false
    ) -> ForwardingContext {
        ForwardingContext(
            clientAddress: bytes(client), scheme: bytes("https"), host: bytes(host), isTrusted: trusted,
            originHost: bytes("origin:3000"), requestID: bytes("id-1"), viaToOrigin: via, stripCookies: stripCookies,
            pseudonym: bytes("strata-0123456789abcdef"))
    }

    static let ours = [
        "X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.7;host=example.com;proto=https",
        "X-Forwarded-Host: example.com", "X-Forwarded-Proto: https", "X-Request-ID: id-1",
        "Via: 1.1 strata-0123456789abcdef",
    ]

    static func lines(_ block: FieldBlock) -> [String] {
        block.text.split(separator: "\r\n").map { String($0) }
    }

    static func forwarded(_ head: [(String, String)], _ context: ForwardingContext = context()) -> [String] {
        lines(Forwarding.requestFields(FieldBlock(head), context: context))
    }

    @Test("What is end to end keeps its bytes and order, between Host and our own fields (RFC 9110 §7.6)")
    func endToEnd() {
        let head = [("accept", "a/b"), ("Host", "client"), ("X-A", "1"), ("X-A", "2"), ("Cookie", "a=b")]
        #expect(
            Self.forwarded(head) == ["Host: origin:3000", "accept: a/b", "X-A: 1", "X-A: 2", "Cookie: a=b"] + Self.ours)
    }

    @Test(
        "These never reach the origin (RFC 9110 §7.6.1; attacks.md 5, 10, 13)",
        arguments: [
            "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Foo", "Proxy", "TE",
            "Trailer", "Upgrade", "Transfer-Encoding", "Content-Length", "Expect", "HTTP2-Settings",
            "Transfer_Encoding", "Content_Length", "X_Forwarded_For", "X_Forwarded-Host",
        ])
    func dropped(name: String) {
        #expect(Self.forwarded([(name, "v")]) == ["Host: origin:3000"] + Self.ours)
        #expect(Self.forwarded([(name, "v")], Self.context(trusted: true)) == ["Host: origin:3000"] + Self.ours)
    }

    @Test(
        "These come from trusted peers only (attacks.md 13)",
        arguments: [
            "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override",
            "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Server", "X-Forwarded-Port", "X-Forwarded-SSL",
            "X-Real-IP", "X-Host", "X_Original_URL",
        ])
    func claims(name: String) {
        #expect(Self.forwarded([(name, "v")]) == ["Host: origin:3000"] + Self.ours)
        let trusted = Self.forwarded([(name, "v")], Self.context(trusted: true))
        #expect(trusted == ["Host: origin:3000", "\(name): v"] + Self.ours)
    }

    @Test("Connection takes away what it lists, but nothing that is for every recipient (attacks.md 10)")
    func connectionListed() {
        let head = [
            ("Connection", "close, X-Hop, Host, Cookie, Authorization,"), ("Connection", "x-two, X-Forwarded-For"),
            ("X-Hop", "1"), ("X-Two", "2"), ("X-Three", "3"), ("Cookie", "a"), ("Authorization", "b"),
        ]
        #expect(
            Self.forwarded(head) == ["Host: origin:3000", "X-Three: 3", "Cookie: a", "Authorization: b"] + Self.ours)
    }

    @Test("What an untrusted peer says of the client is replaced (design.md section 9)")
    func untrusted() {
        let head = [
            ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Host", "evil"), ("X-Forwarded-Proto", "http"),
            ("Forwarded", "for=127.0.0.1"), ("X-Request-ID", "evil"),
        ]
        #expect(Self.forwarded(head) == ["Host: origin:3000"] + Self.ours)
    }

    @Test("What a trusted peer says is extended (design.md section 9, RFC 7239 §4)")
    func trusted() {
        let head = [
            ("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "198.51.100.2"), ("X-Forwarded-Host", "first"),
            ("X-Forwarded-Proto", "http"), ("Forwarded", "for=198.51.100.1"), ("X-Request-ID", "theirs"),
        ]
        #expect(
            Self.forwarded(head, Self.context(trusted: true)) == [
                "Host: origin:3000", "X-Forwarded-For: 198.51.100.1, 198.51.100.2, 192.0.2.7",
                "Forwarded: for=198.51.100.1, for=192.0.2.7;host=example.com;proto=https", "X-Forwarded-Host: first",
                "X-Forwarded-Proto: http", "X-Request-ID: theirs", "Via: 1.1 strata-0123456789abcdef",
            ])
    }

    @Test("A trusted peer's one list is not joined by one that begins with the peer (RFC 7239 §7.4)")
    func oneList() {
        let first = Self.forwarded([("X-Forwarded-For", "198.51.100.1")], Self.context(trusted: true))
        #expect(first.contains("X-Forwarded-For: 198.51.100.1, 192.0.2.7"))
        #expect(!first.contains { $0.hasPrefix("Forwarded:") })
        let second = Self.forwarded([("Forwarded", "for=198.51.100.1")], Self.context(trusted: true))
        #expect(second.contains { $0.hasPrefix("Forwarded: for=198.51.100.1, for=192.0.2.7;") })
        #expect(!second.contains { $0.hasPrefix("X-Forwarded-For:") })
    }

    @Test(
        "Forwarded quotes what is no token (RFC 7239 §4, §6)",
        arguments: [
            ("2001:db8::1", "a:8080", "for=\"[2001:db8::1]\";host=\"a:8080\";proto=https"),
            ("", "a", "for=unknown;host=a;proto=https"),
        ])
    func forwardedElement(client: String, host: String, expected: String) {
        let out = Self.forwarded([], Self.context(client: client, host: host))
        #expect(out.contains("Forwarded: \(expected)"))
        #expect(out.contains { $0.hasPrefix("X-Forwarded-For") } == !client.isEmpty)
    }

    @Test("Cookies and Via leave when the site says so (design.md sections 8 and 9)")
    func settings() {
        let out = Self.forwarded([("Cookie", "a=b"), ("Via", "1.1 cdn")], Self.context(via: false, stripCookies: true))
        #expect(out == ["Host: origin:3000", "Via: 1.1 cdn"] + Self.ours.dropLast())
    }

    @Test("The origin is asked for the coding that Vary will select by (attacks.md 19)")
    func codings() {
        #expect(Self.forwarded([("Accept-Encoding", "gzip;;;")])[1] == "Accept-Encoding: identity")
        #expect(Self.forwarded([("Accept-Encoding", "br , GZIP;q=0.5")])[1] == "Accept-Encoding: br , GZIP;q=0.5")
    }

    @Test("A response loses what is for one connection, and nothing else (RFC 9110 §7.6.1; attacks.md 10)")
    func response() {
        let fields = FieldBlock([
            ("server", "x"), ("Content-Length", "5"), ("Set-Cookie", "a"), ("Connection", "x-hop, Set-Cookie, vary"),
            ("X-Hop", "1"), ("Vary", "a"), ("Transfer-Encoding", "chunked"), ("Keep-Alive", "1"), ("Trailer", "x"),
            ("Upgrade", "h2c"), ("Proxy-Authenticate", "Basic"), ("X-Empty", ""), ("Age", "3"),
        ])
        let kept = ["server: x", "Set-Cookie: a", "Vary: a", "X-Empty: ", "Age: 3"]
        #expect(Self.lines(Forwarding.responseFields(fields, stripCookies: false)) == kept)
        #expect(
            Self.lines(Forwarding.responseFields(fields, stripCookies: true)) == kept.filter { $0 != "Set-Cookie: a" })
    }

    @Test(
        "Our own name in Via is a loop (RFC 9110 §7.6.3)",
        arguments: [
            (["1.1 strata-1"], true), (["1.0 fred, 1.1 strata-1 (Strata)"], true), (["1.1 a", "2 strata-1"], true),
            (["HTTP/1.1\tstrata-1"], true), (["1.1 strata-1(x)"], true), (["1.1 strata-12"], false),
            (["1.1 strata"], false), (["1.1 a (b, 1.1 strata-1)"], false), (["1.1 a (\\), 1.1 strata-1)"], false),
            (["strata-1"], false), ([""], false), ([], false),
        ] as [([String], Bool)])
    func loop(values: [String], expected: Bool) {
        let fields = FieldBlock(values.map { ("Via", $0) })
        #expect(Forwarding.isLoop(fields, pseudonym: bytes("strata-1")) == expected)
    }

    @Test(
        "Max-Forwards of TRACE and OPTIONS counts down and ends (RFC 9110 §7.6.2)",
        arguments: [
            (.options, "0", .last), (.trace, "0", .last), (.options, "5", .passOn(4)), (.trace, "1", .passOn(0)),
            (.options, "x", .unlimited), (.options, "-1", .unlimited), (.get, "0", .unlimited),
            (.post, "3", .unlimited),
        ] as [(HTTPMessage.Method, String, MaxForwards)])
    func maxForwards(method: HTTPMessage.Method, value: String, expected: MaxForwards) {
        #expect(MaxForwards.read(method: method, fields: FieldBlock([("Max-Forwards", value)])) == expected)
        #expect(MaxForwards.read(method: method, fields: FieldBlock()) == .unlimited)
    }
}

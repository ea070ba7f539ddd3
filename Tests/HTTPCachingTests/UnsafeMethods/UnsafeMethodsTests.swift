import HTTPCaching
import HTTPMessage
import Testing

@Suite struct UnsafeMethodsTests {
    @Test(
        "Unsafe and unknown methods invalidate when they succeed (RFC 9111 §4.4)",
        arguments: [
            ("POST", 200, true), ("PUT", 204, true), ("DELETE", 303, true), ("PATCH", 200, true),
            ("FOO", 200, true), ("GET", 200, false), ("HEAD", 200, false), ("OPTIONS", 200, false),
            ("TRACE", 200, false), ("POST", 400, false), ("POST", 500, false), ("POST", 199, false),
        ])
    func invalidates(method: String, status: Int, expected: Bool) {
        #expect(UnsafeMethods.invalidates(method: Method(method.utf8), status: status) == expected)
    }

    @Test(
        "Location and Content-Location of the same origin are invalidated too (RFC 9111 §4.4, RFC 3986 §5.2)",
        arguments: [
            ("/x", "http://a.com/x"), ("http://A.com:80/x?y#z", "http://a.com/x?y"), ("//a.com/x", "http://a.com/x"),
            ("x", "http://a.com/b/x"), ("../x", "http://a.com/x"), ("../../../x/./y/..", "http://a.com/x/"),
            ("?q", "http://a.com/b/c?q"), (".", "http://a.com/b/"), ("http://a.com", "http://a.com/"),
            ("HTTP://a.com/x", "http://a.com/x"), ("x:y/z", nil), ("./x:y", "http://a.com/b/x:y"),
            ("http://b.com/x", nil), ("https://a.com/x", nil), ("http://a.com:81/x", nil), ("//b.com/x", nil),
            ("http://u@a.com/x", nil), ("ftp://a.com/x", nil), ("", nil), ("c?d", nil), ("/b/c?d#e", nil),
            ("/a b", nil), ("/\u{e9}", nil), ("http:///x", nil), ("#x", nil),
        ] as [(String, String?)])
    func related(reference: String, expected: String?) {
        for name in ["Location", "Content-Location"] {
            let found = UnsafeMethods.relatedTargets(
                FieldBlock([(name, reference)]), target: bytes("http://a.com/b/c?d"))
            #expect(found.map { text($0) } == [expected].compactMap { $0 })
        }
    }

    @Test("Ports and IPv6 count; the default port is none")
    func ports() {
        let found = UnsafeMethods.relatedTargets(
            FieldBlock([("Location", "https://[::1]:443/x"), ("Content-Location", "/y")]),
            target: bytes("https://[::1]/"))
        #expect(found.map { text($0) } == ["https://[::1]/x", "https://[::1]/y"])
        #expect(
            UnsafeMethods.relatedTargets(FieldBlock([("Location", "/x")]), target: bytes("http://[::1]:8080/"))
                .map { text($0) } == ["http://[::1]:8080/x"])
    }

    @Test("A target that is no URI names nothing")
    func badTarget() {
        #expect(UnsafeMethods.relatedTargets(FieldBlock([("Location", "/x")]), target: bytes("/b")).isEmpty)
    }
}

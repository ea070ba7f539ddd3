import HTTPMessage
import Testing

@Suite("Query rules")
struct QueryRulesTests {
    static func apply(_ query: String, drop: [String] = [], sort: Bool = false) -> String {
        let bytes = Array(query.utf8)
        let changed = QueryRules(drop: drop, sort: sort).apply(to: bytes[...])
        if let changed { #expect(changed != bytes, "nil says that nothing changed") }
        return String(decoding: changed ?? bytes, as: UTF8.self)
    }

    @Test(
        "parameters are dropped by glob",
        arguments: [
            ("a=1&utm_source=x&b=2", "a=1&b=2"), ("utm_source=x", ""), ("utm_=x&a", "a"), ("fbclid&a", "a"),
            ("a&fbclid", "a"), ("fbclidx=1", "fbclidx=1"), ("xutm_a=1", "xutm_a=1"), ("UTM_A=1", "UTM_A=1"),
            ("a=utm_source", "a=utm_source"), ("a=1&&utm_x&&b", "a=1&&&b"), ("&", "&"), ("a==utm_x", "a==utm_x"),
            // attacks.md 14: only `&` separates.
            ("utm_content=x;callback=evil", ""), ("a=1;utm_x=2", "a=1;utm_x=2"), ("a=1;utm_x=2&utm_y", "a=1;utm_x=2"),
            ("a%26utm_x=1", "a%26utm_x=1"),
        ])
    func drop(query: String, expected: String) {
        #expect(Self.apply(query, drop: ["utm_*", "fbclid"]) == expected)
    }

    @Test(
        "globs",
        arguments: [
            ("*", "", true), ("*", "abc", true), ("a*c", "abc", true), ("a*c", "ac", true), ("a*c", "acb", false),
            ("a*b*c", "aXbXbXc", true), ("*a", "ba", true), ("*a", "ab", false), ("**", "x", true), ("a", "ab", false),
            ("", "", true), ("", "a", false), ("a?", "ab", false),
        ])
    func globs(pattern: String, name: String, matches: Bool) {
        #expect(Self.apply("\(name)=1", drop: [pattern]) == (matches ? "" : "\(name)=1"))
    }

    @Test("a pattern of many stars costs no more than pattern times name")
    func manyStars() {
        let pattern = String(repeating: "a*", count: 200) + "b"
        #expect(Self.apply(String(repeating: "a", count: 8000), drop: [pattern]).count == 8000)
    }

    @Test(
        "sorted by name, stably",
        arguments: [
            ("b=1&a=2", "a=2&b=1"), ("a=2&a=1", "a=2&a=1"), ("b&a=9&b=1&a=0", "a=9&a=0&b&b=1"), ("a&b&c", "a&b&c"),
            ("ab=1&a=2", "a=2&ab=1"), ("a=b&a-b=1", "a=b&a-b=1"), ("b&&a", "&a&b"), ("", ""),
            ("z[]=2&z[]=1&a", "a&z[]=2&z[]=1"),
        ])
    func sort(query: String, expected: String) {
        #expect(Self.apply(query, sort: true) == expected)
        #expect(Self.apply(expected, sort: true) == expected)
    }

    @Test(
        "applied to a target",
        arguments: [
            ("/p?b&utm_a=1&a", "a.example /p ?a&b"), ("/p?utm_a=1", "a.example /p"), ("/p?", "a.example /p ?"),
            ("/p", "a.example /p"), ("/p?a&b", "a.example /p ?a&b"), ("/p?%75tm_a&x", "a.example /p ?x"),
        ])
    func target(target: String, expected: String) throws {
        var result = CanonicalTarget()
        try withCopy(Array(target.utf8)) { target in
            try withCopy(Array("a.example".utf8)) { host in
                try result.canonicalize(method: .get, target: target, host: host, scheme: .http)
            }
        }
        result.apply(QueryRules(drop: ["utm_*"], sort: true))
        #expect(text(result) == expected)
        #expect(result.requestTarget.upperBound == result.bytes.count)
    }
}

extension QueryRulesTests {
    @Test(
        "only what is kept stays, less what is dropped",
        arguments: [
            ("page=2&x=1&utm_a=1", ["page", "utm_*"], "page=2"), ("x=1", ["page"], ""), ("page", ["page"], "page"),
            ("b=1&a=2", ["*"], "b=1&a=2"), ("a&b", [], ""),
        ])
    func keep(query: String, keep: [String], expected: String) {
        let bytes = Array(query.utf8)
        let changed = QueryRules(keep: keep, drop: ["utm_*"]).apply(to: bytes[...])
        #expect(String(decoding: changed ?? bytes, as: UTF8.self) == expected)
    }
}

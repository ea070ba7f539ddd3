import Settings
import Testing

@Suite("Sites by host")
struct SiteTableTests {
    private static func index(_ table: SiteTable, _ host: String) -> Int? {
        Array(host.utf8).withUnsafeBytes { table.index(ofHost: $0) }
    }

    private static func table(_ patterns: [String]) -> SiteTable {
        var table = SiteTable()
        for (site, pattern) in patterns.enumerated() {
            let isNew = table.insert(pattern, site: site)
            #expect(isNew)
        }
        return table
    }

    @Test("exact, then the longest suffix, then *; ports are not looked at", arguments: [
        ("example.com", 0), ("example.com:8080", 0), ("www.example.com", 1), ("a.b.example.com", 1), ("x.b.a.example.com", 2),
        ("b.a.example.com", 1), ("static.example.com", 3), ("static.example.com:1", 3), ("x.static.example.com", 1),
        ("[::1]", 4), ("[::1]:8080", 4), ("[::2]:8080", nil), ("192.0.2.1:80", 5), ("192.0.2.2", nil), ("other.org", nil),
        ("example.com.evil", nil), ("evilexample.com", nil), ("com", nil), ("", nil), (":80", nil), (".example.com", nil),
        ("..example.com", 1), ("EXAMPLE.com", nil), ("example.com:", 0), ("example.com:80:80", nil), ("[::1", nil),
        ("host:8080", nil), ("x.org", 6),
    ])
    func lookup(_ host: String, _ site: Int?) {
        let table = Self.table([
            "example.com", "*.example.com", "*.b.a.example.com", "static.example.com", "[::1]", "192.0.2.1", "x.org",
        ])
        #expect(Self.index(table, host) == site)
    }

    @Test("with * every host has a site")
    func fallback() {
        let table = Self.table(["*.com", "*"])
        #expect(Self.index(table, "a.com") == 0)
        #expect(["com", "", "a.org", "[::1]:1", ":"].allSatisfy { Self.index(table, $0) == 1 })
    }

    @Test("without patterns no host has one")
    func empty() {
        #expect(Self.index(SiteTable(), "a.com") == nil)
    }

    @Test("a pattern is taken once, and *.a is another than a")
    func twice() {
        var table = Self.table(["a", "*.a", "*"])
        for pattern in ["a", "*.a", "*"] {
            let isNew = table.insert(pattern, site: 9)
            #expect(!isNew)
        }
        #expect(Self.index(table, "a") == 0)
        #expect(Self.index(table, "b.a") == 1)
    }

    @Test("thousands of names are each found, and nothing else")
    func many() {
        let table = Self.table((0..<3_000).map { $0 % 2 == 0 ? "host\($0).example" : "*.host\($0).example" })
        #expect((0..<3_000).allSatisfy { Self.index(table, $0 % 2 == 0 ? "host\($0).example" : "a.host\($0).example") == $0 })
        #expect((0..<3_000).allSatisfy { Self.index(table, $0 % 2 == 1 ? "host\($0).example" : "a.host\($0).example") == nil })
    }
}

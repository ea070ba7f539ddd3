import CacheModel
import HTTPCaching
import Testing

@testable import Engine

@Suite("The rules of a site")
struct SitePolicyTests {
    private func rule(
        _ path: String, cache: Bool? = nil, ttl: Int64? = nil, force: Bool? = nil, cookies: Bool? = nil
    ) -> SitePolicy.Rule {
        .init(path: Glob(bytes(path)), cache: cache, ttl: ttl, force: force, stripCookies: cookies)
    }

    private func caching(_ rules: [SitePolicy.Rule], _ path: String) -> CachingPolicy {
        let site = SitePolicy(
            server: OriginServer(scheme: .http, host: "o", port: 80), caching: CachingPolicy(defaultTTL: 9),
            rules: rules)
        return bytes(path).withUnsafeBytes { site.caching(forPath: $0) }
    }

    @Test("for each setting the first matching rule that sets it (design.md section 7)")
    func first() {
        let rules = [
            rule("/a/*", ttl: 1), rule("/b/*", cache: false), rule("*.css", ttl: 2, cookies: true),
            rule("*", cache: true, ttl: 3, force: true),
        ]
        let base = CachingPolicy(defaultTTL: 9, ruleTTL: 3, force: true)
        #expect(caching(rules, "/") == base)
        var expected = base
        expected.ruleTTL = 1
        #expect(caching(rules, "/a/x") == expected)
        expected.stripCookies = true
        #expect(caching(rules, "/a/x.css") == expected)
        expected.ruleTTL = 2
        #expect(caching(rules, "/x.css") == expected)
        expected.cacheable = false
        #expect(caching(rules, "/b/x.css") == expected)
    }

    @Test("a rule that sets a setting to false or 0 sets it")
    func falseCounts() {
        let rules = [
            rule("/a", cache: false, ttl: 0, force: false, cookies: false),
            rule("*", cache: true, ttl: 5, force: true, cookies: true),
        ]
        #expect(caching(rules, "/a") == CachingPolicy(defaultTTL: 9, ruleTTL: 0, cacheable: false))
    }

    @Test("no rule, no match: the site's own")
    func none() {
        #expect(caching([], "/a") == CachingPolicy(defaultTTL: 9))
        #expect(caching([rule("/b", cache: false)], "/a") == CachingPolicy(defaultTTL: 9))
    }
}

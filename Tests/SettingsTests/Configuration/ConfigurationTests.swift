import Engine
import Invalidation
import RedisLocation
import Testing

// For the memberwise initialisers: nobody else makes these values by hand.
@testable import Settings

@Suite("A configuration")
struct ConfigurationTests {
    @Test("the sample of the design is read value by value")
    func sample() throws {
        let configuration = try Samples.load(Samples.design, ["STRATA_PURGE_TOKEN": "geheim"])
        #expect(configuration.listen == [.tcp(host: "127.0.0.1", port: 8080)])
        #expect(configuration.threads == nil)
        #expect(configuration.state == "var/state")
        #expect(configuration.shutdownTimeout == 10_000)
        #expect(configuration.admin == .init(listen: .tcp(host: "127.0.0.1", port: 9090), token: nil))
        #expect(configuration.tiers.memory == .init(size: 268_435_456, policy: .s3FIFO, maxObject: 8_388_608))
        #expect(
            try configuration.tiers.redis
                == .init(
                    url: RedisURL("redis://127.0.0.1:6379/0"), prefix: "strata:", timeout: 50, maxObject: 1_048_576,
                    maxTTL: 3_600_000, lease: 5_000, write: .behind, promote: .always))
        #expect(
            configuration.tiers.disk
                == .init(
                    path: "var/cache", size: 10_737_418_240, maxObject: 1_073_741_824, sync: 1_000, saveIndex: 30_000,
                    write: .behind,
                    promote: .always))
        #expect(
            configuration.purge
                == .init(
                    allow: .loopback, tokens: [.init(token: "geheim")], rate: 1_000, refreshRate: 20,
                    maxBlind: 30_000, retention: 604_800_000, maxRecords: 1_000_000))
        #expect(configuration.trustedProxies.isEmpty)
        #expect(configuration.debugAllow == .loopback)
        #expect(
            configuration.limits
                == .init(requestHead: 65_536, requestLine: 16_384, fields: 100, requestBody: nil, connections: 100_000))
        #expect(configuration.timeouts == .init(header: 10_000, body: 30_000, idle: 60_000, write: 30_000))
        #expect(configuration.log == .init(level: .info, format: .text, access: .init(path: nil, format: .combined)))
    }

    @Test("so are its origins and sites")
    func sampleSites() throws {
        let configuration = try Samples.load(Samples.design, ["STRATA_PURGE_TOKEN": "geheim"])
        #expect(
            configuration.origins == [
                .init(
                    name: "app", server: .init(scheme: .http, host: "127.0.0.1", port: 3000), host: .client,
                    connectTimeout: 2_000, timeout: 30_000, idleTimeout: 30_000, keepalive: 64, retry: .never, via: true
                )
            ])
        let site = try #require(configuration.sites.first)
        #expect(configuration.sites.count == 1)
        #expect(site.hosts == ["example.com", "*.example.com"])
        #expect(site.origin == 0)
        #expect(
            site.cache
                == .init(
                    defaultTTL: 0, staleWhileRevalidate: 0, staleIfError: 3_600_000,
                    tags: ["Surrogate-Key", "Cache-Tag", "xkey", "X-Cache-Tags"], exposeTags: false))
        #expect(site.query == .init(drop: [Glob("utm_*"), Glob("fbclid"), Glob("gclid")], sort: true))
        #expect(
            site.rules == [
                .init(match: .init(paths: [Glob("/admin/*")]), cache: false),
                .init(match: .init(paths: [Glob("/static/*")]), ttl: 604_800_000, stripCookies: true),
            ])
        let hosts = ["example.com", "www.example.com:81", "example.org"]
        let found = hosts.map { host in Array(host.utf8).withUnsafeBytes { configuration.siteTable.index(ofHost: $0) } }
        #expect(found == [0, 0, nil])
    }

    @Test("a rule has its conditions and settings")
    func rules() throws {
        let configuration = try Samples.load(
            """
            sites:
              - hosts: ["*"]
                origin: http://h
                cache: { client_revalidation: ignore }
                key: { query: { keep: [page, "q*"] } }
                rules:
                  - match:
                      path: ["/a/*", "*.png"]
                      method: [GET, POST]
                      header: { X-Beta: "v2*" }
                      cookie: { session: "*" }
                    cache: false
                  - match: { status: [404, 5xx, 301-303], content_type: "Image/*" }
                    ttl: 10s
                    force: true
                    stale_while_revalidate: 5s
                    stale_if_error: 0s
                    tags: [a, b]
                    response_headers: { set: { X-A: "1 2" }, remove: [Server] }
                  - match: { path: "*" }
                    query: { keep: [], sort: true }
                    request_headers: { set: { X-Device: phone }, remove: Cookie }

            """)
        let site = configuration.sites[0]
        #expect(site.cache.clientRevalidation == .ignore)
        #expect(site.query == .init(keep: [Glob("page"), Glob("q*")], drop: [], sort: false))
        var first = Configuration.Rule(match: .init(paths: [Glob("/a/*"), Glob("*.png")]), cache: false)
        first.match.methods = ["GET", "POST"]
        first.match.headers = [.init(name: "X-Beta", value: Glob("v2*"))]
        first.match.cookies = [.init(name: "session", value: Glob("*"))]
        #expect(site.rules[0] == first)
        var second = Configuration.Rule(
            match: .init(contentTypes: [Glob("image/*")], statuses: [404...404, 500...599, 301...303]), ttl: 10_000,
            force: true, staleWhileRevalidate: 5_000, staleIfError: 0, tags: ["a", "b"])
        second.responseHeaders = .init(set: [.init(name: "X-A", value: "1 2")], remove: ["Server"])
        #expect(site.rules[1] == second)
        var third = Configuration.Rule(match: .init(paths: [Glob("*")]))
        third.query = .init(keep: [], drop: [], sort: true)
        third.requestHeaders = .init(set: [.init(name: "X-Device", value: "phone")], remove: ["Cookie"])
        #expect(site.rules[2] == third)
    }

    @Test("what the least file leaves out has its default")
    func defaults() throws {
        let configuration = try Samples.load(Samples.least)
        #expect(configuration.listen == [.tcp(host: "127.0.0.1", port: 8080)])
        #expect(configuration.threads == nil)
        #expect(configuration.state == "var/state")
        #expect(configuration.admin == .init(listen: .tcp(host: "127.0.0.1", port: 9090), token: nil))
        #expect(configuration.tiers == .init(memory: .init(size: 256 << 20, policy: .adaptive, maxObject: 8 << 20)))
        #expect(configuration.purge.allow == .loopback)
        #expect(configuration.purge.tokens == [])
        #expect(configuration.debugAllow == .loopback)
        #expect(configuration.log == .init(level: .info, format: .text, access: nil))
        #expect(configuration.sites[0].cache.staleIfError == 3_600_000)
        #expect(configuration.sites[0].cache.tags == ["Surrogate-Key", "Cache-Tag", "xkey", "X-Cache-Tags"])
        #expect(configuration.sites[0].query == .init(drop: [], sort: false))
        #expect(configuration.sites[0].rules == [])
        #expect(configuration.origins.map(\.name) == ["http://127.0.0.1:3000"])
    }

    @Test("what is said of Redis: TLS files, compression, no lease")
    func redisTier() throws {
        let tiers = """
            tiers:
              redis:
                url: "rediss+sentinel://:pw@a,b:1/main/2?sentinel_password=s"
                tls: { ca: /etc/ca.pem, certificate: /etc/c.pem, key: /etc/k.pem, verify: chain }
                compress: { min_size: 4KB }
                lease: off

            """
        let redis = try #require(try Samples.load(tiers + Samples.least).tiers.redis)
        #expect(redis.url.deployment == .sentinel([.host("a", port: 26379), .host("b", port: 1)], master: "main"))
        #expect(redis.url.database == 2 && redis.url.sentinelLogin?.password == "s")
        #expect(
            redis.tls
                == .init(authorities: "/etc/ca.pem", certificate: "/etc/c.pem", key: "/etc/k.pem", verify: .chain))
        #expect(redis.compress == .init(level: 1, minSize: 4096))
        #expect(redis.lease == nil)
        let plain = try Samples.load("tiers: { redis: { url: \"rediss://h\" } }\n" + Samples.least)
        #expect(plain.tiers.redis?.tls == .init(verify: .full))
    }

    @Test("tiers that are named have their defaults, the others are absent")
    func tierDefaults() throws {
        let tiers = """
            tiers:
              redis: { url: "redis://u:p%40ss@[::1]/3" }
              disk: { path: /srv/strata/cache, size: 100MB, promote: 3 }
            purge: { retention: 1h }

            """
        let configuration = try Samples.load(tiers + Samples.least)
        #expect(configuration.tiers.memory == nil)
        #expect(
            try configuration.tiers.redis
                == .init(
                    url: RedisURL("redis://u:p%40ss@[::1]/3"), prefix: "strata:", timeout: 50, maxObject: 1 << 20,
                    maxTTL: 3_600_000, lease: 5_000, write: .behind, promote: .always))
        #expect(
            configuration.tiers.disk
                == .init(
                    path: "/srv/strata/cache", size: 100 << 20, maxObject: 50 << 20, sync: 1_000, saveIndex: 30_000,
                    write: .behind,
                    promote: .hits(3)))
        #expect(configuration.state == "/srv/strata/state")
        #expect(try Samples.load("tiers: {}\n" + Samples.least).tiers == .init())
        #expect(try Samples.load("tiers:\n  memory:\n" + Samples.least).tiers.memory?.size == 256 << 20)
    }

    @Test("words in place of numbers")
    func words() throws {
        let configuration = try Samples.load(
            """
            threads: 4
            admin: { listen: off }
            limits: { request_body: 10MB, request_head: 8KB }
            log: { access: { format: off } }

            """ + Samples.least)
        #expect(configuration.threads == 4)
        #expect(configuration.admin == nil)
        #expect(configuration.limits.requestBody == 10 << 20)
        #expect(configuration.limits.requestLine == 8 << 10)
        #expect(configuration.log.access == nil)
    }

    @Test("origins stand by name, as a URL or inline; inline ones that are the same are one")
    func origins() throws {
        let configuration = try Samples.load(
            """
            origins:
              b: { servers: "https://b.example", host: origin, retry: idempotent, via: false }
            sites:
              - { hosts: a, origin: b }
              - { hosts: b, origin: "http://[::1]:81/" }
              - { hosts: c, origin: { url: "http://[::1]:81" } }
              - { hosts: d, origin: { url: "http://[::1]:81", host: "App.Internal:8080", keepalive: 0 } }
            """)
        #expect(configuration.origins.map(\.name) == ["b", "http://[::1]:81", "http://[::1]:81"])
        #expect(configuration.sites.map(\.origin) == [0, 1, 1, 2])
        #expect(configuration.origins[0].server == .init(scheme: .https, host: "b.example", port: 443))
        #expect(configuration.origins[0].host == .origin)
        #expect(configuration.origins[0].retry == .idempotent)
        #expect(!configuration.origins[0].via)
        #expect(configuration.origins[1].server == .init(scheme: .http, host: "::1", port: 81))
        #expect(configuration.origins[2].host == .name("app.internal:8080"))
        #expect(configuration.origins[2].keepalive == 0)
    }

    @Test("host patterns and path patterns come in canonical form")
    func canonical() throws {
        let configuration = try Samples.load(
            """
            sites:
              - hosts: [EXAMPLE.com., "*.B.Example", "[0:0::1]", 192.0.2.1]
                origin: http://h
                rules: [{ match: { path: "/%7euser/%c3%a9?/%2f*" }, cache: true }]
            """)
        #expect(configuration.sites[0].hosts == ["example.com", "*.b.example", "[::1]", "192.0.2.1"])
        #expect(configuration.sites[0].rules[0].match.paths[0].text == "/~user/%C3%A9?/%2F*")
    }

    @Test(
        "listeners",
        arguments: [
            ("127.0.0.1:8080", ListenAddress.tcp(host: "127.0.0.1", port: 8080), true),
            ("0.0.0.0:80", .tcp(host: "0.0.0.0", port: 80), false),
            ("[::1]:80", .tcp(host: "::1", port: 80), true), ("[::]:0", .tcp(host: "::", port: 0), false),
            ("localhost:1", .tcp(host: "localhost", port: 1), true),
            ("proxy.example:1", .tcp(host: "proxy.example", port: 1), false),
            ("unix:/run/strata.sock", .unix(path: "/run/strata.sock"), true),
        ])
    func listeners(_ text: String, _ address: ListenAddress, _ isLocal: Bool) throws {
        let configuration = try Samples.load("listen: [\"\(text)\"]\n" + Samples.least)
        #expect(configuration.listen == [address])
        #expect(address.isLocal == isLocal)
        #expect(address.description == text)
    }

    @Test("an alias of an anchor is what the anchor names")
    func aliases() throws {
        let configuration = try Samples.load(
            """
            sites:
              - { hosts: a, origin: http://h, cache: &cache { stale_if_error: 5m, tags: [T] } }
              - { hosts: b, origin: http://h, cache: *cache }
            """)
        #expect(configuration.sites[1].cache.staleIfError == 300_000)
        #expect(configuration.sites[1].cache.tags == ["T"])
    }

    @Test("a purge token may be bound to hosts")
    func scopedTokens() throws {
        let configuration = try Samples.load(
            """
            purge: { tokens: [all, { token: some, hosts: ["*.example.com", example.com] }], audit: var/purges.log, rate: 5 }
            sites: [{ hosts: "*", origin: "http://127.0.0.1:1" }]
            """)
        #expect(
            configuration.purge.tokens
                == [.init(token: "all"), .init(token: "some", hosts: ["*.example.com", "example.com"])])
        #expect(configuration.purge.audit == "var/purges.log")
        #expect(configuration.purge.rate == 5)
    }

    @Test("partitions have shares of the tiers; sites, rules and tokens name them")
    func partitions() throws {
        let configuration = try Samples.load(
            """
            tiers: { memory: { size: 100MB }, disk: { path: d, size: 1GB } }
            partitions:
              shop: { memory: 60MB, disk: 512MB }
              blog: { memory: 10MB, disk: off }
            purge: { tokens: [{ token: t, partitions: [shop, default] }] }
            sites:
              - { hosts: shop.example, origin: "http://h", partition: shop }
              - hosts: "*"
                origin: "http://h"
                rules: [{ match: { header: { X-Tenant: b } }, partition: blog }, { match: { path: "*" }, partition: default }]
            """)
        #expect(
            configuration.partitions == [
                .init(name: "shop", memory: 60 << 20, redis: true, disk: 512 << 20),
                .init(name: "blog", memory: 10 << 20, redis: true, disk: nil),
            ])
        #expect(configuration.defaultShare(of: 100 << 20, \.memory) == 30 << 20)
        #expect(configuration.defaultShare(of: 1 << 30, \.disk) == 512 << 20)
        // Half of what is left.
        #expect(configuration.tiers.disk?.maxObject == 256 << 20)
        #expect(configuration.sites.map { configuration.partitionNumber($0.partition) } == [1, 0])
        #expect(configuration.sites[1].rules.map { configuration.partitionNumber($0.partition) } == [2, 0])
        #expect(configuration.purge.tokens == [.init(token: "t", partitions: ["shop", "default"])])
    }
}

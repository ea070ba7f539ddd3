import RedisTier
import Testing

@Suite struct RedisURLTests {
    struct Good: Sendable, CustomTestStringConvertible {
        var url: String
        var address: RedisTierConfiguration.Address
        var username: String?
        var password: String?
        var database = 0
        var testDescription: String { url }
    }

    @Test(
        "a URL gives address, user, password and database",
        arguments: [
            Good(url: "redis://127.0.0.1:6380/2", address: .host("127.0.0.1", port: 6380), database: 2),
            Good(url: "redis://cache.example", address: .host("cache.example", port: 6379)),
            Good(url: "REDIS://h/", address: .host("h", port: 6379)),
            Good(url: "redis://[::1]:7000/0", address: .host("::1", port: 7000)),
            Good(url: "redis://[fe80::1%eth0]", address: .host("fe80::1%eth0", port: 6379)),
            Good(url: "redis://:secret@h", address: .host("h", port: 6379), password: "secret"),
            Good(
                url: "redis://app:s%40c%2Fr%3At@h:1/15", address: .host("h", port: 1), username: "app",
                password: "s@c/r:t", database: 15),
            Good(url: "redis://app:a@b@h", address: .host("h", port: 6379), username: "app", password: "a@b"),
            Good(url: "redis://h?db=3", address: .host("h", port: 6379), database: 3),
            Good(url: "unix:/run/redis.sock", address: .unixSocket(path: "/run/redis.sock")),
            Good(url: "unix:///run/redis.sock?db=4", address: .unixSocket(path: "/run/redis.sock"), database: 4),
            Good(
                url: "redis+unix://app:pw@/run/a@b.sock", address: .unixSocket(path: "/run/a@b.sock"), username: "app",
                password: "pw"),
            Good(url: "redis+unix:///run/my%20redis", address: .unixSocket(path: "/run/my redis")),
        ])
    func parses(_ row: Good) throws {
        let parsed = try RedisTierConfiguration(url: row.url)
        #expect(parsed.address == row.address)
        #expect(parsed.username == row.username)
        #expect(parsed.password == row.password)
        #expect(parsed.database == row.database)
        #expect(parsed.prefix == "strata:" && parsed.timeoutMilliseconds == 50 && parsed.maxObject == 1 << 20)
    }

    @Test(
        "what is wrong with a URL is told",
        arguments: [
            ("localhost", RedisConfigurationError.noScheme),
            ("redis:localhost", .noScheme),
            ("redis+unix:/x", .noScheme),
            ("http://h", .unknownScheme("http")),
            ("localhost:6379", .unknownScheme("localhost")),
            ("rediss://h", .notSupportedYet(scheme: "rediss", what: "TLS to Redis")),
            ("redis+sentinel://a,b/main", .notSupportedYet(scheme: "redis+sentinel", what: "Sentinel")),
            ("redis+cluster://a", .notSupportedYet(scheme: "redis+cluster", what: "Redis Cluster")),
            ("redis://", .noHost),
            ("redis://:6379", .noHost),
            ("redis://a b", .badHost("a b")),
            ("redis://a,b", .badHost("a,b")),
            ("redis://[::1", .badHost("[::1")),
            ("redis://[::1]x", .badHost("[::1]x")),
            ("redis://h:", .badPort("")),
            ("redis://h:0", .badPort("0")),
            ("redis://h:65536", .badPort("65536")),
            ("redis://h:+1", .badPort("+1")),
            ("redis://h:99999999999999999999", .badPort("99999999999999999999")),
            ("redis://h/x", .badDatabase("x")),
            ("redis://h/-1", .badDatabase("-1")),
            ("redis://h/2147483648", .badDatabase("2147483648")),
            ("redis://h?db=", .badDatabase("")),
            ("redis://h?timeout=5", .unknownParameter("timeout")),
            ("redis://app@h", .userWithoutPassword("app")),
            ("redis://app:@h", .userWithoutPassword("app")),
            ("redis://:a%4@h", .badPercentEncoding),
            ("redis://:a%zz@h", .badPercentEncoding),
            ("redis://:%ff@h", .badPercentEncoding),
            ("redis://:a#b@h", .fragment),
            ("unix:", .noPath),
            ("unix:run/redis.sock", .relativePath("run/redis.sock")),
        ])
    func refuses(url: String, error: RedisConfigurationError) {
        #expect(throws: error) { try RedisTierConfiguration(url: url) }
        #expect(!error.description.isEmpty)
    }

    @Test("no message shows the password")
    func messagesKeepThePassword() {
        for url in ["redis://u:hunter2@a b", "redis://u:hunter2@h:x", "redis://u:hunter2@h/x", "redis://u:hunter2%@h"] {
            do {
                _ = try RedisTierConfiguration(url: url)
                Issue.record("\(url) passed")
            } catch { #expect(!"\(error)".contains("hunter2") && !error.description.contains("hunter2")) }
        }
    }

    @Test(
        "values out of bounds are refused",
        arguments: [
            RedisTierConfiguration(prefix: "with space:"), RedisTierConfiguration(prefix: "ü:"),
            RedisTierConfiguration(prefix: String(repeating: "p", count: 129)),
            RedisTierConfiguration(timeoutMilliseconds: 0), RedisTierConfiguration(maxObject: 257 << 20),
            RedisTierConfiguration(maxTTLMilliseconds: 0), RedisTierConfiguration(database: -1),
            RedisTierConfiguration(connectTimeoutMilliseconds: 0), RedisTierConfiguration(maxQueuedOperations: 0),
            RedisTierConfiguration(maxQueuedBytes: 0), RedisTierConfiguration(breakerThreshold: 0),
        ])
    func bounds(_ configuration: RedisTierConfiguration) throws {
        #expect(throws: RedisConfigurationError.self) { try configuration.validated() }
        #expect(try RedisTierConfiguration().validated() == RedisTierConfiguration())
    }
}

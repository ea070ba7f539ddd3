import RedisLocation
import Testing

@Suite struct RedisURLTests {
    struct Good: Sendable, CustomTestStringConvertible {
        var url: String
        var deployment: RedisDeployment
        var login: RedisURL.Login?
        var database = 0
        var tls = false
        var sentinelLogin: RedisURL.Login?
        var testDescription: String { url }
    }

    static func one(_ host: String, _ port: Int = 6379) -> RedisDeployment { .standalone(.host(host, port: port)) }
    static func login(_ user: String?, _ password: String) -> RedisURL.Login {
        RedisURL.Login(username: user, password: password)
    }

    @Test(
        "a URL gives address, user, password and database",
        arguments: [
            Good(url: "redis://127.0.0.1:6380/2", deployment: one("127.0.0.1", 6380), database: 2),
            Good(url: "redis://cache.example", deployment: one("cache.example")),
            Good(url: "REDIS://h/", deployment: one("h")),
            Good(url: "valkey://h", deployment: one("h")),
            Good(url: "redis://[::1]:7000/0", deployment: one("::1", 7000)),
            Good(url: "redis://[fe80::1%eth0]", deployment: one("fe80::1%eth0")),
            Good(url: "redis://:secret@h", deployment: one("h"), login: login(nil, "secret")),
            Good(
                url: "redis://app:s%40c%2Fr%3At@h:1/15", deployment: one("h", 1), login: login("app", "s@c/r:t"),
                database: 15),
            Good(url: "redis://app:a@b@h", deployment: one("h"), login: login("app", "a@b")),
            Good(url: "redis://h?db=3", deployment: one("h"), database: 3),
            Good(url: "rediss://h:6380", deployment: one("h", 6380), tls: true),
            Good(url: "valkeys://h", deployment: one("h"), tls: true),
            Good(url: "unix:/run/redis.sock", deployment: .standalone(.unixSocket(path: "/run/redis.sock"))),
            Good(
                url: "unix:///run/redis.sock?db=4", deployment: .standalone(.unixSocket(path: "/run/redis.sock")),
                database: 4),
            Good(
                url: "redis+unix://app:pw@/run/a@b.sock",
                deployment: .standalone(.unixSocket(path: "/run/a@b.sock")), login: login("app", "pw")),
            Good(url: "redis+unix:///run/my%20redis", deployment: .standalone(.unixSocket(path: "/run/my redis"))),
            Good(
                url: "redis+sentinel://a,b:1,[::1]:2/main",
                deployment: .sentinel(
                    [.host("a", port: 26379), .host("b", port: 1), .host("::1", port: 2)], master: "main")),
            Good(
                url: "redis-sentinel://app:pw@a/my.master_1/3?sentinel_user=s&sentinel_password=t%26",
                deployment: .sentinel([.host("a", port: 26379)], master: "my.master_1"), login: login("app", "pw"),
                database: 3, sentinelLogin: login("s", "t&")),
            Good(
                url: "rediss+sentinel://a,a/m?sentinel_password=t",
                deployment: .sentinel([.host("a", port: 26379)], master: "m"), tls: true,
                sentinelLogin: login(nil, "t")),
            Good(
                url: "redis+cluster://:pw@a:7000,b",
                deployment: .cluster([.host("a", port: 7000), .host("b", port: 6379)]),
                login: login(nil, "pw")),
            Good(url: "rediss+cluster://a/0", deployment: .cluster([.host("a", port: 6379)]), tls: true),
        ])
    func parses(_ row: Good) throws {
        let parsed = try RedisURL(row.url)
        #expect(parsed.deployment == row.deployment)
        #expect(parsed.login == row.login && parsed.sentinelLogin == row.sentinelLogin)
        #expect(parsed.database == row.database && parsed.usesTLS == row.tls)
    }

    @Test(
        "what is wrong with a URL is told",
        arguments: [
            ("localhost", RedisURLError.noScheme),
            ("redis:localhost", .noScheme),
            ("redis+unix:/x", .noScheme),
            ("http://h", .unknownScheme("http")),
            ("localhost:6379", .unknownScheme("localhost")),
            ("rediss+unix:///x", .unknownScheme("rediss+unix")),
            ("redis+sentinel://a,b", .noMasterName),
            ("redis+sentinel://a,b/", .noMasterName),
            ("redis+sentinel://a/m n", .badByte),
            ("redis+sentinel://a/m*", .badMasterName("m*")),
            ("redis+sentinel://a,/m", .noHost),
            ("redis+sentinel://a/m/x", .badDatabase("x")),
            ("redis+sentinel://a/m?sentinel_user=x", .userWithoutPassword("x")),
            ("redis+sentinel://a/m?sentinel_password=", .emptyPassword),
            ("redis://a?sentinel_password=x", .sentinelParameter("sentinel_password")),
            ("redis+cluster://a,b/1", .databaseInCluster),
            ("redis+cluster://a?db=2", .databaseInCluster),
            ("redis+cluster://", .noHost),
            ("redis://", .noHost),
            ("redis://:6379", .noHost),
            ("redis://a b", .badByte),
            ("redis://a*b", .badHost("a*b")),
            ("redis://a,b", .severalHosts),
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
            ("redis://:@h", .emptyPassword),
            ("redis://:a%4@h", .badPercentEncoding),
            ("redis://:a%zz@h", .badPercentEncoding),
            ("redis://:%ff@h", .badPercentEncoding),
            ("redis://:a#b@h", .fragment),
            ("unix:", .noPath),
            ("unix:/" + String(repeating: "x", count: 107), .pathTooLong),
            ("unix:run/redis.sock", .relativePath("run/redis.sock")),
        ])
    func refuses(url: String, error: RedisURLError) {
        #expect(throws: error) { try RedisURL(url) }
        #expect(!error.description.isEmpty)
    }

    @Test("no message shows the password")
    func messagesKeepThePassword() {
        for url in ["redis://u:hunter2@a b", "redis://u:hunter2@h:x", "redis://u:hunter2@h/x", "redis://u:hunter2%@h"] {
            do {
                _ = try RedisURL(url)
                Issue.record("\(url) passed")
            } catch { #expect(!"\(error)".contains("hunter2") && !error.description.contains("hunter2")) }
        }
    }
}

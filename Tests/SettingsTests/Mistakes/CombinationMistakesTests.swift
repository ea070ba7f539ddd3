import Testing

@Suite("Mistakes: combinations")
struct CombinationMistakesTests {
    @Test("combinations that can't work are named", arguments: MistakeTable.rows(table))
    func mistakes(_ row: MistakeTable.Row) {
        #expect(Samples.mistakes(row.yaml) == row.messages)
    }

    private static let table = #"""
        tiers: { memory: { size: 1MB, max_object: 2MB } }
        …
        => 1:43: tiers.memory.max_object: "2MB" is above half of tiers.memory.size (1MB)

        tiers: { disk: { path: d, size: 1GB, max_object: 2GB } }
        …
        => 1:50: tiers.disk.max_object: "2GB" is above half of tiers.disk.size (1GB)

        tiers: { redis: { url: "redis://h", tls: { ca: a.pem } } }
        …
        => 1:42: tiers.redis.tls: tiers.redis.url is without TLS; its scheme would be rediss

        tiers: { redis: { url: "rediss://h", tls: { key: a.pem } } }
        …
        => 1:50: tiers.redis.tls.key: tls.certificate is missing; the two go together

        tiers: { redis: { url: "redis://h", max_ttl: 8d } }
        …
        => 1:46: tiers.redis.max_ttl: "8d" is above purge.retention (7d)

        purge: { retention: 1m, max_blind: 2m }
        …
        => 1:36: purge.max_blind: "2m" is above purge.retention (1m)

        state: x/c/
        tiers: { disk: { path: ./x/c } }
        …
        => 1:8: state: "x/c/" is tiers.disk.path already; they need two folders

        limits: { request_head: 4KB, request_line: 8KB }
        …
        => 1:44: limits.request_line: "8KB" is above limits.request_head (4KB)

        admin: { listen: "0.0.0.0:9090" }
        …
        => 1:18: admin.listen: "0.0.0.0:9090" is not on loopback: set admin.token, or listen on 127.0.0.1

        admin: { listen: "[::]:9090", token: "" }
        …
        => 1:18: admin.listen: "[::]:9090" is not on loopback: set admin.token, or listen on 127.0.0.1

        admin: { listen: "127.0.0.1:8080" }
        …
        => 1:18: admin.listen: "127.0.0.1:8080" is listen[0] already

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: /a }, write: { redis: through, disk: behind } }] }]
        => 1:86: sites[0].rules[0].write.redis: there is no tiers.redis
        => 1:101: sites[0].rules[0].write.disk: there is no tiers.disk

        tiers: { disk: { path: d } }
        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: /a }, write: { memory: through }, \#
        promote: { redis: 3, disk: 3 } }] }]
        => 2:87: sites[0].rules[0].write.memory: there is no tiers.memory
        => 2:116: sites[0].rules[0].promote.redis: there is no tiers.redis

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: /a }, write: { redis: off }, \#
        promote: { disk: never } }] }]

        listen: ["127.0.0.1:1", "127.0.0.1:1"]
        …
        => 1:25: listen[1]: "127.0.0.1:1" is listen[0] already
        """#
}

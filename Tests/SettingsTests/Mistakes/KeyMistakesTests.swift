import Testing

@Suite("Mistakes: keys and shapes")
struct KeyMistakesTests {
    @Test("wrong keys and shapes are named with what would be right", arguments: MistakeTable.rows(table))
    func mistakes(_ row: MistakeTable.Row) {
        #expect(Samples.mistakes(row.yaml) == row.messages)
    }

    private static let table = #"""
        tiers: { memory: { sise: 256MB } }
        …
        => 1:20: tiers.memory.sise: unknown key; did you mean "size"?

        Listen: "127.0.0.1:80"
        …
        => 1:1: Listen: unknown key; did you mean "listen"?

        limits: { frobnicate: 1 }
        …
        => 1:11: limits.frobnicate: unknown key; known here: request_head, request_line, fields, request_body, \#
        connections

        tiers: 5
        …
        => 1:8: tiers: expected keys (memory, redis, disk), found "5"

        tiers: { memory: [1] }
        …
        => 1:18: tiers.memory: expected keys (size, policy, max_object, max_ttl), found a list

        threads: [1]
        …
        => 1:10: threads: expected "auto" or a whole number, found a list; write digits alone, as 100

        threads: { a: 1 }
        …
        => 1:10: threads: expected "auto" or a whole number, found keys; write digits alone, as 100

        threads:
        …
        => 1:9: threads: expected "auto" or a whole number, found nothing; write digits alone, as 100

        debug: { allow: { a: 1 } }
        …
        => 1:17: debug.allow: expected a list of IP addresses, networks and unix, found keys

        tiers: { disk: { size: 1GB } }
        …
        => 1:16: tiers.disk.path: missing; write a path, as "var/cache"

        tiers: { redis: }
        …
        => 1:17: tiers.redis.url: missing; write "redis://host:port/database", as "redis://127.0.0.1:6379/0"

        siets: []
        => 1:1: siets: unknown key; did you mean "sites"?

        sites: {}
        => 1:8: sites: expected a list whose items have keys (hosts, origin, cache, key, partition, rules), found keys

        sites: []
        => 1:8: sites: no sites; name at least one with hosts and origin, or run with --origin URL

        sites:
        => 1:7: sites: no sites; name at least one with hosts and origin, or run with --origin URL

        threads: 1
        => 1:1: sites: no sites; name at least one with hosts and origin, or run with --origin URL

        sites: [{}]
        => 1:9: sites[0].hosts: missing; write a name, "*.name" or "*", as "example.com"
        => 1:9: sites[0].origin: missing; write the name of an origin, or a URL as "http://127.0.0.1:3000"

        sites: [5]
        => 1:9: sites[0]: expected keys (hosts, origin, cache, key, partition, rules), found "5"

        limits: &l {fields: 1}
        timeouts: { <<: *l }
        …
        => 2:13: timeouts.<<: merge keys are not supported; use an alias for a whole value, or write the keys out

        limits: { [a]: 1 }
        …
        => 1:11: limits: a key has to be a single word

        limits: { "a\nb": 1 }
        …
        => 1:11: limits.a�b: unknown key; known here: request_head, request_line, fields, request_body, connections

        - a
        => 1:1: expected keys (listen, threads, state, shutdown_timeout, admin, tiers, partitions, purge, trusted_proxies, \#
        debug, origins, sites, limits, timeouts, log), found a list

        hello
        => 1:1: expected keys (listen, threads, state, shutdown_timeout, admin, tiers, partitions, purge, trusted_proxies, \#
        debug, origins, sites, limits, timeouts, log), found "hello"

        sites: [{ hosts: a, origin: http://h, rules: [{ cache: true }] }]
        => 1:47: sites[0].rules[0].match: missing; give it keys (path, method, header, cookie, content_type, \#
        status)

        log: &x { levl: info }
        debug: *x
        …
        => 1:11: log.levl: unknown key; did you mean "level"?
        => 1:11: debug.levl: unknown key; known here: allow
        """#
}

import Testing

@Suite("Mistakes: values")
struct ValueMistakesTests {
    @Test("wrong values are named with what is allowed", arguments: MistakeTable.rows(table))
    func mistakes(_ row: MistakeTable.Row) {
        #expect(Samples.mistakes(row.yaml) == row.messages)
    }

    private static let table = #"""
        threads: 0
        …
        => 1:10: threads: "0" is below the minimum of 1

        threads: 2000
        …
        => 1:10: threads: "2000" is above the maximum of 1024

        threads: 0123
        …
        => 1:10: threads: "0123" is not "auto" or a whole number; write digits alone, as 100

        threads: 1e3
        …
        => 1:10: threads: "1e3" is not "auto" or a whole number; write digits alone, as 100

        threads: ""
        …
        => 1:10: threads: "" is not "auto" or a whole number; write digits alone, as 100

        threads: 99999999999999999999
        …
        => 1:10: threads: "99999999999999999999" is above the maximum of 1024

        threads: -1
        …
        => 1:10: threads: "-1" is not "auto" or a whole number; write digits alone, as 100

        tiers: { memory: { size: 256mb } }
        …
        => 1:26: tiers.memory.size: "256mb" is not a size; write a whole number with B, KB, MB, GB or TB, as 256MB

        tiers: { memory: { size: 8 MB } }
        …
        => 1:26: tiers.memory.size: "8 MB" is not a size; write a whole number with B, KB, MB, GB or TB, as 256MB

        tiers: { memory: { size: 1.5GB } }
        …
        => 1:26: tiers.memory.size: "1.5GB" is not a size; write a whole number with B, KB, MB, GB or TB, as 256MB

        tiers: { memory: { size: 1KB } }
        …
        => 1:26: tiers.memory.size: "1KB" is below the minimum of 1MB

        tiers: { memory: { size: 9999999TB } }
        …
        => 1:26: tiers.memory.size: "9999999TB" is above the maximum of 16TB

        tiers: { memory: { size: 99999999999TB } }
        …
        => 1:26: tiers.memory.size: "99999999999TB" is above the maximum of 16TB

        limits: { request_head: lots }
        …
        => 1:25: limits.request_head: "lots" is not a size; write a whole number with B, KB, MB, GB or TB, as 64KB

        tiers: { memory: { policy: lur } }
        …
        => 1:28: tiers.memory.policy: "lur" is not one of: adaptive, lru, lfu, arc, s3-fifo, sieve, w-tinylfu, gdsf; did you mean "lru"?

        tiers: { memory: { policy: clock } }
        …
        => 1:28: tiers.memory.policy: "clock" is not one of: adaptive, lru, lfu, arc, s3-fifo, sieve, w-tinylfu, gdsf

        shutdown_timeout: 10
        …
        => 1:19: shutdown_timeout: "10" is not a duration; write a whole number with ms, s, m, h or d, as 30s

        shutdown_timeout: 2h
        …
        => 1:19: shutdown_timeout: "2h" is above the maximum of 1h

        shutdown_timeout: 1h30m
        …
        => 1:19: shutdown_timeout: "1h30m" is not a duration; write a whole number with ms, s, m, h or d, as 30s

        limits: { request_body: none }
        …
        => 1:25: limits.request_body: "none" is not "unlimited" or a size; write a whole number with B, KB, MB, GB \#
        or TB, as 256MB

        log: { access: { format: xml } }
        …
        => 1:26: log.access.format: "xml" is not one of: combined, json, off

        state: ""
        …
        => 1:8: state: "" is empty; write a path, as "var/cache"

        listen: []
        …
        => 1:9: listen: the list is empty; write "host:port", "[v6]:port" or "unix:/path", as "127.0.0.1:8080"

        listen: 80
        …
        => 1:9: listen: "80" has no host; did you mean "0.0.0.0:80" (everywhere) or "127.0.0.1:80"?

        listen: ":80"
        …
        => 1:9: listen: ":80" has no host; did you mean "0.0.0.0:80" (everywhere) or "127.0.0.1:80"?

        listen: "::1:80"
        …
        => 1:9: listen: "::1:80" has an IPv6 address without brackets, or no port

        listen: "[::1"
        …
        => 1:9: listen: "[::1" has brackets around what is no IPv6 address

        listen: h
        …
        => 1:9: listen: "h" is not an address to listen on; write "host:port", "[v6]:port" or "unix:/path", as \#
        "127.0.0.1:8080"

        listen: "h:x"
        …
        => 1:9: listen: "h:x" has a port that is not a number up to 65535

        listen: "h:70000"
        …
        => 1:9: listen: "h:70000" has a port that is not a number up to 65535

        listen: "unix:a"
        …
        => 1:9: listen: "unix:a" has no absolute path after unix:

        listen: "http://h:80"
        …
        => 1:9: listen: "http://h:80" has a scheme; write "host:port" alone

        trusted_proxies: yes
        …
        => 1:18: trusted_proxies: "yes" is not an IP address, a network or unix; write an address or a network, as \#
        "192.0.2.1" or "10.0.0.0/8", or unix

        trusted_proxies: 10.0.0.1/8
        …
        => 1:18: trusted_proxies: "10.0.0.1/8" has bits set behind its prefix; did you mean "10.0.0.0/8"?

        trusted_proxies: ["::/129"]
        …
        => 1:19: trusted_proxies[0]: "::/129" has a prefix that is not a number up to 128

        tiers: { redis: { url: "http://h" } }
        …
        => 1:24: tiers.redis.url: the value has another scheme than redis, rediss, unix, redis+sentinel and \#
        redis+cluster

        tiers: { redis: { url: "localhost" } }
        …
        => 1:24: tiers.redis.url: the value is not the URL of a Redis server; write "redis://host:port/database", as \#
        "redis://127.0.0.1:6379/0"

        tiers: { redis: { url: "redis://h/x" } }
        …
        => 1:24: tiers.redis.url: the value has a path that is not the number of a database, as /0

        tiers: { redis: { url: "redis://a,b" } }
        …
        => 1:24: tiers.redis.url: the value has several hosts; that is for redis+sentinel:// and redis+cluster://

        tiers: { redis: { url: "redis+sentinel://a,b" } }
        …
        => 1:24: tiers.redis.url: the value does not name the master behind the hosts, as \#
        redis+sentinel://host:26379/mymaster

        tiers: { redis: { url: "redis+cluster://a/2" } }
        …
        => 1:24: tiers.redis.url: the value names a database; a cluster has database 0 alone

        tiers: { redis: { url: "redis://u@h" } }
        …
        => 1:24: tiers.redis.url: the value has a user name without password; write user:password@, or without a \#
        user :password@

        tiers: { redis: { url: "redis://:@h" } }
        …
        => 1:24: tiers.redis.url: the value has an empty password; give it a value or leave it out

        tiers: { redis: { url: "redis://h", compress: { level: 10 }, lease: never } }
        …
        => 1:56: tiers.redis.compress.level: "10" is above the maximum of 9
        => 1:69: tiers.redis.lease: "never" is not "off" or a duration; write a whole number with ms, s, m, h or d, as 30s

        tiers: { redis: { url: "redis://h", timeout: 5, promote: sometimes, write: befind, prefix: "a b" } }
        …
        => 1:46: tiers.redis.timeout: "5" is not a duration; write a whole number with ms, s, m, h or d, as 1s
        => 1:58: tiers.redis.promote: "sometimes" is not "always" or "never" or a whole number; write digits alone, \#
        as 100
        => 1:76: tiers.redis.write: "befind" is not one of: through, behind, off; did you mean "behind"?
        => 1:92: tiers.redis.prefix: "a b" is not a key prefix; write up to 64 printable ASCII characters without \#
        spaces and braces, as "strata:"

        tiers: { redis: { url: "redis://h", promote: 0 } }
        …
        => 1:46: tiers.redis.promote: "0" is below the minimum of 1

        purge: { tokens: [""] }
        …
        => 1:19: purge.tokens[0]: the value is empty, which would let everybody in; give it a value or leave it out

        purge: { tokens: ["a b"] }
        …
        => 1:19: purge.tokens[0]: the value is not a token; write at most 512 printable ASCII characters without spaces

        admin: { token: "a b" }
        …
        => 1:17: admin.token: the value is not a token; write at most 512 printable ASCII characters without spaces
        """#
}

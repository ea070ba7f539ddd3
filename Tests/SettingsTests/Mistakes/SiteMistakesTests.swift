import Testing

@Suite("Mistakes: sites and origins")
struct SiteMistakesTests {
    @Test("wrong sites and origins are named", arguments: MistakeTable.rows(table))
    func mistakes(_ row: MistakeTable.Row) {
        #expect(Samples.mistakes(row.yaml) == row.messages)
    }

    private static let table = #"""
        sites: [{ hosts: "a:80", origin: http://h }]
        => 1:18: sites[0].hosts: "a:80" has a port; a site is chosen by the name alone, leave the port out

        sites: [{ hosts: "a*", origin: http://h }]
        => 1:18: sites[0].hosts: "a*" has a * that is not the whole first label; write "*.name" or "*"

        sites: [{ hosts: "*.*.a", origin: http://h }]
        => 1:18: sites[0].hosts: "*.*.a" has a * that is not the whole first label; write "*.name" or "*"

        sites: [{ hosts: "http://a", origin: http://h }]
        => 1:18: sites[0].hosts: "http://a" is not a host alone; leave out scheme and path

        sites: [{ hosts: "a/b", origin: http://h }]
        => 1:18: sites[0].hosts: "a/b" is not a host alone; leave out scheme and path

        sites: [{ hosts: "ü.de", origin: http://h }]
        => 1:18: sites[0].hosts: "ü.de" has letters beyond ASCII; write the name in its xn-- form

        sites: [{ hosts: "-a", origin: http://h }]
        => 1:18: sites[0].hosts: "-a" is not a host name or pattern; write a name, "*.name" or "*", as "example.com"

        sites: [{ hosts: a..b, origin: http://h }]
        => 1:18: sites[0].hosts: "a..b" is not a host name or pattern; write a name, "*.name" or "*", as "example.com"

        sites: [{ hosts: "", origin: http://h }]
        => 1:18: sites[0].hosts: "" is not a host name or pattern; write a name, "*.name" or "*", as "example.com"

        sites: [{ hosts: 1.2.3, origin: http://h }]
        => 1:18: sites[0].hosts: "1.2.3" is not a host name or pattern; write a name, "*.name" or "*", as "example.com"

        sites: [{ hosts: "::1", origin: http://h }]
        => 1:18: sites[0].hosts: "::1" needs brackets; did you mean "[::1]"?

        sites: [{ hosts: "[x]", origin: http://h }]
        => 1:18: sites[0].hosts: "[x]" is not a host name or pattern; write a name, "*.name" or "*", as "example.com"

        sites: [{ hosts: "*.1.2.3.4", origin: http://h }]
        => 1:18: sites[0].hosts: "*.1.2.3.4" is not a host name or pattern; write a name, "*.name" or "*", as \#
        "example.com"

        sites: [{ hosts: [], origin: http://h }]
        => 1:18: sites[0].hosts: the list is empty; write a name, "*.name" or "*", as "example.com"

        sites: [{ hosts: a, origin: http://h/p }]
        => 1:29: sites[0].origin: "http://h/p" has a path; an origin is scheme, host and port alone

        sites: [{ hosts: a, origin: ftp://h }]
        => 1:29: sites[0].origin: "ftp://h" has another scheme than http and https

        sites: [{ hosts: a, origin: http://u:p@h }]
        => 1:29: sites[0].origin: "http://…" has a user name or password; an origin's URL can't hold one

        sites: [{ hosts: a, origin: "http://h?x" }]
        => 1:29: sites[0].origin: "http://h?x" has a query or a fragment; leave it out

        sites: [{ hosts: a, origin: http://h:0 }]
        => 1:29: sites[0].origin: "http://h:0" has port 0

        sites: [{ hosts: a, origin: "http://" }]
        => 1:29: sites[0].origin: "http://" has no host

        sites: [{ hosts: a, origin: [1] }]
        => 1:29: sites[0].origin: expected the name of an origin or the URL of a server, found a list; write the \#
        name of an origin, or a URL as "http://127.0.0.1:3000"

        sites: [{ hosts: a, origin: { url: h } }]
        => 1:36: sites[0].origin.url: "h" is not the URL of a server; write scheme, host and port, as \#
        "http://127.0.0.1:3000"

        sites: [{ hosts: a, origin: "" }]
        => 1:29: sites[0].origin: "" is not the name of an origin or the URL of a server; write the name of an \#
        origin, or a URL as "http://127.0.0.1:3000"

        sites: [{ hosts: a, origin: { servers: http://h } }]
        => 1:29: sites[0].origin.url: missing; write scheme, host and port, as "http://127.0.0.1:3000"
        => 1:31: sites[0].origin.servers: unknown key; known here: url, host, connect_timeout, timeout, \#
        idle_timeout, keepalive, retry, via

        sites: [{ hosts: a, origin: "http://h:99999" }]
        => 1:29: sites[0].origin: "http://h:99999" has a port that is not a number up to 65535

        sites: [{ hosts: a, origin: "http://[::1" }]
        => 1:29: sites[0].origin: "http://[::1" has brackets around what is no IPv6 address

        sites: [{ hosts: a, origin: "http://a b" }]
        => 1:29: sites[0].origin: "http://a b" has spaces, control characters or a backslash in it

        sites: [{ hosts: a, origin: { url: http://h, host: "a b" } }]
        => 1:52: sites[0].origin.host: "a b" is not client, origin or a host name; write client, origin or a host \#
        name, as "app.internal"

        sites: [{ hosts: a, origin: { url: http://h, retry: always } }]
        => 1:53: sites[0].origin.retry: "always" is not one of: never, idempotent

        sites: [{ hosts: a, origin: app }]
        => 1:29: sites[0].origin: no origin is named "app"; there are no origins, a URL would do too

        origins: { app: { servers: http://h } }
        sites: [{ hosts: a, origin: ap }, { hosts: b, origin: zzzzz }]
        => 2:29: sites[0].origin: no origin is named "ap"; did you mean "app"?
        => 2:55: sites[1].origin: no origin is named "zzzzz"; known: app

        origns: { app: { servers: http://h } }
        sites: [{ hosts: a, origin: app }]
        => 1:1: origns: unknown key; did you mean "origins"?

        origins: { app: { servers: [http://h, http://i] }, "b c": { servers: http://h }, c: { servers: [] }, d: {} }
        …
        => 1:28: origins.app.servers: 2 URLs of servers; this version takes at most 1
        => 1:52: origins.b c: not a name; write up to 64 letters, digits, "_", "-" and "."
        => 1:96: origins.c.servers: the list is empty; write scheme, host and port, as "http://127.0.0.1:3000"
        => 1:105: origins.d.servers: missing; write scheme, host and port, as "http://127.0.0.1:3000"

        sites: [{ hosts: [a, A.], origin: http://h }, { hosts: ["*", a, "*"], origin: http://h }]
        => 1:22: sites[0].hosts[1]: "A." is claimed by sites[0].hosts[0] already
        => 1:62: sites[1].hosts[1]: "a" is claimed by sites[0].hosts[0] already
        => 1:65: sites[1].hosts[2]: "*" is claimed by sites[1].hosts[0] already

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: admin }, cache: true }] }]
        => 1:64: sites[0].rules[0].match.path: "admin" does not begin with / or *

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: /a }, cache: false, ttl: 1h }] }]
        => 1:89: sites[0].rules[0].ttl: has no use in a rule with cache: false

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: /a }, force: true }] }]
        => 1:77: sites[0].rules[0].force: has no use in a rule without ttl

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: /a } }] }]
        => 1:47: sites[0].rules[0]: the rule sets nothing; give it cache, ttl or strip_cookies

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: "/a b" }, cache: no }] }]
        => 1:64: sites[0].rules[0].match.path: "/a b" has a character that no canonical path has; write it \#
        percent-encoded
        => 1:81: sites[0].rules[0].cache: "no" is not true or false

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: "/%zz" }, cache: true }] }]
        => 1:64: sites[0].rules[0].match.path: "/%zz" has a % without two hexadecimal digits

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: "/a/../b" }, cache: true }] }]
        => 1:64: sites[0].rules[0].match.path: "/a/../b" has a dot segment, which no canonical path has

        sites: [{ hosts: a, origin: http://h, cache: { tags: ["a b"], stale_if_error: 1w }, key: { query: { drop: \#
        ["a=b"], sort: 1 } } }]
        => 1:55: sites[0].cache.tags[0]: "a b" is not a field name; write a field name, as "Surrogate-Key"
        => 1:79: sites[0].cache.stale_if_error: "1w" is not a duration; write whole seconds as a whole number \#
        with ms, s, m, h or d, as 30s
        => 1:108: sites[0].key.query.drop[0]: "a=b" has a "&" or "="; the pattern is of the parameter's name alone
        => 1:122: sites[0].key.query.sort: "1" is not true or false

        sites: [{ hosts: a, origin: http://h, cache: { default_ttl: 1500ms } }]
        => 1:61: sites[0].cache.default_ttl: "1500ms" has a fraction of a second; HTTP counts whole ones

        sites: [{ hosts: a, origin: http://h, rules: [{ match: {}, ttl: 1s }] }]
        => 1:56: sites[0].rules[0].match: names no condition; for every request write path: "*"

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { status: 404 }, strip_cookies: true }] }]
        => 1:88: sites[0].rules[0].strip_cookies: the request is sent before content_type and status are known; with \#
        them go only cache, ttl, force, stale_while_revalidate, stale_if_error, tags, write, promote, response_headers

        sites:
          - hosts: a
            origin: http://h
            rules:
              - match: { content_type: "image/*" }
                query: { sort: true }
                request_headers: { remove: X-A }
        => 6:16: sites[0].rules[0].query: the request is sent before content_type and status are known; with them go \#
        only cache, ttl, force, stale_while_revalidate, stale_if_error, tags, write, promote, response_headers
        => 7:26: sites[0].rules[0].request_headers: the request is sent before content_type and status are known; \#
        with them go only cache, ttl, force, stale_while_revalidate, stale_if_error, tags, write, promote, response_headers

        sites:
          - hosts: a
            origin: http://h
            rules:
              - match: { cookie: { id: "*" } }
                query: { drop: x }
                tags: t
                response_headers: { set: { X-A: 1 } }
        => 6:16: sites[0].rules[0].query: goes only with path: a URL has one key, whoever asks for it and how
        => 7:15: sites[0].rules[0].tags: what is stored is for all requests; in match it goes only with path, \#
        content_type and status
        => 8:27: sites[0].rules[0].response_headers: what is stored is for all requests; in match it goes only with \#
        path, content_type and status

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { status: [99, 6xx, 500-400, 2000] }, ttl: 1s }] }]
        => 1:67: sites[0].rules[0].match.status[0]: "99" is beyond the final statuses 200 to 599
        => 1:71: sites[0].rules[0].match.status[1]: "6xx" is not a status, class or range; write a status, a class or \#
        a range, as 404, 5xx or 500-599
        => 1:76: sites[0].rules[0].match.status[2]: "500-400" ends before it begins
        => 1:85: sites[0].rules[0].match.status[3]: "2000" is beyond the final statuses 200 to 599

        sites:
          - hosts: a
            origin: http://h
            rules:
              - match: { path: /a, method: get }
                request_headers: { set: { Host: x, "a b": y, X-A: " z" }, remove: Range }
                response_headers: { set: { Vary: A, X-B: 1, x-b: 2 }, remove: [Set-Cookie] }
        => 5:36: sites[0].rules[0].match.method: "get" is not one of: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS; \#
        did you mean "GET"?
        => 6:35: sites[0].rules[0].request_headers.set.Host: is what origin.host sets
        => 6:44: sites[0].rules[0].request_headers.set.a b: not a field name; write a field name, as "Surrogate-Key"
        => 6:59: sites[0].rules[0].request_headers.set.X-A: " z" begins or ends with a space
        => 6:75: sites[0].rules[0].request_headers.remove: "Range" is written by the proxy itself; no rule changes it
        => 7:36: sites[0].rules[0].response_headers.set.Vary: is what the cache itself goes by; no rule changes it
        => 7:53: sites[0].rules[0].response_headers.set.x-b: named twice; letter case makes no difference
        => 7:72: sites[0].rules[0].response_headers.remove[0]: "Set-Cookie" is for one client; strip_cookies takes it out

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: /a }, response_headers: { set: { A: 1 }, \#
        remove: a } }, { match: { path: /a }, request_headers: {} }] }]
        => 1:113: sites[0].rules[0].response_headers.remove: "a" is set by the same rule
        => 1:160: sites[0].rules[1].request_headers: names no field; give it set or remove

        sites: [{ hosts: a, origin: http://h, rules: [{ match: { path: /a }, cache: false, stale_if_error: 1h }] }]
        => 1:100: sites[0].rules[0].stale_if_error: has no use in a rule with cache: false

        sites: [{ hosts: a, origin: http://h, cache: { client_revalidation: honor } }]
        => 1:69: sites[0].cache.client_revalidation: "honor" is not one of: honour, ignore; did you mean "honour"?
        """#
}

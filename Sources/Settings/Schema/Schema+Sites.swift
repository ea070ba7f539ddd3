extension Schema {
    static let serversKey = SchemaKey(
        "servers", .list(of: .originURL, count: 1...1), default: .required,
        "The server as a URL of scheme, host and port. This version takes one server an origin.")

    private static let urlKey = SchemaKey(
        "url", .scalar(.originURL), default: .required, "The server as a URL of scheme, host and port.")

    /// The keys of an origin, by name or inline: they differ in the first.
    static func originKeys(server: SchemaKey) -> [SchemaKey] {
        [
            server,
            SchemaKey(
                "host", .scalar(.hostField), default: .value("client"),
                """
                What the origin sees as `Host`: `client`, as the client sent it; `origin`, the host of the server's \
                URL; or a name of your own.
                """),
            SchemaKey(
                "connect_timeout", .scalar(.duration(10...300_000)), default: .value("2s"),
                "To connect, TLS included."),
            SchemaKey(
                "timeout", .scalar(.duration(10...3_600_000)), default: .value("30s"),
                "From the request to the first byte of the answer."),
            SchemaKey(
                "idle_timeout", .scalar(.duration(10...3_600_000)), default: .value("30s"),
                "Between bytes of the answer. There is no limit for the whole of it."),
            SchemaKey(
                "keepalive", .scalar(.int(0...10_000)), default: .value("64"),
                "Idle connections that are kept for reuse; the pool is shared by all origins, its size is the sum. 0: none to this one."
            ),
            SchemaKey(
                "retry", .scalar(.word(Configuration.Origin.Retry.allCases.map(\.rawValue))), default: .value("never"),
                """
                Whether a request is sent once more when a kept connection turns out closed. `idempotent`: requests \
                without body whose method allows it.
                """),
            SchemaKey("via", .scalar(.bool), default: .value("true"), "Whether requests to the origin carry `Via`."),
        ]
    }

    static let site: [SchemaKey] = [
        SchemaKey(
            "hosts", .list(of: .hostPattern, count: 1...10_000), default: .required,
            """
            The host names, without ports. An exact name goes before a pattern, a longer pattern before a shorter \
            one. `*.example.com` is every name below example.com, at any depth; `*` every host that no other site \
            has.
            """),
        SchemaKey(
            "origin", .scalarOrMap(.originName, originKeys(server: urlKey)), default: .required,
            "Where responses come from: a name out of `origins`, a URL, or keys as there with `url` for `servers`."
        ),
        SchemaKey("cache", .map(cache), default: .filled, "What holds where the origin says nothing."),
        SchemaKey("key", .map([siteQuery]), default: .filled, "What makes two requests the same."),
        partitionName,
        SchemaKey(
            "rules", .maps(rule), default: .list([]),
            """
            Exceptions, in order. For each setting the first rule counts that matches and has the setting; each field of \
            `request_headers` and `response_headers` is a setting of its own.
            """),
    ]

    private static let cache: [SchemaKey] = [
        SchemaKey(
            "default_ttl", .scalar(.seconds(0...31_536_000_000)), default: .value("0s"),
            """
            Freshness of responses about which the origin says nothing, if their status can be cached heuristically. \
            0s: the heuristics of RFC 9111.
            """),
        SchemaKey(
            "stale_while_revalidate", .scalar(.seconds(0...31_536_000_000)), default: .value("0s"),
            "How long a stale response is served while a new one is fetched, when the origin does not say."),
        SchemaKey(
            "stale_if_error", .scalar(.seconds(0...31_536_000_000)), default: .value("1h"),
            "How long a stale response is served while the origin fails, when the origin does not say."),
        SchemaKey(
            "tags", .list(of: .fieldName, count: 0...16),
            default: .list(["Surrogate-Key", "Cache-Tag", "xkey", "X-Cache-Tags"]),
            "Fields of the origin's response that hold tags."),
        SchemaKey(
            "expose_tags", .scalar(.bool), default: .value("false"), "Whether clients see the fields that hold tags."),
        SchemaKey(
            "client_revalidation",
            .scalar(.word(Configuration.SiteCache.ClientRevalidation.allCases.map(\.rawValue))),
            default: .value("honour"),
            """
            What becomes of a request's no-cache, max-age, min-fresh and `Pragma: no-cache`: `honour`, as RFC 9111 says; \
            `ignore`, a fresh response answers whatever the client asks, so that a reload does not reach the origin.
            """),
    ]
}

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
                What the origin sees as `Host`: `client`, as the client sent it; `origin`, the host of the server's URL; or a \
                name of your own.
                """),
            SchemaKey(
                "connect_timeout", .scalar(.duration(10...300_000)), default: .value("2s"), "To connect, TLS included."),
            SchemaKey(
                "timeout", .scalar(.duration(10...3_600_000)), default: .value("30s"),
                "From the request to the first byte of the answer."),
            SchemaKey(
                "idle_timeout", .scalar(.duration(10...3_600_000)), default: .value("30s"),
                "Between bytes of the answer. There is no limit for the whole of it."),
            SchemaKey(
                "keepalive", .scalar(.int(0...10_000)), default: .value("64"), "Idle connections that are kept for reuse."),
            SchemaKey(
                "retry", .scalar(.word(Configuration.Origin.Retry.allCases.map(\.rawValue))), default: .value("never"),
                """
                Whether a request is sent once more when a kept connection turns out closed. `idempotent`: requests without \
                body whose method allows it.
                """),
            SchemaKey("via", .scalar(.bool), default: .value("true"), "Whether requests to the origin carry `Via`."),
        ]
    }

    static let site: [SchemaKey] = [
        SchemaKey(
            "hosts", .list(of: .hostPattern, count: 1...10_000), default: .required,
            """
            The host names, without ports. An exact name goes before a pattern, a longer pattern before a shorter one. \
            `*.example.com` is every name below example.com, at any depth; `*` every host that no other site has.
            """),
        SchemaKey(
            "origin", .scalarOrMap(.originName, originKeys(server: urlKey)), default: .required,
            "Where responses come from: a name out of `origins`, a URL, or keys as there with `url` in place of `servers`."),
        SchemaKey("cache", .map(cache), default: .filled, "What holds where the origin says nothing."),
        SchemaKey("key", .map([query]), default: .filled, "What makes two requests the same."),
        SchemaKey(
            "rules", .maps(rule), default: .list([]),
            "Exceptions by path. For each setting the first rule counts that matches and has the setting."),
    ]

    private static let cache: [SchemaKey] = [
        SchemaKey(
            "default_ttl", .scalar(.duration(0...31_536_000_000)), default: .value("0s"),
            """
            Freshness of responses about which the origin says nothing, if their status can be cached heuristically. 0s: the \
            heuristics of RFC 9111.
            """),
        SchemaKey(
            "stale_while_revalidate", .scalar(.duration(0...31_536_000_000)), default: .value("0s"),
            "How long a stale response is served while a new one is fetched, when the origin does not say."),
        SchemaKey(
            "stale_if_error", .scalar(.duration(0...31_536_000_000)), default: .value("1h"),
            "How long a stale response is served while the origin fails, when the origin does not say."),
        SchemaKey(
            "tags", .list(of: .fieldName, count: 0...16),
            default: .list(["Surrogate-Key", "Cache-Tag", "xkey", "X-Cache-Tags"]),
            "Fields of the origin's response that hold tags."),
        SchemaKey(
            "expose_tags", .scalar(.bool), default: .value("false"), "Whether clients see the fields that hold tags."),
    ]

    private static let query = SchemaKey(
        "query",
        .map([
            SchemaKey(
                "drop", .list(of: .parameterGlob, count: 0...256), default: .list([]),
                "Parameters that are left out, of the key and of what the origin gets. `*` is any run of characters."),
            SchemaKey(
                "sort", .scalar(.bool), default: .value("false"),
                "Whether parameters are put in the order of their names, in the key and for the origin."),
        ]),
        default: .filled, "What becomes of the query. Without these keys it is untouched.")

    private static let rule: [SchemaKey] = [
        SchemaKey(
            "match",
            .map([
                SchemaKey(
                    "path", .scalar(.pathGlob), default: .required,
                    "A pattern of the path, without the query: `*` is any run of characters, `/` included, `?` is one.")
            ]),
            default: .required, "Which requests the rule is for."),
        SchemaKey(
            "cache", .scalar(.bool), default: .none(words: "not set"), "false: nothing is stored, and nothing stored is used."),
        SchemaKey(
            "ttl", .scalar(.duration(0...31_536_000_000)), default: .none(words: "not set"),
            """
            Replaces max-age and Expires of the origin. It does not overrule no-store, private, Set-Cookie or Authorization, \
            unless `force` is true.
            """),
        SchemaKey(
            "force", .scalar(.bool), default: .none(words: "not set"),
            "With `ttl`: overrule no-store, private, Set-Cookie and Authorization too. Mind whose pages those are."),
        SchemaKey(
            "strip_cookies", .scalar(.bool), default: .none(words: "not set"),
            "Take `Cookie` out before the origin sees it, and `Set-Cookie` before the response is stored and sent."),
    ]
}

/// The keys of proxy.conf, in the order of the reference. The tables of the parts are in the other files of this
/// folder.
enum Schema {
    static let root: [SchemaKey] = [
        SchemaKey(
            "listen", .list(of: .listen, count: 1...64), default: .list(["127.0.0.1:8080"]),
            """
            Where clients connect: "host:port", "[v6]:port" or "unix:/path". Port 0 takes any free port. `strata run \
            --listen` replaces the list.
            """),
        SchemaKey(
            "threads", .wordOr(["auto"], .int(1...1_024)), default: .value("auto"),
            "How many event loops. `auto` is one for each core that the process may use."),
        SchemaKey(
            "state", .scalar(.filePath), default: .none(words: "`state` beside `tiers.disk.path`, else `var/state`"),
            """
            The folder for what has to outlive a restart besides the cache: the journal of invalidations, the \
            position in the log and the name of the instance. It is made if it does not exist.
            """),
        SchemaKey(
            "shutdown_timeout", .scalar(.duration(0...3_600_000)), default: .value("10s"),
            "How long open requests may take to finish after SIGTERM. Idle connections are closed at once."),
        SchemaKey(
            "admin", .map(admin), default: .filled, "The listener of the admin API: health, readiness, statistics."),
        SchemaKey(
            "tiers", .map(tiers), default: .value(.map([("memory", .map([]))]), words: "memory of 256MB alone"),
            """
            Where responses are kept. A tier that is not named here is absent; `tiers: {}` keeps nothing. Only \
            without the key `tiers` there is memory with its defaults.
            """),
        SchemaKey(
            "partitions", .named(partition), default: .filled,
            """
            Parts of the tiers by name, each with a share of its own, so that what one stores never evicts what another \
            has. Names are lower-case letters, digits, `_` and `-`. What no site or rule puts into a partition is in \
            `default`, which has what the others leave.
            """),
        SchemaKey("purge", .map(purge), default: .filled, "Who may invalidate, and how the invalidation log is kept."),
        SchemaKey(
            "trusted_proxies", .list(of: .network, count: 0...1_024), default: .list([]),
            """
            Addresses of proxies in front of Strata; `unix` is whoever connects to a unix socket. Their `X-Forwarded-*`, `Forwarded` and `X-Request-ID` are \
            believed and extended; those of everybody else are replaced.
            """),
        SchemaKey("debug", .map(debug), default: .filled, "The debug fields of answers."),
        SchemaKey(
            "origins", .named(originKeys(server: serversKey)), default: .filled,
            "Origins by name, for sites that share one. An origin that only one site uses can stand in the site itself."
        ),
        SchemaKey(
            "sites", .maps(site), default: .none(words: "the site of `strata run --origin`"),
            """
            Sets of host names with one policy each. A request for a host that no site has is answered 421. At least \
            one site is needed, here or by `strata run --origin URL`, which stands for one site `*`; both together \
            are refused.
            """),
        SchemaKey("limits", .map(limits), default: .filled, "What a client may ask for. Beyond it the answer is 4xx."),
        SchemaKey("timeouts", .map(timeouts), default: .filled, "How long a client connection may take."),
        SchemaKey("log", .map(log), default: .filled, "What is written about the proxy and about each request."),
    ]

    private static let admin: [SchemaKey] = [
        SchemaKey(
            "listen", .wordOr(["off"], .listen), default: .value("127.0.0.1:9090"),
            """
            Where the admin API listens, written as in `listen`. `off`: nowhere. On an address that is not loopback \
            and not a unix socket, `admin.token` is required.
            """),
        SchemaKey(
            "token", .scalar(.optionalToken), default: .none(words: "no token"), secret: true,
            "What requests to the admin API have to bring as `Authorization: Bearer`. Empty is the same as left out."),
    ]

    private static let debug: [SchemaKey] = [
        SchemaKey(
            "allow", .list(of: .network, count: 0...1_024), default: .list(["127.0.0.0/8", "::1"]),
            """
            Addresses that get `Strata-Key`, `Strata-Partition`, `Strata-Variant`, `Strata-Tags`, `Strata-Reason` and \
            `Server-Timing` when they send `Strata-Debug: 1`.
            """)
    ]

    private static let purge: [SchemaKey] = [
        SchemaKey(
            "allow", .list(of: .network, count: 0...1_024), default: .list(["127.0.0.0/8", "::1"]),
            """
            Socket addresses that may purge on the public listener; `unix` is whoever connects to a unix socket. It counts \
            only for requests without `Forwarded`, `X-Forwarded-For` and `Via`, which a proxy in front need not send.
            """),
        SchemaKey(
            "tokens", .scalarsOrMaps(.token, purgeToken, count: 0...64), default: .list([]), secret: true,
            """
            With one of these as `Authorization: Bearer` or `Fastly-Key` any address may purge. None may be empty. A \
            token with `hosts` purges on those hosts only, and neither tags nor everything; one with `partitions` purges \
            anything in those partitions only.
            """),
        SchemaKey(
            "rate", .scalar(.int(0...1_000_000)), default: .value("1000"),
            "How many purges a second are taken, from all callers together; 429 above it. 0: no bound."),
        SchemaKey(
            "refresh_rate", .scalar(.int(1...100_000)), default: .value("20"),
            "How many stale responses a second are fetched again after a purge with `refresh`."),
        SchemaKey(
            "audit", .scalar(.filePath), default: .none(words: "no audit log"),
            """
            The file for a line of JSON for each purge that was asked for, refused ones too; opened again at SIGUSR1. \
            `-` is standard output.
            """),
        SchemaKey(
            "max_blind", .scalar(.duration(1_000...3_600_000)), default: .value("30s"),
            """
            How long stored responses are served without contact to the invalidation log in Redis. After that each \
            is validated with the origin before it is used. At most `purge.retention`.
            """),
        SchemaKey(
            "retention", .scalar(.duration(60_000...31_536_000_000)), default: .value("7d"),
            "How long an invalidation is kept in the log. Stored responses that are older are validated before use."),
        SchemaKey(
            "max_records", .scalar(.int(1_000...100_000_000)), default: .value("1000000"),
            "How many invalidations are kept in the log at most. The oldest go first, as if their retention were over."),
    ]

    private static let purgeToken: [SchemaKey] = [
        SchemaKey("token", .scalar(.token), default: .required, secret: true, "The token itself."),
        SchemaKey(
            "hosts", .list(of: .hostPattern, count: 1...1_000), default: .none(words: "all, if there are `partitions`"),
            "The hosts that it may purge: names, `*.name`, or `*` for all."),
        SchemaKey(
            "partitions", .list(of: .partitionName, count: 1...64), default: .none(words: "all, if there are `hosts`"),
            "The partitions that it may purge in. A purge that names none is one in all of these."),
    ]

    private static let limits: [SchemaKey] = [
        SchemaKey(
            "request_head", .scalar(.size(1_024...(1 << 20))), default: .value("64KB"),
            "Request line and fields of a request together; 431 above it."),
        SchemaKey(
            "request_line", .scalar(.size(256...(1 << 20))), default: .value("16KB"),
            "The request line; 414 above it. At most `limits.request_head`."),
        SchemaKey(
            "fields", .scalar(.int(1...10_000)), default: .value("100"),
            "How many fields a request may have; 431 above it."),
        SchemaKey(
            "request_body", .wordOr(["unlimited"], .size(0...(1 << 50))), default: .value("unlimited"),
            "The body of a request; 413 above it. Bodies are passed on as they arrive, they don't take memory."),
        SchemaKey(
            "connections", .scalar(.int(1...10_000_000)), default: .value("100000"),
            "Open client connections. Above it new ones are closed at once."),
    ]

    private static let timeouts: [SchemaKey] = [
        SchemaKey(
            "header", .scalar(.duration(100...3_600_000)), default: .value("10s"),
            "For the whole head of a request, however it drips in."),
        SchemaKey(
            "body", .scalar(.duration(100...3_600_000)), default: .value("30s"), "Between two pieces of a request body."
        ),
        SchemaKey(
            "idle", .scalar(.duration(100...86_400_000)), default: .value("60s"),
            "How long a connection is kept open for the next request."),
        SchemaKey(
            "write", .scalar(.duration(100...3_600_000)), default: .value("30s"),
            "How long a client may read nothing while an answer waits for it."),
    ]

    private static let log: [SchemaKey] = [
        SchemaKey(
            "level", .scalar(.word(Configuration.Log.Level.allCases.map(\.rawValue))), default: .value("info"),
            "Messages below this level are not written."),
        SchemaKey(
            "format", .scalar(.word(Configuration.Log.Format.allCases.map(\.rawValue))), default: .value("text"),
            "How messages are written: a line for people, or an object of JSON a line."),
        SchemaKey(
            "access", .map(access), default: .none(words: "no access log"), "A line for each answered request."),
    ]

    private static let access: [SchemaKey] = [
        SchemaKey(
            "path", .scalar(.filePath), default: .value("-"),
            "The file, opened again at SIGUSR1. `-` is standard output."),
        SchemaKey(
            "format", .scalar(.word(Configuration.Log.AccessFormat.allCases.map(\.rawValue) + ["off"])),
            default: .value("combined"),
            "`combined` is the format of that name in Apache and nginx. `json`: an object a line, with host and time taken. `off`: no "
                + "access log."),
    ]
}

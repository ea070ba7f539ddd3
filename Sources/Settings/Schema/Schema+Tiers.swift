extension Schema {
    static let tiers: [SchemaKey] = [
        SchemaKey("memory", .map(memory), default: .none(words: "no such tier"), "L1: in the process."),
        SchemaKey("redis", .map(redis), default: .none(words: "no such tier"), "L2: a Redis that all instances share."),
        SchemaKey("disk", .map(disk), default: .none(words: "no such tier"), "L3: files on this machine."),
    ]

    private static let memory: [SchemaKey] = [
        SchemaKey(
            "size", .scalar(.size((1 << 20)...(1 << 44))), default: .value("256MB"),
            "How much memory stored responses may take, with their keys and all that is known about them. Parts of bodies that "
                + "ranges brought may take an eighth of it more, 64 MB at most."),
        SchemaKey(
            "policy", .scalar(.word(Configuration.Memory.Policy.allCases.map(\.rawValue))), default: .value("adaptive"),
            "What goes when the tier is full. `strata simulate` shows what each would have done with your access log."),
        SchemaKey(
            "max_object", .scalar(.size(1_024...(2 << 30))),
            default: .none(words: "8MB, or half of `size` if that is less"),
            "Larger bodies are not kept in this tier. At most half of `tiers.memory.size`."),
        SchemaKey(
            "max_ttl", .scalar(.seconds(1_000...31_536_000_000)), default: .none(words: "the response decides"),
            "The longest that a response stays in memory."),
    ]

    private static let redis: [SchemaKey] = [
        SchemaKey(
            "url", .scalar(.redisURL), default: .required, secret: true,
            """
            Where Redis is. `redis://[[user]:password@]host[:port][/database]`, port 6379 and database 0 if not said; \
            `unix:/path` or `redis+unix://[user:password@]/path`, with `?db=1` for a database. \
            `redis+sentinel://[[user]:password@]host[:port],…/NAME[/database]` asks sentinels (port 26379) for the master \
            and follows a failover; `?sentinel_password=` and `?sentinel_user=` are what the sentinels want. \
            `redis+cluster://[[user]:password@]host[:port],…` names some nodes of a cluster. `rediss` in place of `redis` \
            is TLS. Characters such as `@` and `/` in a password are written as `%40` and `%2F`.
            """),
        SchemaKey(
            "tls", .map(redisTLS), default: .none(words: "the system's authorities, for `rediss` alone"),
            "TLS to Redis."),
        SchemaKey(
            "prefix", .scalar(.redisPrefix), default: .value("strata:"),
            "What all keys in Redis begin with. Instances with one prefix share responses and invalidations."),
        SchemaKey(
            "timeout", .scalar(.duration(1...10_000)), default: .value("50ms"),
            "The time budget of a call. A call that takes longer is a miss. A write that no client waits for has a second if "
                + "that is more."),
        SchemaKey(
            "max_object", .scalar(.size(1_024...(256 << 20))), default: .value("1MB"),
            "Larger bodies are not kept in this tier."),
        SchemaKey(
            "max_ttl", .scalar(.duration(1_000...31_536_000_000)), default: .none(words: "`purge.retention`"),
            "The longest that a response stays in Redis. At most `purge.retention`."),
        SchemaKey(
            "compress", .map(compress), default: .none(words: "not compressed"),
            """
            Compresses bodies (zlib) that are not compressed already: more fits into Redis and less goes over the network, \
            for CPU here.
            """),
        SchemaKey(
            "lease", .wordOr(["off"], .duration(10...60_000)), default: .value("5s"),
            """
            When several instances miss the same response, one of them asks the origin and the others wait for it in \
            Redis, this long at most; then they ask the origin themselves.
            """),
        write,
        promote,
    ]

    private static let redisTLS: [SchemaKey] = [
        SchemaKey(
            "ca", .scalar(.filePath), default: .none(words: "the system's"),
            "A PEM file with the authorities to trust."),
        SchemaKey(
            "certificate", .scalar(.filePath), default: .none(words: "none"),
            "A PEM file with the certificate of this client, where Redis wants one (`tls-auth-clients`)."),
        SchemaKey(
            "key", .scalar(.filePath), default: .none(words: "none"), "A PEM file with the key of that certificate."),
        SchemaKey(
            "verify", .scalar(.word(Configuration.RedisTLS.Verification.allCases.map(\.rawValue))),
            default: .value("full"),
            """
            `full`: the chain and the name of the host. `chain`: the chain alone, where a cluster or sentinels announce \
            addresses that the certificates do not name. `none`: nothing, which protects from nobody.
            """),
    ]

    private static let compress: [SchemaKey] = [
        SchemaKey(
            "level", .scalar(.int(1...9)), default: .value("1"), "1 takes the least time, 9 the least space."),
        SchemaKey(
            "min_size", .scalar(.size(1...(256 << 20))), default: .value("1KB"), "Smaller bodies go as they are."),
    ]

    private static let disk: [SchemaKey] = [
        SchemaKey("path", .scalar(.filePath), default: .required, "The folder. It is made if it does not exist."),
        SchemaKey(
            "size", .scalar(.size((1 << 20)...(1 << 50))), default: .value("10GB"),
            "How much of the disk the tier may take. It holds from the first second after a restart."),
        SchemaKey(
            "max_object", .scalar(.size(1_024...(1 << 44))),
            default: .none(words: "1GB, or half of `size` if that is less"),
            "Larger bodies are not kept in this tier. At most half of `tiers.disk.size`."),
        SchemaKey(
            "sync", .scalar(.duration(10...3_600_000)), default: .value("1s"),
            "How often what was written is made safe against a loss of power."),
        SchemaKey(
            "save_index", .scalar(.duration(10...60_000)), default: .value("30s"),
            "How often the list of what is there is saved. After a crash a start looks for what was written since."),
        SchemaKey(
            "max_ttl", .scalar(.duration(1_000...31_536_000_000)), default: .none(words: "the response decides"),
            "The longest that a response stays on disk."),
        write,
        promote,
    ]

    private static let write = SchemaKey(
        "write", .scalar(.word(Configuration.WriteMode.allCases.map(\.rawValue))), default: .value("behind"),
        """
        When a response from the origin is written: `through`, before the fill counts as done; `behind`, from a \
        bounded queue that drops and counts what does not fit; `off`, not at all.
        """)

    private static let promote = SchemaKey(
        "promote", .wordOr(["always", "never"], .int(1...1_000_000)), default: .value("always"),
        "When a hit in this tier is copied to the faster ones: `always`, `never`, or a number of hits that it takes.")
}

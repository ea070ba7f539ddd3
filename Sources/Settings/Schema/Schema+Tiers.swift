extension Schema {
    static let tiers: [SchemaKey] = [
        SchemaKey("memory", .map(memory), default: .none(words: "no such tier"), "L1: in the process."),
        SchemaKey("redis", .map(redis), default: .none(words: "no such tier"), "L2: a Redis that all instances share."),
        SchemaKey("disk", .map(disk), default: .none(words: "no such tier"), "L3: files on this machine."),
    ]

    private static let memory: [SchemaKey] = [
        SchemaKey(
            "size", .scalar(.size((1 << 20)...(1 << 44))), default: .value("256MB"),
            "How much memory stored responses may take, with their keys and all that is known about them."),
        SchemaKey(
            "policy", .scalar(.word(Configuration.Memory.Policy.allCases.map(\.rawValue))), default: .value("adaptive"),
            "What goes when the tier is full. `strata simulate` shows what each would have done with your access log."),
        SchemaKey(
            "max_object", .scalar(.size(1_024...(2 << 30))),
            default: .none(words: "8MB, or half of `size` if that is less"),
            "Larger bodies are not kept in this tier. At most half of `tiers.memory.size`."),
    ]

    private static let redis: [SchemaKey] = [
        SchemaKey(
            "url", .scalar(.redisURL), default: .required, secret: true,
            "The server: `redis://[[user]:password@]host[:port][/database]`, port 6379 and database 0 if not said."),
        SchemaKey(
            "prefix", .scalar(.redisPrefix), default: .value("strata:"),
            "What all keys in Redis begin with. Instances with one prefix share responses and invalidations."),
        SchemaKey(
            "timeout", .scalar(.duration(1...10_000)), default: .value("50ms"),
            "The time budget of a call. A call that takes longer is a miss."),
        SchemaKey(
            "max_object", .scalar(.size(1_024...(256 << 20))), default: .value("1MB"),
            "Larger bodies are not kept in this tier."),
        SchemaKey(
            "max_ttl", .scalar(.duration(1_000...31_536_000_000)), default: .none(words: "`purge.retention`"),
            "The longest that a response stays in Redis. At most `purge.retention`."),
        write,
        promote,
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

/// Shares of the tiers.
extension Schema {
    static let partition: [SchemaKey] = [
        SchemaKey(
            "memory", .wordOr(["off"], .size((1 << 20)...(1 << 44))),
            default: .none(words: "needed with `tiers.memory`"),
            """
            Its share of `tiers.memory.size`. `off`: it has no place in memory. Its `max_object` is that of the tier, or \
            half of the share if that is less.
            """),
        SchemaKey(
            "redis", .scalar(.bool), default: .none(words: "true"),
            """
            Whether it is stored in Redis, under keys of its own. Redis can't be told to bound them: what all partitions \
            store there is bounded by its `maxmemory` alone.
            """),
        SchemaKey(
            "disk", .wordOr(["off"], .size((1 << 20)...(1 << 50))), default: .none(words: "needed with `tiers.disk`"),
            """
            Its share of `tiers.disk.size`, in a folder of its own below `tiers.disk.path`. `off`: it has no place on \
            disk. `max_object` as for memory.
            """),
    ]

    /// In sites and rules.
    static let partitionName = SchemaKey(
        "partition", .scalar(.partitionName), default: .none(words: "`default`"),
        "The partition in which responses are stored and looked for: a name out of `partitions`, or `default`.")

    static let rulePartition = SchemaKey(
        "partition", .scalar(.partitionName), default: .none(words: "not set"),
        """
        The partition in which responses are stored and looked for, in place of the site's. Only with `path`, `header` and \
        `cookie`. What is stored under a URL in one partition does not answer in another.
        """)
}

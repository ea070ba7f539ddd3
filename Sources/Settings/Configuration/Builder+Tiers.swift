internal import RedisLocation

extension Builder {
    func tiers() -> Configuration.Tiers {
        let tiers = root["tiers"]
        return Configuration.Tiers(
            memory: memory(tiers["memory"]), redis: redis(tiers["redis"]), disk: disk(tiers["disk"]))
    }

    func partitions() -> [Configuration.Partition] {
        root["partitions"].members.map { name, setting in
            Configuration.Partition(
                name: name, memory: setting["memory"].number, redis: setting["redis"].flag ?? true,
                disk: setting["disk"].number)
        }
    }

    /// What partitions leave of a tier.
    private func share(of tier: String, size: Int) -> Int {
        root["partitions"].members.reduce(size) { $0 - $1.setting[tier].int }
    }

    private func memory(_ tier: Setting) -> Configuration.Memory? {
        guard tier.isPresent else { return nil }
        let size = tier["size"].int
        return Configuration.Memory(
            size: size, policy: word(tier["policy"]) ?? .adaptive,
            maxObject: tier["max_object"].number ?? min(8 << 20, share(of: "memory", size: size) / 2),
            maxTTL: tier["max_ttl"].number.map(Int64.init))
    }

    private func redis(_ tier: Setting) -> Configuration.Redis? {
        guard case .redis(let url) = tier["url"].value else { return nil }
        return Configuration.Redis(
            url: url, tls: url.usesTLS ? redisTLS(tier["tls"]) : nil, prefix: tier["prefix"].text ?? "",
            timeout: tier["timeout"].milliseconds,
            maxObject: tier["max_object"].int,
            maxTTL: tier["max_ttl"].number.map(Int64.init) ?? root["purge"]["retention"].milliseconds,
            compress: compression(tier["compress"]), lease: tier["lease"].number.map(Int64.init),
            write: word(tier["write"]) ?? .behind, promote: promotion(tier["promote"]))
    }

    private func redisTLS(_ setting: Setting) -> Configuration.RedisTLS {
        Configuration.RedisTLS(
            authorities: setting["ca"].text, certificate: setting["certificate"].text, key: setting["key"].text,
            verify: word(setting["verify"]) ?? .full)
    }

    private func compression(_ setting: Setting) -> Configuration.Compression? {
        guard setting.isPresent else { return nil }
        return Configuration.Compression(level: setting["level"].int, minSize: setting["min_size"].int)
    }

    private func disk(_ tier: Setting) -> Configuration.Disk? {
        guard let path = tier["path"].text else { return nil }
        let size = tier["size"].int
        return Configuration.Disk(
            path: path, size: size,
            maxObject: tier["max_object"].number ?? min(1 << 30, share(of: "disk", size: size) / 2),
            sync: tier["sync"].milliseconds, saveIndex: tier["save_index"].milliseconds,
            maxTTL: tier["max_ttl"].number.map(Int64.init),
            write: word(tier["write"]) ?? .behind, promote: promotion(tier["promote"]))
    }

    func promotion(_ setting: Setting) -> Configuration.Promotion {
        if let hits = setting.number { return .hits(hits) }
        return setting.text == "never" ? .never : .always
    }
}

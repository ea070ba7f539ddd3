/// Settings without mistakes into a configuration: the values, and the defaults that follow from other values.
struct Builder {
    let root: Setting
    let commandLine: CommandLineSettings

    func build() -> Configuration {
        let (origins, sites, table) = buildSites()
        return Configuration(
            listen: addresses(), threads: root["threads"].number, state: state(),
            shutdownTimeout: root["shutdown_timeout"].milliseconds, admin: admin(), tiers: tiers(),
            partitions: partitions(), purge: purge(),
            trustedProxies: root["trusted_proxies"].networks, debugAllow: root["debug"]["allow"].networks,
            origins: origins, sites: sites, siteTable: table, limits: limits(), timeouts: timeouts(), log: log())
    }

    private func addresses() -> [ListenAddress] {
        (commandLine.listen.isEmpty ? root["listen"].items : commandLine.listen).compactMap {
            if case .listen(let address) = $0.value { address } else { nil }
        }
    }

    private func state() -> String {
        if let path = root["state"].text { return path }
        return root["tiers"]["disk"]["path"].text.map { Folders.beside($0, "state") } ?? "var/state"
    }

    private func admin() -> Configuration.Admin? {
        guard case .listen(let address) = (commandLine.admin ?? root["admin"]["listen"]).value else { return nil }
        let token = root["admin"]["token"].text ?? ""
        return Configuration.Admin(listen: address, token: token.isEmpty ? nil : token)
    }

    private func purge() -> Configuration.Purge {
        let purge = root["purge"]
        return Configuration.Purge(
            allow: purge["allow"].networks,
            tokens: purge["tokens"].items.compactMap { item in
                if let text = item.text { return Configuration.Purge.Token(token: text) }
                return item["token"].text.map {
                    Configuration.Purge.Token(
                        token: $0, hosts: item["hosts"].isPresent ? item["hosts"].texts : nil,
                        partitions: item["partitions"].isPresent ? item["partitions"].texts : nil)
                }
            },
            rate: purge["rate"].int, refreshRate: purge["refresh_rate"].int, audit: purge["audit"].text,
            maxBlind: purge["max_blind"].milliseconds,
            retention: purge["retention"].milliseconds, maxRecords: purge["max_records"].int)
    }

    private func limits() -> Configuration.Limits {
        let limits = root["limits"]
        let head = limits["request_head"].int
        return Configuration.Limits(
            requestHead: head, requestLine: min(head, limits["request_line"].int), fields: limits["fields"].int,
            requestBody: limits["request_body"].number, connections: limits["connections"].int)
    }

    private func timeouts() -> Configuration.Timeouts {
        let timeouts = root["timeouts"]
        return Configuration.Timeouts(
            header: timeouts["header"].milliseconds, body: timeouts["body"].milliseconds,
            idle: timeouts["idle"].milliseconds, write: timeouts["write"].milliseconds)
    }

    private func log() -> Configuration.Log {
        let log = root["log"]
        var access: Configuration.Log.Access?
        if log["access"].isPresent, let format: Configuration.Log.AccessFormat = word(log["access"]["format"]) {
            let path = log["access"]["path"].text
            access = Configuration.Log.Access(path: path == "-" ? nil : path, format: format)
        }
        return Configuration.Log(
            level: word(log["level"]) ?? .info, format: word(log["format"]) ?? .text, access: access)
    }

    /// The case that is written so.
    func word<Word: RawRepresentable<String>>(_ setting: Setting) -> Word? {
        setting.text.flatMap(Word.init(rawValue:))
    }
}

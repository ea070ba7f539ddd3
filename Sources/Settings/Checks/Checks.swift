internal import Engine
internal import RedisLocation

/// What no single value shows: combinations that can't work. A setting that is broken already is not judged again.
struct Checks {
    private(set) var mistakes: [Mistake] = []

    static func run(_ root: Setting, _ commandLine: CommandLineSettings) -> [Mistake] {
        var checks = Checks()
        checks.checkListeners(root, commandLine)
        checks.checkTiers(root)
        checks.checkPartitions(root, commandLine)
        checks.checkTiersOfRules(root)
        checks.checkPurge(root["purge"])
        checks.checkLimits(root)
        checks.checkSites(root, commandLine)
        return checks.mistakes
    }

    mutating func note(_ setting: Setting, _ message: String) {
        mistakes.append(Mistake(line: setting.line, column: setting.column, path: setting.path, message: message))
    }

    private mutating func checkListeners(_ root: Setting, _ commandLine: CommandLineSettings) {
        var taken: [ListenAddress: String] = [:]
        for setting in commandLine.listen.isEmpty ? root["listen"].items : commandLine.listen {
            guard case .listen(let address) = setting.value else { continue }
            if let other = taken[address], !address.isAnyPort { note(setting, "\(setting.shown) is \(other) already") }
            taken[address] = setting.path
        }
        let admin = commandLine.admin ?? root["admin"]["listen"]
        guard case .listen(let address) = admin.value else { return }
        if let other = taken[address], !address.isAnyPort { note(admin, "\(admin.shown) is \(other) already") }
        let token = root["admin"]["token"]
        if !address.isLocal, !token.isBroken, (token.text ?? "").isEmpty {
            note(admin, "\(admin.shown) is not on loopback: set admin.token, or listen on 127.0.0.1")
        }
    }

    private mutating func checkTiers(_ root: Setting) {
        let tiers = root["tiers"]
        for name in ["memory", "disk"] where tiers[name].isPresent {
            let (size, object) = (tiers[name]["size"], tiers[name]["max_object"])
            if let limit = size.number, let number = object.number, number > limit / 2 {
                note(object, "\(object.shown) is above half of tiers.\(name).size (\(Units.size(limit)))")
            }
        }
        let (retention, blind, life) = (
            root["purge"]["retention"], root["purge"]["max_blind"], tiers["redis"]["max_ttl"]
        )
        if let limit = retention.number, let number = life.number, number > limit {
            note(life, "\(life.shown) is above purge.retention (\(Units.duration(limit)))")
        }
        if let limit = retention.number, let number = blind.number, number > limit {
            note(blind, "\(blind.shown) is above purge.retention (\(Units.duration(limit)))")
        }
        checkRedisTLS(tiers["redis"])
        let (state, disk) = (root["state"], tiers["disk"]["path"])
        if let text = state.text, let path = disk.text, Folders.normal(text) == Folders.normal(path) {
            note(state, "\(state.shown) is tiers.disk.path already; they need two folders")
        }
    }

    private mutating func checkPurge(_ purge: Setting) {
        for token in purge["tokens"].items where token.text == nil && !token.isBroken {
            if !token["hosts"].isPresent, !token["partitions"].isPresent {
                note(token, "hosts or partitions are missing; a token for everything stands alone, without keys")
            }
        }
    }

    private mutating func checkRedisTLS(_ redis: Setting) {
        let tls = redis["tls"]
        if tls.isPresent, case .redis(let url) = redis["url"].value, !url.usesTLS {
            note(tls, "tiers.redis.url is without TLS; its scheme would be rediss")
        }
        for (one, other) in [("certificate", "key"), ("key", "certificate")]
        where tls[one].isPresent && !tls[other].isPresent && !tls[other].isBroken {
            note(tls[one], "tls.\(other) is missing; the two go together")
        }
    }

    private mutating func checkLimits(_ root: Setting) {
        let (line, head) = (root["limits"]["request_line"], root["limits"]["request_head"])
        // A head below the line's default takes the line with it.
        if line.isGiven, let limit = head.number, let number = line.number, number > limit {
            note(line, "\(line.shown) is above limits.request_head (\(Units.size(limit)))")
        }
    }
}

// MARK: Sites
extension Checks {
    private mutating func checkSites(_ root: Setting, _ commandLine: CommandLineSettings) {
        let sites = root["sites"]
        if let origin = commandLine.origin, !sites.items.isEmpty {
            note(origin, "the file has sites of its own; change their origins there, or leave the option out")
        } else if commandLine.origin == nil, sites.items.isEmpty, !sites.isBroken {
            note(sites, "no sites; name at least one with hosts and origin, or run with --origin URL")
        }
        let names = root["origins"].isPresent ? root["origins"].members.map(\.name) : nil
        var table = SiteTable()
        var owners: [String: String] = [:]
        for site in sites.items {
            checkOrigin(site["origin"], names)
            for host in site["hosts"].items {
                guard let text = host.text else { continue }
                if table.insert(text, site: 0) {
                    owners[text] = host.path
                } else {
                    note(host, "\(host.shown) is claimed by \(owners[text] ?? "another site") already")
                }
            }
            for rule in site["rules"].items { checkRule(rule) }
        }
    }

    /// `names` is nil where `origins` is misspelt.
    private mutating func checkOrigin(_ origin: Setting, _ names: [String]?) {
        guard case .text(let name) = origin.value, let names, !names.contains(name) else { return }
        let hint =
            Nearest.suggestion(name, in: names)
            ?? (names.isEmpty
                ? "; there are no origins, a URL would do too" : "; known: \(names.joined(separator: ", "))")
        // The name may come from the environment; what is shown is the file's text.
        note(origin, "no origin is named \(origin.shown)\(hint)")
    }
}

extension ListenAddress {
    fileprivate var isAnyPort: Bool {
        if case .tcp(_, 0) = self { true } else { false }
    }
}

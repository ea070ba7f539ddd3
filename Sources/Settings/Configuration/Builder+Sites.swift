internal import Engine

extension Builder {
    func buildSites() -> (origins: [Configuration.Origin], sites: [Configuration.Site], table: SiteTable) {
        var origins = root["origins"].members.compactMap { member in
            member.setting["servers"].items.first.flatMap { origin(member.setting, server: $0, name: member.name) }
        }
        var sites: [Configuration.Site] = []
        for setting in siteSettings() {
            guard let index = originIndex(setting["origin"], &origins) else { continue }
            sites.append(site(setting, origin: index))
        }
        var table = SiteTable()
        for (index, site) in sites.enumerated() {
            for host in site.hosts { _ = table.insert(host, site: index) }
        }
        return (origins, sites, table)
    }

    /// Those of the file, or the one that `--origin` stands for.
    private func siteSettings() -> [Setting] {
        guard case .server(let server) = commandLine.origin?.value else { return root["sites"].items }
        return [readDefaults(Schema.site, given: [("hosts", .scalar("*")), ("origin", .scalar(server.url))])]
    }

    /// Keys as if only `given` stood in a file.
    private func readDefaults(_ keys: [SchemaKey], given: [(String, Node)]) -> Setting {
        var reader = Reader(environment: nil)
        return reader.read(.map(given), .map(keys), path: "", secret: false)
    }

    private func originIndex(_ setting: Setting, _ origins: inout [Configuration.Origin]) -> Int? {
        switch setting.value {
        case .text(let name):
            return origins.firstIndex { $0.name == name }
        case .server(let server):
            let settings = readDefaults(
                Schema.originKeys(server: Schema.serversKey), given: [("servers", .scalar(server.url))])
            guard let item = settings["servers"].items.first else { return nil }
            return add(origin(settings, server: item, name: server.url), to: &origins)
        default:
            return add(origin(setting, server: setting["url"], name: nil), to: &origins)
        }
    }

    /// An inline origin that says the same as another inline one is that one: they share connections.
    private func add(_ origin: Configuration.Origin?, to origins: inout [Configuration.Origin]) -> Int? {
        guard let origin else { return nil }
        if let same = origins.firstIndex(of: origin) { return same }
        origins.append(origin)
        return origins.count - 1
    }

    private func origin(_ setting: Setting, server: Setting, name: String?) -> Configuration.Origin? {
        guard case .server(let url) = server.value else { return nil }
        let host: Configuration.Origin.HostField =
            switch setting["host"].text {
            case "client", nil: .client
            case "origin": .origin
            case .some(let name): .name(name)
            }
        return Configuration.Origin(
            name: name ?? url.url, server: url, host: host, connectTimeout: setting["connect_timeout"].milliseconds,
            timeout: setting["timeout"].milliseconds, idleTimeout: setting["idle_timeout"].milliseconds,
            keepalive: setting["keepalive"].int, retry: word(setting["retry"]) ?? .never,
            via: setting["via"].flag ?? true)
    }

    private func site(_ setting: Setting, origin: Int) -> Configuration.Site {
        let (cache, query) = (setting["cache"], setting["key"]["query"])
        return Configuration.Site(
            hosts: setting["hosts"].texts, origin: origin,
            cache: Configuration.SiteCache(
                defaultTTL: cache["default_ttl"].milliseconds,
                staleWhileRevalidate: cache["stale_while_revalidate"].milliseconds,
                staleIfError: cache["stale_if_error"].milliseconds, tags: cache["tags"].texts,
                exposeTags: cache["expose_tags"].flag ?? false,
                clientRevalidation: word(cache["client_revalidation"]) ?? .honour),
            query: queryKey(query),
            rules: setting["rules"].items.compactMap(rule), partition: setting["partition"].text)
    }
}

extension Configuration.Origin.Server {
    /// `http://host:port`, IPv6 in brackets.
    package var url: String {
        "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

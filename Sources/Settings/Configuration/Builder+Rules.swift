internal import Engine
internal import Invalidation

extension Builder {
    func queryKey(_ setting: Setting) -> Configuration.QueryKey {
        Configuration.QueryKey(
            keep: setting["keep"].isPresent ? setting["keep"].globs : nil, drop: setting["drop"].globs,
            sort: setting["sort"].flag ?? false)
    }

    func rule(_ setting: Setting) -> Configuration.Rule {
        let match = setting["match"]
        return Configuration.Rule(
            match: Configuration.RuleMatch(
                paths: match["path"].globs, methods: match["method"].texts, headers: named(match["header"]),
                cookies: named(match["cookie"]), contentTypes: match["content_type"].globs,
                statuses: match["status"].statuses),
            cache: setting["cache"].flag, ttl: milliseconds(setting["ttl"]), force: setting["force"].flag,
            staleWhileRevalidate: milliseconds(setting["stale_while_revalidate"]),
            staleIfError: milliseconds(setting["stale_if_error"]), stripCookies: setting["strip_cookies"].flag,
            query: setting["query"].isPresent ? queryKey(setting["query"]) : nil,
            tags: setting["tags"].isPresent ? setting["tags"].texts : nil,
            requestHeaders: changes(setting["request_headers"]), responseHeaders: changes(setting["response_headers"]),
            write: Configuration.Writes(
                memory: word(setting["write"]["memory"]), redis: word(setting["write"]["redis"]),
                disk: word(setting["write"]["disk"])),
            promote: Configuration.Promotions(
                redis: statedPromotion(setting["promote"]["redis"]), disk: statedPromotion(setting["promote"]["disk"])),
            partition: setting["partition"].text)
    }

    private func statedPromotion(_ setting: Setting) -> Configuration.Promotion? {
        setting.isPresent ? promotion(setting) : nil
    }

    private func milliseconds(_ setting: Setting) -> Int64? { setting.number.map(Int64.init) }

    private func named(_ setting: Setting) -> [Configuration.RuleMatch.Named] {
        setting.members.compactMap { member in
            guard case .glob(let value) = member.setting.value else { return nil }
            return Configuration.RuleMatch.Named(name: member.name, value: value)
        }
    }

    private func changes(_ setting: Setting) -> Configuration.HeaderChanges {
        Configuration.HeaderChanges(
            set: setting["set"].members.compactMap { member in
                member.setting.text.map { Configuration.HeaderChanges.Field(name: member.name, value: $0) }
            }, remove: setting["remove"].texts)
    }
}

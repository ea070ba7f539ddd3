internal import CacheModel
internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Invalidation

/// `GET /cache/stats`.
struct StatisticsRoutes: Sendable {
    let control: any ProxyControl

    func add(to router: Router<BasicRequestContext>) {
        router.get("/cache/stats") { _, _ in Self.json(control.statistics()).response() }
    }

    static func json(_ statistics: ProxyStatistics) -> JSON {
        let fromTiers = statistics.count(.hit) + statistics.count(.stale)
        let forwarded =
            statistics.count(.revalidated) + statistics.count(.miss) + statistics.count(.collapsed)
            + statistics.count(.pass)
        let total = statistics.totalRequests
        let seconds = total == 0 ? 0 : Double(statistics.responseMicroseconds) / Double(total) / 1_000_000
        return .object([
            ("layers", .object(statistics.tiers.map { (layerName($0.name), layer($0.name, $0.statistics)) })),
            ("total_hit_ratio", ratio(fromTiers, fromTiers + forwarded)),
            ("requests_per_second", .number(statistics.requestsPerSecond)),
            ("average_response_time", .number(seconds)),
            (
                "requests",
                .object(
                    [("total", .unsigned(total))]
                        + CacheResult.allCases.map { ($0.rawValue, .unsigned(statistics.count($0))) })
            ),
            ("body_bytes_sent", .unsigned(statistics.bodyBytes)),
            (
                "origin",
                .object([
                    ("requests", .unsigned(statistics.originRequests)),
                    ("failures", .unsigned(statistics.originFailures)),
                ])
            ),
            ("open_connections", .integer(statistics.openConnections)),
            ("flights", .integer(statistics.flights)),
            ("position", .string(statistics.position.text)),
            ("access_log_drops", .unsigned(statistics.accessLogDrops)),
            ("uptime_seconds", .number(statistics.uptimeSeconds)),
        ])
    }

    private static func layerName(_ tier: TierName) -> String {
        switch tier {
        case .memory: "l1_memory"
        case .redis: "l2_redis"
        case .disk: "l3_disk"
        }
    }

    private static func layer(_ name: TierName, _ tier: TierStatistics) -> JSON {
        let usage =
            switch name {
            case .memory: "memory_usage"
            case .redis: "redis_usage"
            case .disk: "disk_usage"
            }
        let failures = TierFailure.allCases.compactMap { failure -> (String, JSON)? in
            tier.failures[failure].map { (failure.rawValue, .unsigned($0)) }
        }
        return .object([
            ("state", .string(tier.state.rawValue)),
            ("hits", .unsigned(tier.hits)),
            ("misses", .unsigned(tier.misses)),
            ("hit_ratio", ratio(tier.hits, tier.hits + tier.misses)),
            ("entries", optional(tier.entries)),
            (usage, optional(tier.bytes)),
            ("capacity", optional(tier.capacity)),
            ("writes", .unsigned(tier.writes)),
            ("evictions", .unsigned(tier.evictions)),
            ("removals", .unsigned(tier.removals)),
            ("failures", .object(failures)),
        ])
    }

    private static func optional(_ value: UInt64?) -> JSON { value.map { .unsigned($0) } ?? .null }

    private static func ratio(_ part: UInt64, _ whole: UInt64) -> JSON {
        .number(whole == 0 ? 0 : Double(part) / Double(whole))
    }
}

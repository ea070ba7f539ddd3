internal import CacheModel
internal import Engine
internal import Hummingbird
internal import Invalidation

/// `GET /cache/stats`: all counters as JSON. Sizes are bytes and times seconds; what is not known is null; only tiers that
/// are configured are there.
enum StatisticsRoutes {
    static func add(to table: inout RouteTable, control: any ProxyControl) {
        table.on(.get, "/cache/stats") { _, _ in Response(value(control.statistics())) }
    }

    static func value(_ statistics: ProxyStatistics) -> JSONValue {
        var partitions: [String: JSONValue] = [:]
        for partition in statistics.partitions {
            partitions[partition.name] = ["layers": layers(partition.tiers, partition.figures)]
        }
        var members = all(statistics)
        // Absent where there is only one: it would say all of it twice.
        if !partitions.isEmpty { members["partitions"] = .object(partitions) }
        return .object(members)
    }

    private static func all(_ statistics: ProxyStatistics) -> [String: JSONValue] {
        [
            "layers": layers(statistics.tiers, statistics.figures),
            "total_hit_ratio": JSONValue(hitRatio(statistics)),
            "requests_per_second": JSONValue(statistics.requestsPerSecond),
            "average_response_time": JSONValue(averageSeconds(statistics)),
            "response_time": [
                "p50": seconds(statistics.responseMicrosecondsMedian),
                "p99": seconds(statistics.responseMicroseconds99),
            ],
            "requests": requests(statistics),
            "body_bytes": .unsigned(statistics.bodyBytes),
            "origin": [
                "requests": .unsigned(statistics.originRequests), "failures": .unsigned(statistics.originFailures),
            ],
            "access_log": statistics.accessLog.map {
                ["dropped_lines": .unsigned($0.droppedLines), "failed_writes": .unsigned($0.failedWrites)]
            } ?? .null,
            "invalidation": invalidation(statistics.invalidation),
            "open_connections": .integer(statistics.openConnections),
            "flights": .integer(statistics.flights),
            "position": .string(statistics.position.text),
            "invalidation_log": statistics.log.map(log) ?? .null,
            "uptime_seconds": JSONValue(statistics.uptimeSeconds),
        ]
    }

    // MARK: - Parts

    private static func layers(
        _ tiers: [(name: TierName, statistics: TierStatistics)], _ figures: [TierName: TierFigures]
    ) -> JSONValue {
        var layers: [String: JSONValue] = [:]
        for (name, tier) in tiers { layers[LayerNames.name(name)] = layer(name, tier, figures[name]) }
        return .object(layers)
    }

    private static func layer(_ name: TierName, _ tier: TierStatistics, _ figures: TierFigures?) -> JSONValue {
        let usage =
            switch name {
            case .memory, .redis: "memory_usage"
            case .disk: "disk_usage"
            }
        var failures: [String: JSONValue] = [:]
        for (reason, count) in tier.failures { failures[reason.rawValue] = .unsigned(count) }
        var members: [String: JSONValue] = [
            "state": .string(tier.state.rawValue), "reason": tier.reason.map { .string($0.rawValue) } ?? .null,
            "hits": .unsigned(tier.hits), "misses": .unsigned(tier.misses),
            "hit_ratio": JSONValue(ratio(tier.hits, of: Double(tier.hits) + Double(tier.misses))),
            "entries": JSONValue(tier.entries), usage: JSONValue(tier.bytes), "capacity": JSONValue(tier.capacity),
            "writes": .unsigned(tier.writes), "evictions": .unsigned(tier.evictions),
            "removals": .unsigned(tier.removals), "failures": .object(failures),
            "details": .object(tier.details.mapValues { .unsigned($0) }),
        ]
        if let figures { members.merge(LayerNames.figures(figures)) { _, new in new } }
        return .object(members)
    }

    private static func invalidation(_ statistics: InvalidationStatistics) -> JSONValue {
        var collected: [String: JSONValue] = [:]
        for (tier, count) in statistics.collected { collected[tier.rawValue] = .unsigned(count) }
        return [
            "selectors": .unsigned(statistics.selectors), "cut_tag_lists": .unsigned(statistics.cutTagLists),
            "refreshed": .unsigned(statistics.refreshed),
            "refreshes_dropped": .unsigned(statistics.refreshesDropped), "collected": .object(collected),
            "audit": statistics.audit.map {
                ["dropped_lines": .unsigned($0.droppedLines), "failed_writes": .unsigned($0.failedWrites)]
            } ?? .null,
        ]
    }

    /// Without warnings, which `/ready` has.
    private static func log(_ status: LogStatus) -> JSONValue {
        [
            "home": .string(status.home), "in_contact": .bool(status.isInContact), "blind": .bool(status.isBlind),
            "pending": .integer(status.pending), "live": .integer(status.live), "silent": .integer(status.silent),
        ]
    }

    private static func requests(_ statistics: ProxyStatistics) -> JSONValue {
        var members: [String: JSONValue] = ["total": .unsigned(statistics.totalRequests)]
        for result in CacheResult.allCases { members[result.rawValue] = .unsigned(statistics.count(result)) }
        return .object(members)
    }

    /// Answers from a tier, among those that a tier or the origin gave; nil before the first.
    private static func hitRatio(_ statistics: ProxyStatistics) -> Double? {
        let hits = statistics.count(.hit) + statistics.count(.stale)
        let others: [CacheResult] = [.revalidated, .miss, .collapsed, .pass]
        return ratio(hits, of: Double(others.reduce(hits) { $0 + statistics.count($1) }))
    }

    private static func averageSeconds(_ statistics: ProxyStatistics) -> Double? {
        ratio(statistics.responseMicroseconds, of: Double(statistics.totalRequests) * 1e6)
    }

    private static func ratio(_ part: UInt64, of whole: Double) -> Double? { whole > 0 ? Double(part) / whole : nil }

    private static func seconds(_ microseconds: UInt64?) -> JSONValue {
        JSONValue(microseconds.map { Double($0) / 1e6 })
    }
}

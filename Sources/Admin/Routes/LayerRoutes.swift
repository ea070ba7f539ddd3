internal import CacheModel
internal import Engine
internal import Hummingbird

/// `GET /cache/layers`: what each tier is, how it is set and how it does. Sizes are bytes, times seconds.
enum LayerRoutes {
    static func add(to table: inout RouteTable, control: any ProxyControl) {
        table.on(.get, "/cache/layers") { _, _ in
            Response(["layers": .array(control.layers().enumerated().map { layer($0.element, place: $0.offset + 1) })])
        }
    }

    static func layer(_ report: LayerReport, place: Int) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(LayerNames.name(report.name)), "kind": .string(report.name.rawValue),
            "asked": .integer(place), "state": .string(report.statistics.state.rawValue),
            "reason": report.statistics.reason.map { .string($0.rawValue) } ?? .null,
        ]
        var settings: [String: JSONValue] = [:]
        for (key, value) in report.settings { settings[key] = self.value(value) }
        members["settings"] = .object(settings)
        if let figures = report.figures {
            members["breaker"] = .string(breaker(report.statistics.state))
            for (name, value) in LayerNames.figures(figures) { members[name] = value }
        }
        return .object(members)
    }

    private static func breaker(_ state: TierStatistics.State) -> String {
        switch state {
        case .up, .degraded: "closed"
        case .down: "open"
        case .probing: "half_open"
        }
    }

    private static func value(_ value: LayerReport.Value) -> JSONValue {
        switch value {
        case .text(let text): .string(text)
        case .bytes(let count), .number(let count): .integer(count)
        case .milliseconds(let time): JSONValue(Double(time) / 1000)
        case .flag(let flag): .bool(flag)
        case .group(let members): .object(members.mapValues { self.value($0) })
        }
    }
}

/// What `/cache/stats` and `/cache/layers` say in the same words.
enum LayerNames {
    static func name(_ tier: TierName) -> String {
        switch tier {
        case .memory: "l1_memory"
        case .redis: "l2_redis"
        case .disk: "l3_disk"
        }
    }

    static func figures(_ figures: TierFigures) -> [String: JSONValue] {
        var rejects: [String: JSONValue] = [:]
        for (reason, count) in figures.rejects { rejects[reason.rawValue] = .unsigned(count) }
        return [
            "read_time": times(figures.readTimes), "write_time": times(figures.writeTimes),
            "promotions": .unsigned(figures.promotions), "rejects": .object(rejects),
            "fills": [
                "stored": .unsigned(figures.fillsStored), "superseded": .unsigned(figures.fillsSuperseded),
                "dropped": .unsigned(figures.fillsDropped),
            ],
        ]
    }

    private static func times(_ summary: TimeSummary) -> JSONValue {
        [
            "count": .unsigned(summary.count), "p50": seconds(summary.median), "p90": seconds(summary.p90),
            "p99": seconds(summary.p99), "p999": seconds(summary.p999),
        ]
    }

    private static func seconds(_ microseconds: UInt64?) -> JSONValue {
        JSONValue(microseconds.map { Double($0) / 1e6 })
    }
}

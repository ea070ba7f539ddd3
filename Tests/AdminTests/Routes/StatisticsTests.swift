import CacheModel
import Engine
import Foundation
import TestSupport
import Testing

@Suite("GET /cache/stats")
struct StatisticsTests {
    private func told(_ statistics: ProxyStatistics) async throws -> RawResponse {
        try await withAdmin(ToldProxy(statistics)) { try await RawClient.get("/cache/stats", from: $0) }
    }

    @Test("Before the first request ratios and times are null, counters 0, and no tier is there")
    func empty() async throws {
        let text = try await told(ProxyStatistics()).text
        #expect(
            text
                == #"{"access_log":null,"average_response_time":null,"body_bytes":0,"flights":0,"invalidation":{"audit":null,"#
                + #""collected":{},"cut_tag_lists":0,"refreshed":0,"refreshes_dropped":0,"selectors":0},"#
                + #""invalidation_log":null,"#
                + #""layers":{},"open_connections":0,"#
                + #""origin":{"failures":0,"requests":0},"position":"0000000000000000-0","requests":{"collapsed":0,"hit":0,"#
                + #""miss":0,"pass":0,"purge":0,"revalidated":0,"stale":0,"synthetic":0,"total":0},"requests_per_second":null,"#
                + #""response_time":{"p50":null,"p99":null},"total_hit_ratio":null,"uptime_seconds":0}"# + "\n")
    }

    @Test("Every counter of a busy proxy under its name, numbers as numbers")
    func busy() async throws {
        var statistics = ProxyStatistics()
        // hit, stale, revalidated, miss, collapsed, pass, synthetic, purge
        statistics.requests = [60, 5, 5, 20, 5, 5, 50, 50]
        statistics.responseMicroseconds = 400_000
        statistics.responseMicrosecondsMedian = 127
        statistics.responseMicroseconds99 = 4095
        statistics.bodyBytes = 1 << 40
        statistics.requestsPerSecond = 12.5
        statistics.openConnections = 3
        statistics.flights = 2
        statistics.originRequests = 31
        statistics.originFailures = 1
        statistics.uptimeSeconds = 3.25
        statistics.accessLog = AccessLogStatistics(droppedLines: 4, failedWrites: 5)
        statistics.invalidation.selectors = 12
        statistics.invalidation.cutTagLists = 13
        statistics.invalidation.refreshed = 14
        statistics.invalidation.refreshesDropped = 17
        statistics.invalidation.collected = [.memory: 15, .disk: 16]
        statistics.invalidation.audit = AccessLogStatistics(droppedLines: 17, failedWrites: 18)
        var memory = TierStatistics()
        memory.hits = 3
        memory.misses = 1
        memory.entries = 7
        memory.bytes = 1000
        memory.capacity = .max
        memory.evictions = 8
        memory.writes = 9
        memory.removals = 10
        var redis = TierStatistics()
        redis.state = .probing
        redis.failures = [.timeout: 2, .breakerOpen: 3]
        var disk = TierStatistics()
        disk.bytes = 5
        statistics.tiers = [(.memory, memory), (.redis, redis), (.disk, disk)]
        let object = try await told(statistics).json
        let expected: [String: Any] = [
            "layers": [
                "l1_memory": [
                    "state": "up", "reason": NSNull(), "hits": 3, "misses": 1, "hit_ratio": 0.75, "entries": 7,
                    "memory_usage": 1000,
                    "capacity": UInt64.max, "evictions": 8, "writes": 9, "removals": 10, "failures": [String: Int](),
                    "details": [String: Int](),
                ] as [String: Any],
                "l2_redis": [
                    "state": "probing", "reason": NSNull(), "hits": 0, "misses": 0, "hit_ratio": NSNull(),
                    "entries": NSNull(),
                    "memory_usage": NSNull(), "capacity": NSNull(), "evictions": 0, "writes": 0, "removals": 0,
                    "failures": ["timeout": 2, "breaker_open": 3], "details": [String: Int](),
                ] as [String: Any],
                "l3_disk": [
                    "state": "up", "reason": NSNull(), "hits": 0, "misses": 0, "hit_ratio": NSNull(),
                    "entries": NSNull(), "disk_usage": 5,
                    "capacity": NSNull(), "evictions": 0, "writes": 0, "removals": 0, "failures": [String: Int](),
                    "details": [String: Int](),
                ] as [String: Any],
            ],
            "total_hit_ratio": 0.65, "requests_per_second": 12.5, "average_response_time": 0.002,
            "response_time": ["p50": 0.000127, "p99": 0.004095],
            "requests": [
                "total": 200, "hit": 60, "stale": 5, "revalidated": 5, "miss": 20, "collapsed": 5, "pass": 5,
                "synthetic": 50, "purge": 50,
            ],
            "body_bytes": 1 << 40, "origin": ["requests": 31, "failures": 1],
            "access_log": ["dropped_lines": 4, "failed_writes": 5], "open_connections": 3, "flights": 2,
            "position": "0000000000000000-0", "uptime_seconds": 3.25, "invalidation_log": NSNull(),
            "invalidation": [
                "selectors": 12, "cut_tag_lists": 13, "refreshed": 14, "refreshes_dropped": 17,
                "collected": ["memory": 15, "disk": 16],
                "audit": ["dropped_lines": 17, "failed_writes": 18],
            ] as [String: Any],
        ]
        #expect(object as NSDictionary == expected as NSDictionary)
    }

    @Test("A number that JSON does not have is null")
    func notFinite() async throws {
        var statistics = ProxyStatistics()
        statistics.requestsPerSecond = .infinity
        statistics.uptimeSeconds = .nan
        let object = try await told(statistics).json
        #expect(object["requests_per_second"] is NSNull)
        #expect(object["uptime_seconds"] is NSNull)
    }
}

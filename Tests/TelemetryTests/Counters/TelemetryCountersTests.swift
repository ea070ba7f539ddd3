import CacheModel
import Engine
import Telemetry
import TestSupport
import Testing

@Suite("Counters")
struct TelemetryCountersTests {
    @Test("Loops on threads of their own add up, and a reader never sees a counter go back")
    func threads() async throws {
        let telemetry = Telemetry(loops: 4, accessLog: nil)
        let count = 50_000
        let writers = Countdown(1)
        async let reader: Bool = onThread {
            var last: UInt64 = 0
            while !writers.isDone {
                let next = telemetry.snapshot().requests.reduce(0, +)
                if next < last { return false }
                last = next
            }
            return true
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (loop, log) in telemetry.logs.enumerated() {
                tasks.addTask {
                    try await onThread {
                        let result = CacheResult.allCases[loop * 2]
                        let sample = Sample(bodyBytes: 10, result: result, microseconds: Int64(loop))
                        for _ in 0..<count { sample.record(in: log) }
                    }
                }
            }
            try await tasks.waitForAll()
        }
        writers.count()
        #expect(try await reader)
        var statistics = ProxyStatistics()
        telemetry.fill(&statistics, now: 0)
        for (index, result) in CacheResult.allCases.enumerated() {
            #expect(statistics.count(result) == (index % 2 == 0 ? UInt64(count) : 0))
        }
        #expect(statistics.responseMicroseconds == UInt64(count * (0 + 1 + 2 + 3)))
        #expect(statistics.bodyBytes == UInt64(count * 40))
        #expect(statistics.accessLog == nil)
    }

    @Test("Times and sizes that can't be are counted as nothing")
    func negative() {
        let telemetry = Telemetry(loops: 1, accessLog: nil)
        Sample(bodyBytes: -1, microseconds: .min).record(in: telemetry.logs[0])
        Sample(microseconds: .max).record(in: telemetry.logs[0])
        let snapshot = telemetry.snapshot()
        #expect(snapshot.requests[CacheResult.hit.index] == 2)
        #expect(snapshot.bodyBytes == 1024)
        #expect(snapshot.responseMicroseconds == UInt64(Int64.max))
    }

    @Test(
        "Quantiles are right to an eighth",
        arguments: [1, 7, 8, 9, 15, 16, 100, 1000, 123_456, 5_000_000, 68_000_000_000])
    func quantiles(time: Int64) throws {
        let telemetry = Telemetry(loops: 1, accessLog: nil)
        #expect(telemetry.snapshot().responseMicroseconds(quantile: 0.5) == nil)
        Sample(microseconds: time).record(in: telemetry.logs[0])
        let told = try #require(telemetry.snapshot().responseMicroseconds(quantile: 0.5))
        #expect(told >= UInt64(time))
        #expect(Double(told) <= Double(time) * 1.126)
    }

    @Test("Median and 99th percentile of a thousand even times")
    func spread() throws {
        let telemetry = Telemetry(loops: 2, accessLog: nil)
        for time in 1...1000 { Sample(microseconds: Int64(time)).record(in: telemetry.logs[time % 2]) }
        var statistics = ProxyStatistics()
        telemetry.fill(&statistics, now: 0)
        let median = try #require(statistics.responseMicrosecondsMedian)
        let high = try #require(statistics.responseMicroseconds99)
        #expect((500...563).contains(median))
        #expect((990...1115).contains(high))
    }
}

@Suite("Requests a second")
struct RequestRateTests {
    private func add(_ count: Int, to telemetry: Telemetry) {
        for _ in 0..<count { Sample().record(in: telemetry.logs[0]) }
    }

    @Test("Unknown before the first half second, then the mean of the last ten")
    func window() throws {
        let telemetry = Telemetry(loops: 1, accessLog: nil)
        #expect(telemetry.requestsPerSecond(now: 0) == nil)
        telemetry.tick(now: 0)
        add(5, to: telemetry)
        #expect(telemetry.requestsPerSecond(now: 499) == nil)
        #expect(telemetry.requestsPerSecond(now: 500) == 10)
        for second in 1...60 {
            telemetry.tick(now: Int64(second) * 1000)
            add(second <= 30 ? 7 : 2, to: telemetry)
        }
        #expect(telemetry.requestsPerSecond(now: 61_000) == 2)
    }

    @Test("A burst leaves the window after ten seconds")
    func burst() {
        let telemetry = Telemetry(loops: 1, accessLog: nil)
        telemetry.tick(now: 0)
        add(100, to: telemetry)
        for second in 1...9 { telemetry.tick(now: Int64(second) * 1000) }
        #expect(telemetry.requestsPerSecond(now: 10_000) == 10)
        for second in 10...12 { telemetry.tick(now: Int64(second) * 1000) }
        #expect(telemetry.requestsPerSecond(now: 12_500) == 0)
    }

    @Test("Late ticks change the window, not the truth")
    func lateTicks() {
        let telemetry = Telemetry(loops: 1, accessLog: nil)
        telemetry.tick(now: 0)
        add(60, to: telemetry)
        #expect(telemetry.requestsPerSecond(now: 60_000) == 1)
    }
}

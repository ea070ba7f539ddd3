import Foundation
import TestSupport
import Testing

/// Strata under mixed load, for `STRATA_SOAK_SECONDS` (10 in the suite, 600 by `make soak`).
@Suite("Soak", .serialized)
struct SoakTests {
    private static let seconds = ProcessInfo.processInfo.environment["STRATA_SOAK_SECONDS"].flatMap(Int.init) ?? 10
    private static let clients = 16

    @Test("Under mixed load every byte is right, and memory and descriptors stay flat")
    func soak() async throws {
        let origin = try await Origin.start()
        let redis = try RedisServer.start(arguments: ["--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru"])
        // Small tiers: all of them are full, and evict, long before the end.
        let proxy = try await Proxy.start(origin: origin, memory: "{ size: 16MB }", redis: redis.url, disk: "128MB")
        _ = try await proxy.get("/page/hot/0?size=1KB&max-age=3600&ranges=1")
        let before = proxy.process.descriptorCount

        let end = ContinuousClock.now + .seconds(Self.seconds)
        var gauge = Gauge()
        let tally = try await withThrowingTaskGroup(of: SoakTally.self) { group in
            for number in 0..<Self.clients {
                group.addTask { await SoakClient(number: number, proxy: proxy.address).run(until: end) }
            }
            while ContinuousClock.now < end {
                gauge.sample(proxy.process)
                try await Task.sleep(for: .milliseconds(250))
            }
            return try await group.reduce(into: SoakTally()) { $0.add($1) }
        }

        print("soak: \(Self.seconds) s, \(tally.counts), \(gauge.summary)")
        #expect(tally.mistakes.isEmpty, "\(tally.mistakes.prefix(5))")
        for kind in SoakRequest.Kind.allCases { #expect(tally.counts[kind, default: 0] > 0, "\(kind)") }
        #expect(proxy.process.isRunning)
        #expect(gauge.isFlat(\.residentBytes, tolerance: 0.10, slack: 16 << 20), "\(gauge.summary)")
        #expect(gauge.isFlat(\.descriptors, tolerance: 0, slack: 16), "\(gauge.summary)")
        // The clients are gone; what stays are kept connections to the origin (64 by default) and files of the tiers.
        #expect(await eventually { proxy.process.descriptorCount <= before + 64 + 32 }, "\(gauge.summary)")
    }
}

/// What a process held over time.
struct Gauge {
    struct Sample {
        var residentBytes: Int
        var descriptors: Int
    }

    private var samples: [Sample] = []

    mutating func sample(_ process: ProcessHandle) {
        samples.append(Sample(residentBytes: process.residentBytes, descriptors: process.descriptorCount))
    }

    init(_ samples: [Sample] = []) { self.samples = samples }

    /// Whether the highest value of the last third stays near that of the middle third: the first one is warm-up.
    func isFlat(_ value: KeyPath<Sample, Int>, tolerance: Double, slack: Int) -> Bool {
        let third = samples.count / 3
        guard third > 0 else { return false }
        let middle = samples[third..<2 * third].map { $0[keyPath: value] }.max() ?? 0
        let last = samples[(2 * third)...].map { $0[keyPath: value] }.max() ?? 0
        return Double(last) <= Double(middle) * (1 + tolerance) + Double(slack)
    }

    var summary: String {
        let steps = stride(from: 0, to: samples.count, by: max(1, samples.count / 10))
        return steps.map { "\(samples[$0].residentBytes >> 20) MB/\(samples[$0].descriptors) fd" }.joined(
            separator: ", ")
    }
}

@Suite("Soak gauge")
struct GaugeTests {
    @Test(
        "Growth after the warm-up is not flat, growth during it is",
        arguments: [([1, 50, 100, 100, 100, 101], true), ([100, 100, 100, 110, 120, 130], false), ([100], false)])
    func flat(values: [Int], isFlat: Bool) {
        let gauge = Gauge(values.map { .init(residentBytes: $0, descriptors: 0) })
        #expect(gauge.isFlat(\.residentBytes, tolerance: 0, slack: 2) == isFlat)
    }
}

@Suite("Soak client")
struct SoakClientTests {
    /// The origin knows no PURGE and answers the page: the one mistake there is to find.
    @Test("Against the origin alone it finds all bytes right, and the missing purge")
    func originAlone() async throws {
        let origin = try await Origin.start()
        var tally = SoakTally()
        for number in 0..<4 {
            tally.add(
                await SoakClient(number: number, proxy: origin.address).run(until: ContinuousClock.now + .seconds(1)))
        }
        #expect(!tally.mistakes.isEmpty)
        #expect(tally.mistakes.allSatisfy { $0.contains("/page/hot/") && !$0.contains("GET") }, "\(tally.mistakes)")
        for kind in SoakRequest.Kind.allCases { #expect(tally.counts[kind, default: 0] > 0, "\(kind)") }
    }
}

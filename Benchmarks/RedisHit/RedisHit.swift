import CacheModel
import Foundation
import HTTPCaching
import HTTPMessage
import Invalidation
import Logging
import NIOCore
import NIOPosix
import RedisLocation
import RedisTier

/// What a hit in the Redis tier costs, from sending to the decoded record, beside a bare GET of the same value over
/// another connection of the same event loop: both in one run, by turns, in CPU time of the process (all its threads, the
/// kernel's part included) and in time.
///
///     RedisBenchmark redis://127.0.0.1:6379 [turns] [bytes of the body]
@main
struct RedisHit {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1 else {
            print("usage: RedisBenchmark redis://host:port [turns] [bytes of the body]")
            exit(64)
        }
        let turns = arguments.count > 2 ? Int(arguments[2]) ?? 60 : 60
        let only = arguments.count > 3 ? Int(arguments[3]) : nil
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = NIOLoop(index: 0, eventLoop: group.next())
        var configuration = try RedisTierConfiguration(url: arguments[1])
        configuration.prefix = "strata-bench:"
        configuration.timeoutMilliseconds = 30_000
        configuration.maxObject = 16 << 20
        let tier = try RedisTier(configuration, eventLoops: [loop.eventLoop], logger: Logger(label: "bench"))
        tier.start()
        while tier.details().connects < 2 { try await Task.sleep(for: .milliseconds(5)) }
        let bare = try await BareConnection.open(configuration, on: loop.eventLoop)
        print("body      depth   bare CPU    tier CPU   ratio   bare time   tier time   ratio   (us a hit, medians)")
        for (size, depth) in [(1 << 10, 1), (1 << 10, 16), (20 << 10, 1), (20 << 10, 16), (100 << 10, 1), (1 << 20, 1)]
        where only.map({ $0 == size }) ?? true {
            let keys = (0..<50).map { key("/\(size)/\($0)") }
            let names = keys.map(Self.name)
            for key in keys { try await write(response(key, size), key, to: tier, on: loop) }
            let count = max(50, min(2000, (32 << 20) / size))
            var measured: [(bare: Cost, tier: Cost)] = []
            for turn in 0..<turns + 2 {
                let one = try await cost(on: loop, count, depth) { at, done in
                    bare.get(names[at % 50]) { done($0 > size) }
                }
                let other = try await cost(on: loop, count, depth) { at, done in
                    tier.read(keys[at % 50], on: loop) { read in
                        if case .hit(.response(let found)) = read {
                            done(found.bodyLength == size)
                        } else {
                            done(false)
                        }
                    }
                }
                if turn >= 2 { measured.append((one, other)) }
            }
            report(size, depth, measured)
        }
        await withCheckedContinuation { done in tier.shutdown(withinMilliseconds: 1000) { done.resume() } }
        try await group.shutdownGracefully()
    }

    struct Cost {
        var cpu: Double
        var time: Double
    }

    /// Microseconds a hit, with so many under way at once.
    private static func cost(
        on loop: NIOLoop, _ count: Int, _ depth: Int,
        _ hit: @escaping @Sendable (_ at: Int, _ done: @escaping @Sendable (Bool) -> Void) -> Void
    ) async throws -> Cost {
        let run = Run(count: count, hit: hit)
        return try await withCheckedThrowingContinuation { continuation in
            loop.execute { run.start(depth) { continuation.resume(with: $0) } }
        }
    }

    private static func report(_ size: Int, _ depth: Int, _ measured: [(bare: Cost, tier: Cost)]) {
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        func text(_ value: Double, _ width: Int) -> String {
            let text = String(format: "%.2f", value)
            return String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let cpu = (median(measured.map(\.bare.cpu)), median(measured.map(\.tier.cpu)))
        let time = (median(measured.map(\.bare.time)), median(measured.map(\.tier.time)))
        let ratios = (
            median(measured.map { $0.tier.cpu / $0.bare.cpu }), median(measured.map { $0.tier.time / $0.bare.time })
        )
        print(
            "\(size)".padding(toLength: 10, withPad: " ", startingAt: 0)
                + "\(depth)".padding(toLength: 5, withPad: " ", startingAt: 0) + text(cpu.0, 10) + text(cpu.1, 12)
                + text(ratios.0, 8) + text(time.0, 12) + text(time.1, 12) + text(ratios.1, 8))
    }

    // MARK: Records

    private static func key(_ path: String) -> TierKey {
        TierKey(primary: CacheKey(scheme: "http".utf8, host: "h".utf8, path: path.utf8, query: nil as [UInt8]?))
    }

    private static func name(_ key: TierKey) -> String { "strata-bench:e:{\(key.digest.hex)}" }

    private static func response(_ key: TierKey, _ size: Int) -> Record {
        let fields = Array(
            """
            Date: Sat, 21 Nov 2026 17:00:00 GMT\r
            Content-Type: text/html; charset=utf-8\r
            ETag: "0123456789abcdef"\r
            Cache-Control: public, max-age=3600\r
            Last-Modified: Sat, 21 Nov 2026 16:00:00 GMT\r
            X-Content-Type-Options: nosniff\r\n
            """.utf8)
        return .response(
            StoredResponse(
                meta: ResponseMeta(
                    status: 200,
                    freshness: Freshness(responseTime: Timestamp(milliseconds: 1000), initialAge: 1, lifetime: 60),
                    requestTime: Timestamp(milliseconds: 900), asOf: Position(epoch: 7, n: 1), entryID: 99,
                    instance: 3, localNumber: 4),
                key: key.primary, selection: [], fields: fields, etag: nil,
                tags: StoredResponse.packTags([Array("news".utf8), Array("front".utf8)]),
                body: .chunk(ByteBuffer(repeating: 0x61, count: size))))
    }

    private static func write(_ record: Record, _ key: TierKey, to tier: RedisTier, on loop: NIOLoop) async throws {
        let outcome = await withCheckedContinuation { continuation in
            loop.execute {
                tier.write(record, key: key, ttlMilliseconds: 600_000, on: loop) { continuation.resume(returning: $0) }
            }
        }
        guard outcome == .stored else { throw BenchmarkFailure(what: "not stored: \(outcome)") }
    }
}

struct BenchmarkFailure: Error { var what: String }

/// One turn: keeps `depth` hits under way until all are through. On the loop.
private final class Run: @unchecked Sendable {
    // Safe because everything is touched on the loop alone: `start` is called there, and so are all callbacks.
    private let count: Int
    private let hit: @Sendable (Int, @escaping @Sendable (Bool) -> Void) -> Void
    private var begun = 0
    private var ended = 0
    private var misses = 0
    private var startCPU = 0.0
    private var startTime = 0.0
    private var done: ((Result<RedisHit.Cost, any Error>) -> Void)?

    init(count: Int, hit: @escaping @Sendable (Int, @escaping @Sendable (Bool) -> Void) -> Void) {
        self.count = count
        self.hit = hit
    }

    func start(_ depth: Int, _ done: @escaping (Result<RedisHit.Cost, any Error>) -> Void) {
        self.done = done
        startCPU = Self.clock(CLOCK_PROCESS_CPUTIME_ID)
        startTime = Self.clock(CLOCK_MONOTONIC)
        for _ in 0..<depth { next() }
    }

    private func next() {
        guard begun < count else { return }
        begun += 1
        hit(begun) { isHit in
            self.ended += 1
            if !isHit { self.misses += 1 }
            if self.ended == self.count { self.finish() } else { self.next() }
        }
    }

    private func finish() {
        let cost = RedisHit.Cost(
            cpu: (Self.clock(CLOCK_PROCESS_CPUTIME_ID) - startCPU) / Double(count),
            time: (Self.clock(CLOCK_MONOTONIC) - startTime) / Double(count))
        done?(misses == 0 ? .success(cost) : .failure(BenchmarkFailure(what: "\(misses) of \(count) are no hits")))
        done = nil
    }

    private static func clock(_ id: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(id, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }
}

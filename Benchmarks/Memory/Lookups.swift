import CacheModel
import Eviction
import Glibc
import MemoryTier

/// Lookups in the tier beside a bare probe of the same entries: Zipf 1.0 over all keys, 1 KB bodies, by turns in one run.
enum Lookups {
    private static let requests = 1 << 19
    private static let turns = 7
    private static let shards = 64

    static func run(_ policies: [PolicyName], entries: Int) {
        let zipf = Zipf(entries)
        let streams = (0..<2).map { RequestStream(zipf, entries: entries, count: requests, seed: UInt64($0) + 1) }
        print(
            "policy      threads  bare ns  tier ns  ratio of CPU  of time   tier lookups/s (medians of \(turns) pairs)")
        for policy in policies {
            let tier = MemoryTier(.init(capacity: entries * 2048, policy: policy, maxObject: 1 << 20, shards: shards))
            let bare = BareTable(shards: shards, entries: entries)
            for number in 0..<entries {
                let response = Sample.response(number, body: 1024, localNumber: UInt64(number))
                let hash = tier.hash(response.key)
                _ = tier.insert(response, hash: hash)
                bare.insert(response, hash: hash)
            }
            for threads in 1...2 { compare(policy, tier, bare, streams, threads) }
        }
    }

    private struct Cost {
        var cpu: Double
        var time: Double
    }

    private static func compare(
        _ policy: PolicyName, _ tier: MemoryTier, _ bare: BareTable, _ streams: [RequestStream], _ threads: Int
    ) {
        var pairs: [(bare: Cost, tier: Cost)] = []
        for turn in 0..<turns + 1 {
            func bareTurn() -> Cost {
                cost(streams, threads) { key in bare.contains(hash: tier.hash(key), key: key) }
            }
            func tierTurn() -> Cost {
                cost(streams, threads) { key in tier.lookup(hash: tier.hash(key), key: key) != nil }
            }
            // Who goes first goes second the next time.
            if turn % 2 == 0 {
                let one = bareTurn()
                pairs.append((one, tierTurn()))
            } else {
                let one = tierTurn()
                pairs.append((bareTurn(), one))
            }
        }
        pairs.removeFirst()
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        func text(_ value: Double, _ width: Int, _ digits: Int) -> String {
            let scaled = Int((value * (digits == 2 ? 100 : 1)).rounded())
            let fraction = scaled % 100
            let text = digits == 2 ? "\(scaled / 100).\(fraction < 10 ? "0" : "")\(fraction)" : "\(scaled)"
            return String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let name = policy.rawValue + String(repeating: " ", count: 12 - policy.rawValue.count)
        print(
            name + text(Double(threads), 7, 0) + text(median(pairs.map(\.bare.cpu)), 9, 0)
                + text(median(pairs.map(\.tier.cpu)), 9, 0)
                + text(median(pairs.map { $0.bare.cpu / $0.tier.cpu }), 14, 2)
                + text(median(pairs.map { $0.bare.time / $0.tier.time }), 9, 2)
                + text(Double(threads) * 1e9 / median(pairs.map(\.tier.time)), 17, 0))
        fflush(nil)
    }

    /// Nanoseconds a lookup, of each thread's CPU and of time, all threads at it.
    @inline(__always)
    private static func cost(
        _ streams: [RequestStream], _ threads: Int, _ probe: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) -> Cost {
        let results = Results(threads)
        let begin = Process.nanoseconds(CLOCK_MONOTONIC)
        Process.threads(threads) { thread in
            let stream = streams[thread]
            let start = Process.nanoseconds(CLOCK_THREAD_CPUTIME_ID)
            var found = 0
            for at in 0..<stream.count where probe(stream[at]) { found += 1 }
            results.set(thread, Process.nanoseconds(CLOCK_THREAD_CPUTIME_ID) - start)
            precondition(found == stream.count, "\(found) of \(stream.count) found")
        }
        let time = Process.nanoseconds(CLOCK_MONOTONIC) - begin
        return Cost(cpu: results.sum / Double(threads * requests), time: time / Double(requests))
    }

    /// A number for each thread.
    private final class Results: @unchecked Sendable {
        // Safe because each thread writes its own place, and they are read when all threads have ended.
        private let values: UnsafeMutableBufferPointer<Double>

        init(_ count: Int) {
            values = .allocate(capacity: count)
            values.initialize(repeating: 0)
        }
        deinit { values.deallocate() }

        func set(_ place: Int, _ value: Double) { values[place] = value }
        var sum: Double { values.reduce(0, +) }
    }
}

/// The keys of requests, one behind the other as a connection's buffer would have them.
final class RequestStream: @unchecked Sendable {
    // Safe because nothing is written after `init`.
    let count: Int
    private let length: Int
    private let bytes: UnsafeMutableRawPointer

    init(_ zipf: Zipf, entries: Int, count: Int, seed: UInt64) {
        self.count = count
        length = Sample.key(0).bytes.count
        bytes = .allocate(byteCount: count * length, alignment: 16)
        var random = SplitMix(state: seed)
        for at in 0..<count {
            // Ranks are spread over the keys, so that what is asked for often was not stored together.
            let number = Int(UInt64(zipf.next(using: &random)) &* 7_919_999 % UInt64(entries))
            Sample.key(number).bytes.withUnsafeBytes {
                (bytes + at * length).copyMemory(from: $0.baseAddress!, byteCount: length)
            }
        }
    }

    deinit { bytes.deallocate() }

    @inline(__always)
    subscript(at: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes + at * length, count: length) }
}

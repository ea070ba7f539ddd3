import CacheModel
import DiskTier
import Foundation
import HTTPCaching
import HTTPMessage
import Invalidation
import Logging
import NIOCore
import NIOPosix
import Synchronization

// What the disk tier costs: `DiskBench index|fill|restart|hit …`. Each line of the output is one figure.

let quiet: Logger = {
    var logger = Logger(label: "bench")
    logger.logLevel = .warning
    return logger
}()

let loop = NIOLoop(index: 0, eventLoop: MultiThreadedEventLoopGroup(numberOfThreads: 1).next())

func key(_ number: Int) -> TierKey {
    TierKey(
        primary: CacheKey(
            scheme: Array("http".utf8), host: Array("example.com".utf8), path: Array("/page/\(number)".utf8),
            query: [UInt8]?.none))
}

func response(_ key: TierKey, _ body: ByteBuffer) -> StoredResponse {
    let freshness = Freshness(responseTime: Timestamp(milliseconds: 1_000), initialAge: 0, lifetime: 60)
    let meta = ResponseMeta(
        status: 200, freshness: freshness, requestTime: Timestamp(milliseconds: 900), asOf: Position(epoch: 7, n: 1),
        entryID: 1, instance: 3, localNumber: 4)
    return StoredResponse(
        meta: meta, key: key.primary, selection: key.selection, fields: Array("Content-Type: text/plain\r\n".utf8),
        etag: nil, tags: [], body: .chunk(body))
}

func open(_ path: String, gigabytes: Int) -> DiskTier {
    var configuration = DiskTier.Configuration(path: path, size: gigabytes << 30, maxObject: 1 << 30)
    configuration.snapshotMilliseconds = 3_600_000
    return try! DiskTier(configuration, logger: quiet)
}

final class Counter: Sendable {
    let value: Atomic<Int>
    init(_ start: Int) { value = Atomic(start) }
}

func stop(_ tier: DiskTier) {
    let ended = DispatchSemaphore(value: 0)
    tier.shutdown(withinMilliseconds: 60_000) { ended.signal() }
    ended.wait()
}

/// Writes the pages from the loop, as the proxy does, at most so many at once, and waits for all.
func fill(_ tier: DiskTier, _ pages: Range<Int>, bytes: Int, atOnce: Int = 64) {
    let body = ByteBuffer(bytes: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    let (next, open, failed) = (Counter(pages.lowerBound), Counter(atOnce), Counter(0))
    let ended = DispatchSemaphore(value: 0)
    @Sendable func write() {
        let number = next.value.add(1, ordering: .relaxed).oldValue
        guard number < pages.upperBound else {
            if open.value.subtract(1, ordering: .relaxed).newValue == 0 { ended.signal() }
            return
        }
        let key = key(number)
        tier.write(.response(response(key, body)), key: key, ttlMilliseconds: 86_400_000, on: loop) { outcome in
            if outcome != .stored { failed.value.add(1, ordering: .relaxed) }
            write()
        }
    }
    loop.execute { for _ in 0..<atOnce { write() } }
    ended.wait()
    let count = failed.value.load(ordering: .relaxed)
    if count > 0 { print("failed: \(count)") }
}

func cpuMicroseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

func residentBytes() -> Int {
    let text = try! String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return Int(text.split(separator: " ")[1])! * 4_096
}

let arguments = CommandLine.arguments
let path = arguments[2]
switch arguments[1] {
case "index":
    // RSS over millions of records; small bodies, so that the device is not the measure.
    let tier = open(path, gigabytes: 8)
    fill(tier, 0..<1_000, bytes: 64)
    let (before, start) = (residentBytes(), tier.indexFootprint)
    var at = 1_000
    for target in [500_000, 1_000_000, 2_000_000, 4_000_000] {
        fill(tier, at..<target, bytes: 64)
        at = target
        let count = Double(target - 1_000)
        print(
            "\(target): index \(Double(tier.indexFootprint - start) / count) bytes a record, RSS "
                + "\(Double(residentBytes() - before) / count)")
    }
    if arguments.count > 3 { stop(tier) }
    exit(0)
case "fill":
    let (count, bytes) = (Int(arguments[3])!, Int(arguments[4])!)
    let tier = open(path, gigabytes: 8)
    fill(tier, 0..<1_000, bytes: bytes)
    let (before, wall) = (cpuMicroseconds(), Date())
    fill(tier, 1_000..<1_000 + count, bytes: bytes)
    let (used, seconds) = (cpuMicroseconds() - before, Date().timeIntervalSince(wall))
    print(
        "fill of \(bytes) bytes: \(used / Double(count)) CPU us a record, \(Double(count) / seconds) records a second")
    if arguments.count > 5, arguments[5] == "kill" { kill(getpid(), SIGKILL) }
    if arguments.count > 5, arguments[5] == "save" {
        print("saved: \(tier.saveIndex())")
        fill(tier, 2_000_000..<2_000_000 + 20_000, bytes: bytes)
        kill(getpid(), SIGKILL)
    }
    let closing = Date()
    stop(tier)
    print("closed in \(Date().timeIntervalSince(closing)) s")
case "restart":
    let (before, wall) = (cpuMicroseconds(), Date())
    let tier = open(path, gigabytes: 8)
    print(
        "ready in \(Date().timeIntervalSince(wall)) s, CPU \((cpuMicroseconds() - before) / 1e6) s, "
            + "\(tier.statistics().entries!) records, \(tier.opening)")
    exit(0)
case "hit":
    let (count, bytes) = (Int(arguments[3])!, Int(arguments[4])!)
    let tier = open(path, gigabytes: 8)
    fill(tier, 0..<100, bytes: bytes)
    func hits(_ count: Int) {
        let done = DispatchSemaphore(value: 0)
        let left = Counter(count)
        @Sendable func next() {
            let number = left.value.subtract(1, ordering: .relaxed).newValue
            guard number >= 0 else {
                done.signal()
                return
            }
            tier.read(key(number % 100), on: loop) { read in
                guard case .hit = read else { fatalError("\(read)") }
                next()
            }
        }
        loop.execute { next() }
        done.wait()
    }
    hits(1_000)
    let (before, wall) = (cpuMicroseconds(), Date())
    hits(count)
    let (used, seconds) = (cpuMicroseconds() - before, Date().timeIntervalSince(wall))
    print("hit of \(bytes) bytes: \(used / Double(count)) CPU us, \(seconds / Double(count) * 1e6) us of time")
    stop(tier)
default: exit(2)
}

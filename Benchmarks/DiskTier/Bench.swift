import CacheModel
import DiskTier
import Dispatch
import HTTPCaching
import HTTPMessage
import Invalidation
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A disk tier in the real folder, and what is done to it from one loop, as the proxy does it.
struct Bench {
    let tier: DiskTier
    private let loop = NIOLoop(index: 0, eventLoop: MultiThreadedEventLoopGroup(numberOfThreads: 1).next())

    init(_ path: String) throws {
        var logger = Logger(label: "bench")
        logger.logLevel = .warning
        var configuration = DiskTier.Configuration(path: path, size: 8 << 30, maxObject: 1 << 30)
        configuration.snapshotMilliseconds = 3_600_000
        tier = try DiskTier(configuration, logger: logger)
    }

    func stop() {
        let ended = DispatchSemaphore(value: 0)
        tier.shutdown(withinMilliseconds: 60_000) { ended.signal() }
        ended.wait()
    }

    /// Writes the pages, at most 64 at once, and waits for all.
    func fill(_ pages: Range<Int>, bytes: Int) {
        let body = ByteBuffer(bytes: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let (next, open) = (Counter(pages.lowerBound), Counter(64))
        let ended = DispatchSemaphore(value: 0)
        @Sendable func write() {
            let number = next.value.add(1, ordering: .relaxed).oldValue
            guard number < pages.upperBound else {
                if open.value.subtract(1, ordering: .relaxed).newValue == 0 { ended.signal() }
                return
            }
            let key = Self.key(number)
            tier.write(.response(Self.response(key, body)), key: key, ttlMilliseconds: 86_400_000, on: loop) {
                precondition($0 == .stored, "a write failed: \($0)")
                write()
            }
        }
        loop.execute { for _ in 0..<64 { write() } }
        ended.wait()
    }

    /// Reads so many times, one at a time, the first pages in turn.
    func read(_ count: Int, of pages: Int) {
        let ended = DispatchSemaphore(value: 0)
        let left = Counter(count)
        @Sendable func next() {
            let number = left.value.subtract(1, ordering: .relaxed).newValue
            guard number >= 0 else {
                ended.signal()
                return
            }
            tier.read(Self.key(number % pages), on: loop) { read in
                guard case .hit = read else { preconditionFailure("no hit: \(read)") }
                next()
            }
        }
        loop.execute { next() }
        ended.wait()
    }

    private static func key(_ number: Int) -> TierKey {
        TierKey(
            primary: CacheKey(
                scheme: Array("http".utf8), host: Array("example.com".utf8), path: Array("/page/\(number)".utf8),
                query: [UInt8]?.none))
    }

    private static func response(_ key: TierKey, _ body: ByteBuffer) -> StoredResponse {
        let freshness = Freshness(responseTime: Timestamp(milliseconds: 1_000), initialAge: 0, lifetime: 60)
        let meta = ResponseMeta(
            status: 200, freshness: freshness, requestTime: Timestamp(milliseconds: 900),
            asOf: Position(epoch: 7, n: 1), entryID: 1, instance: 3, localNumber: 4)
        return StoredResponse(
            meta: meta, key: key.primary, selection: key.selection, fields: Array("Content-Type: text/plain\r\n".utf8),
            etag: nil, tags: [], body: .chunk(body))
    }
}

final class Counter: Sendable {
    let value: Atomic<Int>
    init(_ start: Int) { value = Atomic(start) }
}

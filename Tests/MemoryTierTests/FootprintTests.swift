import CacheModel
import Eviction
import Glibc
import HTTPCaching
import HTTPMessage
import Invalidation
import MemoryTier
import NIOCore
import Testing

/// What malloc took for the pointer, its own eight bytes included. glibc's module map leaves `malloc.h` out.
private func blockSize(_ pointer: UnsafeRawPointer) -> Int {
    typealias Function = @convention(c) (UnsafeRawPointer) -> Int
    let usable = unsafeBitCast(dlsym(nil, "malloc_usable_size")!, to: Function.self)(pointer)
    // A mapped block has a second word in front.
    return usable + (usable >= 128 << 10 ? 16 : 8)
}

@Suite struct FootprintTests {
    @Test(
        "an entry weighs what malloc took for it",
        arguments: [0, 1, 100, 1000, 16 << 10, 16 << 10 + 1, 100_000, 200_000, 1 << 20, 8 << 20])
    func weight(body: Int) {
        // Many, because malloc gives 16 bytes more where it reuses a block that is as much too large.
        let entries = (0..<(body < 128 << 10 ? 50 : 3)).map { _ in
            response("GET https example.com /a/path/of/some/length", body: body)
        }
        let excess = entries.map { $0.weight - taken(by: $0) }.max() ?? .min
        #expect(excess >= 0)
        // The limit from which blocks are mapped may have moved up: then a page's rounding is counted but not taken.
        #expect(excess < (body >= 128 << 10 ? 4096 : 16))
    }

    private func taken(by entry: StoredResponse) -> Int {
        var taken = blockSize(Unmanaged.passUnretained(entry.block).toOpaque())
        if case .chunk(let bytes) = entry.body {
            bytes.withUnsafeReadableBytes { taken += blockSize($0.baseAddress!) }
            // A buffer begins with the reference to the private object that owns its storage.
            taken += blockSize(withUnsafeBytes(of: bytes) { $0.load(as: UnsafeRawPointer.self) })
        }
        return taken
    }

    @Test("a body that is a part of larger storage counts with all of it")
    func sharedStorage() throws {
        let large = ByteBuffer.exact(count: 100_000) { $0.initializeMemory(as: UInt8.self, repeating: 1) }
        let whole = response("k", body: 20_000)
        let part = StoredResponse(
            meta: whole.meta, key: CacheKey(bytes: [1]), selection: [], fields: [], etag: nil, tags: [],
            body: .chunk(try #require(large.getSlice(at: 0, length: 20_000))))
        #expect(part.weight > 100_000)
        #expect(whole.weight < 21_000)
    }

    @Test("index, slots and policy take at most 130 bytes an entry", arguments: PolicyName.allCases)
    func overhead(policy: PolicyName) {
        let tier = MemoryTier(.init(capacity: 32 << 20, policy: policy, maxObject: 64 << 10, shards: 4))
        var weights = 0
        for number in 0..<20_000 {
            let entry = response("key \(number)", body: 10)
            weights += entry.weight
            tier.store(entry)
        }
        let statistics = tier.statistics()
        #expect(statistics.entries == 20_000)
        let around = Int(statistics.bytes ?? 0) - weights
        #expect(around > 20_000 * 24)
        #expect(around < 20_000 * 130)
    }

    @Test(
        "an entry takes at most 200 bytes beyond key, head and body: while all fit, and after many were evicted",
        arguments: PolicyName.allCases)
    func beyondOwn(policy: PolicyName) {
        let tier = MemoryTier(.init(capacity: 24 << 20, policy: policy, maxObject: 64 << 10, shards: 4))
        for count in [10_000, 60_000] {
            for number in 0..<count { tier.store(Self.typical(number)) }
            var own = 0
            var (entries, next) = tier.page(cursor: 0, limit: 1000)
            var seen = entries
            while let cursor = next {
                (entries, next) = tier.page(cursor: cursor, limit: 1000)
                seen += entries
            }
            for entry in seen { own += entry.key.count + entry.fields.count + entry.bodyLength }
            let statistics = tier.statistics()
            #expect(statistics.entries == UInt64(seen.count) && (statistics.evictions > 0) == (count > 20_000))
            let beyond = (Int(statistics.bytes ?? .max) - own) / seen.count
            #expect(beyond <= 200)
        }
    }

    /// As origins send them: validators, a lifetime, and of this process's own numbering.
    private static func typical(_ number: Int) -> StoredResponse {
        let now = Timestamp(milliseconds: 1_795_280_400_123 + Int64(number))
        let meta = ResponseMeta(
            status: 200,
            freshness: Freshness(responseTime: now, initialAge: 2, lifetime: 3600, staleIfError: 3600),
            requestTime: Timestamp(milliseconds: now.milliseconds - 40), asOf: Position(epoch: 9, n: 3),
            entryID: ResponseMeta.entryID(instance: 5, localNumber: UInt64(number)), instance: 5,
            localNumber: UInt64(number), lastModified: Timestamp(seconds: 1_795_000_000))
        return StoredResponse(
            meta: meta, key: CacheKey(bytes: Array("GET https example.com /products/\(number)".utf8)), selection: [],
            fields: Array("Content-Type: text/html\r\nETag: \"\(number)\"\r\n".utf8), etag: 31..<33, tags: [],
            body: .chunk(ByteBuffer.exact(count: 1000) { $0.initializeMemory(as: UInt8.self, repeating: 1) }))
    }
}

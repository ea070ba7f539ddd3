import CacheModel
import DiskTier
import TestSupport
import Testing

@Suite("eviction")
struct EvictionTests {
    @Test("keeps all files below the cap, whatever is written", arguments: [1, 2, 3])
    func cap(seed: Int) async throws {
        let folder = TemporaryFolder()
        let size = 1 << 20
        let tier = try open(folder, size: size)
        var random = Random(seed)
        for number in 0..<400 {
            let key = makeKey("/\(random.below(150))")
            switch random.below(10) {
            case 0: _ = await tier.delete(key)
            case 1: _ = await tier.get(key)
            case 2:
                guard let spool = tier.makeSpool(expectedLength: nil) else { break }
                await feed(spool, pattern(random.below(300_000), seed: number), chunk: 20_000)
                if random.below(4) == 0 { spool.discard() } else { _ = await tier.file(spool, key: key) }
            case 3: _ = await tier.put(key, body: pattern(random.below(200_000), seed: number))
            default: _ = await tier.put(key, body: pattern(random.below(9_000), seed: number))
            }
            let bytes = folder.bytes
            #expect(bytes <= size)
            #expect(tier.statistics().bytes! <= UInt64(size))
        }
        let statistics = tier.statistics()
        #expect(statistics.evictions > 0 && statistics.entries! > 0)
        await tier.stop()
        // What is counted is what is there: nothing leaks over time.
        #expect(tier.statistics().bytes! >= UInt64(folder.bytes))
        let again = try open(folder, size: size)
        #expect(again.statistics().entries! > 0)
        #expect(folder.bytes <= size)
        await again.stop()
    }

    @Test("keeps what was hit, of the records in a segment and of the bodies in files", arguments: [2_000, 40_000])
    func reinserts(count: Int) async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 1 << 20)
        let hot = makeKey("/hot")
        let body = pattern(count, seed: 0)
        #expect(await tier.put(hot, body: body) == .stored)
        #expect(await tier.put(makeKey("/cold"), body: body) == .stored)
        for number in 1...200 {
            #expect(await tier.body(hot) == body)
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(20_000, seed: number)) == .stored)
        }
        #expect(await tier.body(hot) == body)
        #expect(await tier.body(makeKey("/cold")) == nil)
        await tier.stop()
        let again = try open(folder, size: 1 << 20)
        #expect(await again.body(hot) == body)
        await again.stop()
    }

    @Test("ends although everything was hit")
    func allHit() async throws {
        let tier = try open(TemporaryFolder(), size: 1 << 20)
        for number in 0..<150 {
            let key = makeKey("/\(number)")
            #expect(await tier.put(key, body: pattern(20_000, seed: number)) == .stored)
            #expect(await tier.body(key) == pattern(20_000, seed: number))
        }
        #expect(tier.statistics().evictions > 50)
        await tier.stop()
    }

    @Test("takes large bodies one after the other, not all at once")
    func largeBodies() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 4 << 20)
        for number in 0..<30 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(400_000, seed: number)) == .stored)
            if number > 10 { #expect(folder.files(under: "cache/bodies").count >= 7) }
        }
        #expect(await tier.body(makeKey("/29")) == pattern(400_000, seed: 29))
        await tier.stop()
    }

    @Test("leaves a body whole for whoever reads it", arguments: [1_200_000, 3_000_000])
    func readers(count: Int) async throws {
        let tier = try open(TemporaryFolder(), size: 48 << 20, segment: 6 << 20)
        let body = pattern(count, seed: 1)
        let key = makeKey("/held")
        #expect(await tier.put(key, body: body) == .stored)
        guard case .hit(.response(let response)) = await tier.get(key) else {
            Issue.record("no hit")
            return
        }
        #expect(await tier.delete(key) == true)
        for number in 0..<60 { _ = await tier.put(makeKey("/\(number)"), body: pattern(1_000_000, seed: number)) }
        #expect(await bytes(of: response) == body)
        await tier.stop()
    }
}

/// Numbers that are the same in every run.
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

import CacheModel
import DiskTier
import NIOCore
import TestSupport
import Testing

@Suite("many calls at once")
struct ConcurrencyTests {
    /// Every body says whose it is: a mix-up or a torn read can't go unseen.
    @Test("bring each key its own bytes, under eviction, from two loops", .timeLimit(.minutes(2)))
    func mixed() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 2 << 20)
        await withTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask { await Self.work(tier, worker) }
            }
            let hits = await group.reduce(0, +)
            #expect(hits > 100)
        }
        #expect(folder.bytes <= 2 << 20)
        await tier.stop()
        #expect(tier.statistics().failures[.corrupt] == nil)
        #expect(tier.statistics().failures[.ioError] == nil)
        let again = try open(folder, size: 2 << 20)
        for number in 0..<60 {
            if let body = await again.body(makeKey("/\(number)")) { #expect(Self.belongs(body, to: number)) }
        }
        await again.stop()
    }

    private static func body(of number: Int, _ count: Int) -> [UInt8] {
        pattern(count + 8, seed: number &* 1_000_003 &+ count)
    }

    private static func belongs(_ body: [UInt8], to number: Int) -> Bool {
        body == self.body(of: number, body.count - 8)
    }

    private static func work(_ tier: DiskTier, _ worker: Int) async -> Int {
        var random = Random(worker + 1)
        var hits = 0
        for _ in 0..<150 {
            let number = random.below(60)
            let key = makeKey("/\(number)")
            switch random.below(8) {
            case 0: _ = await tier.delete(key)
            case 1:
                guard let spool = tier.makeSpool(expectedLength: nil) else { break }
                await feed(spool, Self.body(of: number, random.below(150_000)), chunk: 10_000)
                _ = await tier.file(spool, key: key)
            case 2, 3: _ = await tier.put(key, body: Self.body(of: number, random.below(100_000)))
            default:
                guard case .hit(.response(let response)) = await tier.get(key) else { break }
                // Nil: an external body whose file can't be lost while it is held.
                let found = await bytes(of: response, piece: 30_000)
                #expect(found.map { Self.belongs($0, to: number) } == true)
                hits += 1
            }
        }
        return hits
    }
}

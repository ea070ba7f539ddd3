import CacheModel
import DiskTier
import Foundation
import TestSupport
import Testing

/// A large body gets a new head.
@Suite("refiling")
struct RefilingTests {
    private func refile(
        _ tier: DiskTier, _ key: TierKey, n: UInt64 = 2, replacing entryID: UInt64 = 1
    ) async -> TierWrite {
        let response = makeResponse(key, body: [], n: n, entryID: 9)
        return await once(on: loop) {
            tier.refile(response, replacing: entryID, key: key, ttlMilliseconds: 60_000, on: loop, $0)
        }
    }

    private func entryID(_ tier: DiskTier, _ key: TierKey) async -> UInt64? {
        guard case .hit(.response(let response)) = await tier.get(key) else { return nil }
        return response.meta.entryID
    }

    /// In a segment in pieces, and in a file of its own.
    @Test("the new record has the old one's bytes, also after kill -9", arguments: [1_500_000, 3_000_000])
    func keepsBytes(count: Int) async throws {
        var folder = TemporaryFolder()
        let tier = try open(folder, size: 64 << 20, segment: 8 << 20)
        let key = makeKey("/film")
        let body = pattern(count, seed: 1)
        #expect(await tier.put(key, body: body) == .stored)
        guard case .hit(.response(let old)) = await tier.get(key) else { throw CocoaError(.fileNoSuchFile) }
        #expect(await refile(tier, key) == .stored)
        #expect(await tier.body(key) == body)
        #expect(await entryID(tier, key) == 9)
        #expect(await bytes(of: old) == body, "who reads the old one goes on reading")
        #expect(folder.files(under: "cache/bodies").count == (count > 2 << 20 ? 1 : 0))
        #expect(tier.statistics().bytes! < UInt64(2 * count + (9 << 20)))

        folder = folder.copy()
        let again = try open(folder, size: 64 << 20, segment: 8 << 20)
        #expect(await again.body(key) == body)
        #expect(await entryID(again, key) == 9)
        #expect(await again.delete(key) == true)
        #expect(folder.files(under: "cache/bodies").isEmpty)
        await again.stop()
        await tier.stop()
    }

    @Test("a newer record stays, and another entry is not taken for this one")
    func otherRecords() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 64 << 20, segment: 8 << 20)
        let key = makeKey("/film")
        let body = pattern(3_000_000, seed: 1)
        #expect(await refile(tier, key) == .dropped(.refused))
        #expect(await tier.put(key, body: body, n: 5) == .stored)
        #expect(await refile(tier, key, n: 4) == .superseded)
        #expect(await refile(tier, key, n: 6, replacing: 2) == .dropped(.refused))
        #expect(await entryID(tier, key) == 1)
        #expect(await tier.body(key) == body)
        #expect(folder.files(under: "cache/bodies").count == 1)
        await tier.stop()
    }

    @Test("many times over, the tier does not grow")
    func bounded() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 64 << 20, segment: 8 << 20)
        let key = makeKey("/film")
        #expect(await tier.put(key, body: pattern(3_000_000, seed: 1)) == .stored)
        _ = await refile(tier, key)
        let before = tier.statistics().bytes!
        for turn in 3..<40 { #expect(await refile(tier, key, n: UInt64(turn), replacing: 9) == .stored) }
        #expect(tier.statistics().bytes! < before + 100_000)
        #expect(folder.files(under: "cache/bodies").count == 1)
        #expect(await tier.body(key) == pattern(3_000_000, seed: 1))
        await tier.stop()
    }
}

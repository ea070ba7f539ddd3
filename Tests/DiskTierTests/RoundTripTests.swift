import CacheModel
import DiskTier
import Invalidation
import NIOCore
import TestSupport
import Testing

@Suite("records come back as they went in")
struct RoundTripTests {
    /// Sizes around what decides where a body lies: with the head, in pieces, in a file of its own.
    @Test(
        "a body of each size",
        arguments: [0, 1, 1_000, 16 << 10, 20_000, 1 << 20, (1 << 20) + 1, 1 << 21, (1 << 21) + 1, 5_000_000])
    func sizes(count: Int) async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 64 << 20, segment: 8 << 20)
        let key = makeKey("/\(count)")
        let body = pattern(count, seed: count)
        #expect(await tier.put(key, body: body) == .stored)
        #expect(await tier.body(key) == body)
        #expect(folder.files(under: "cache/bodies").count == (count > 2 << 20 ? 1 : 0))
        guard case .hit(.response(let response)) = await tier.get(key) else {
            Issue.record("no hit")
            return
        }
        let same = makeResponse(key, body: body)
        #expect(response.meta == same.meta)
        #expect(Array(response.fields) == Array(same.fields))
        #expect(Array(response.tags) == Array(same.tags))
        #expect(response.bodyLength == count)
        await tier.stop()
    }

    @Test("a spooled body of each size", arguments: [0, 1, 70_000, 1 << 20, (1 << 20) + 1, (1 << 21) + 1, 5_000_000])
    func spooled(count: Int) async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 64 << 20, segment: 8 << 20)
        let key = makeKey("/spooled")
        let body = pattern(count, seed: count)
        let spool = try #require(tier.makeSpool(expectedLength: count))
        await feed(spool, body)
        #expect(await tier.file(spool, key: key) == .stored)
        #expect(await tier.body(key) == body)
        #expect(folder.files(under: "cache/bodies").count == (count > 2 << 20 ? 1 : 0))
        await tier.stop()
        let again = try open(folder, size: 64 << 20, segment: 8 << 20)
        #expect(await again.body(key) == body)
        await again.stop()
    }

    @Test("a list of variants")
    func variants() async throws {
        let tier = try open(TemporaryFolder())
        let key = makeKey("/v")
        let index = VariantIndex(
            asOf: Position(epoch: 1, n: 2), entryID: 3, fieldNames: [Array("accept".utf8)], selections: [[1, 2], [3]])
        let wrote = await once(on: loop) {
            tier.write(.variants(index), key: key, ttlMilliseconds: 1_000_000, on: loop, $0)
        }
        #expect(wrote == .stored)
        guard case .hit(.variants(let found)) = await tier.get(key) else {
            Issue.record("no hit")
            return
        }
        #expect(found == index)
        await tier.stop()
    }

    @Test(
        "any part of a large body",
        arguments: [(0, 1), (65_535, 2), (65_536, 65_536), (100_000, 1_000_000), (2_999_999, 50)])
    func parts(from: Int, count: Int) async throws {
        let tier = try open(TemporaryFolder(), size: 64 << 20, segment: 4 << 20)
        let key = makeKey("/part")
        let body = pattern(3_000_000, seed: 5)
        #expect(await tier.put(key, body: body) == .stored)
        guard case .hit(.response(let response)) = await tier.get(key), case .external(let source) = response.body
        else {
            Issue.record("not external")
            return
        }
        let part = await once(on: loop) { source.read(from: from, count: count, on: loop, $0) }
        let bytes = try part.get()
        #expect(Array(bytes.readableBytesView) == Array(body[from..<min(from + count, body.count)]))
        await tier.stop()
    }

    @Test("an expired record is a miss, a body above the limit and a call after the end are refused")
    func refusals() async throws {
        let now = Now()
        let tier = try open(TemporaryFolder(), size: 1 << 20) {
            $0.now = { now.value }
            $0.maxObject = 10_000
        }
        let key = makeKey("/e")
        #expect(await tier.put(key, body: [1], ttl: 5_000) == .stored)
        #expect(await tier.body(key) == [1])
        now.value += 4_999
        #expect(await tier.body(key) == [1])
        now.value += 1
        #expect(await tier.body(key) == nil)
        #expect(await tier.put(key, body: pattern(10_001, seed: 1)) == .dropped(.tooLarge))
        #expect(await tier.put(key, body: [1], ttl: 0) == .dropped(.refused))
        #expect(tier.makeSpool(expectedLength: 10_001) == nil)
        let statistics = tier.statistics()
        #expect(statistics.hits == 2 && statistics.misses == 1 && statistics.failures[.tooLarge] == 2)
        await tier.stop()
        #expect(await tier.put(key, body: [1]) == .dropped(.closed))
        guard case .unavailable(.closed) = await tier.get(key) else {
            Issue.record("answers after its end")
            return
        }
    }
}

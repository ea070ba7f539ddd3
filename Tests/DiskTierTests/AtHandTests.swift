import CacheModel
import DiskTier
import Glibc
import Invalidation
import NIOCore
import TestSupport
import Testing

/// What is had without a wait is what waiting would bring, or nothing.
@Suite("records at hand")
struct AtHandTests {
    private let device = WarmDevice()

    private func tier(
        _ folder: TemporaryFolder = TemporaryFolder(), _ change: (inout DiskTier.Configuration) -> Void = { _ in }
    ) throws -> DiskTier {
        try open(folder, size: 16 << 20) {
            $0.device = device
            change(&$0)
        }
    }

    @Test("of any size that a loop may copy, and counted as hits")
    func sizes() async throws {
        let tier = try tier()
        let inline = StoredResponse.inlineLimit
        let sizes = [0, 1, inline - 1, inline, inline + 1, 16_100, 100_000, 250_000]
        for size in sizes { #expect(await tier.put(makeKey("/\(size)"), body: pattern(size, seed: size)) == .stored) }
        for size in sizes {
            guard case .response(let found)? = tier.recordAtHand(makeKey("/\(size)")) else {
                Issue.record("\(size)")
                continue
            }
            #expect(await bytes(of: found) == pattern(size, seed: size))
            #expect(Array(found.key) == makeKey("/\(size)").primary.bytes)
        }
        #expect(tier.statistics().hits == UInt64(sizes.count))
        #expect(tier.statistics().misses == 0)
        await tier.stop()
    }

    @Test("and lists of variants")
    func variants() async throws {
        let tier = try tier()
        let index = VariantIndex(
            asOf: Position(epoch: 7, n: 1), entryID: 5, fieldNames: [Array("accept".utf8)], selections: [[1]])
        let listed = await once(on: loop) {
            tier.write(.variants(index), key: makeKey("/list"), ttlMilliseconds: 60_000, on: loop, $0)
        }
        #expect(listed == .stored)
        guard case .variants(let found)? = tier.recordAtHand(makeKey("/list")) else {
            Issue.record("no list")
            return
        }
        #expect(found == index)
        await tier.stop()
    }

    @Test("not one that is too large, expired, removed, another's, or of a closed tier")
    func none() async throws {
        let tier = try tier()
        #expect(await tier.put(makeKey("/large"), body: pattern(300_000, seed: 1)) == .stored)
        #expect(await tier.put(makeKey("/short"), body: [1], ttl: 1) == .stored)
        #expect(await eventually { await tier.body(makeKey("/short")) == nil })
        #expect(await tier.put(makeKey("/removed"), body: [1]) == .stored)
        #expect(await tier.delete(makeKey("/removed")) == true)
        #expect(await tier.put(makeKey("/there"), body: [1]) == .stored)
        let hits = tier.statistics().hits
        for path in ["/large", "/short", "/removed", "/never"] {
            #expect(tier.recordAtHand(makeKey(path)) == nil, "\(path)")
        }
        #expect(tier.statistics().hits == hits)
        #expect(tier.recordAtHand(makeKey("/there")) != nil)
        await tier.stop()
        #expect(tier.recordAtHand(makeKey("/there")) == nil)
    }

    @Test("not one of which a byte was changed while the tier runs: that is for read to count", arguments: 0..<40)
    func damaged(place: Int) async throws {
        let folder = TemporaryFolder()
        let tier = try tier(folder)
        let key = makeKey("/a")
        #expect(await tier.put(key, body: pattern(20_000, seed: 7)) == .stored)
        #expect(tier.recordAtHand(key) != nil)
        let segment = folder.files(under: "cache/segments")[0]
        var bytes = TemporaryFolder.read(segment)
        // All of the record: 20,000 bytes of the body, and what stands before it.
        let at = bytes.count - 20_200 + place * 20_199 / 39
        bytes[at] ^= 0x20
        let file = Glibc.open(segment, O_WRONLY)
        #expect(pwrite(file, &bytes[at], 1, at) == 1)
        close(file)
        #expect(tier.recordAtHand(key) == nil)
        #expect(tier.statistics().failures[.corrupt] ?? 0 == 0)
        #expect(await tier.body(key) == nil)
        #expect(tier.statistics().failures[.corrupt] == 1)
        await tier.stop()
    }

    @Test("not while the device is in trouble: the breaker decides who tries it")
    func trouble() async throws {
        let tier = try tier { $0.troubleMilliseconds = 0 }
        let key = makeKey("/a")
        #expect(await tier.put(key, body: [1]) == .stored)
        device.fail(EIO)
        #expect(tier.recordAtHand(key) == nil)
        guard case .unavailable(.ioError) = await tier.get(key) else {
            Issue.record("the device failed")
            return
        }
        device.fail(0)
        #expect(tier.recordAtHand(key) == nil)
        #expect(await tier.body(key) == [1])
        #expect(tier.recordAtHand(key) != nil)
        await tier.stop()
    }
}

import CacheModel
import DiskTier
import Foundation
import NIOCore
import TestSupport
import Testing

@Suite("spools")
struct SpoolTests {
    enum Maker: CaseIterable {
        case tier, state

        func factory(_ folder: TemporaryFolder) throws -> any BodySpoolFactory {
            switch self {
            case .tier: try open(folder, size: 1 << 30)
            case .state: StateSpoolFactory(folder: folder.path, limit: 1 << 30)
            }
        }
    }

    @Test("are read while they are written, every byte once it was appended", arguments: Maker.allCases)
    func readWhileWritten(maker: Maker) async throws {
        let factory = try maker.factory(TemporaryFolder())
        let spool = try #require(factory.makeSpool(expectedLength: nil))
        let body = pattern(2_000_000, seed: 1)
        var random = Random(4)
        var appended = 0
        while appended < body.count {
            let count = min(1 + random.below(40_000), body.count - appended)
            spool.append(ByteBuffer(bytes: body[appended..<appended + count]))
            appended += count
            for from in [0, random.below(appended), appended - 1, appended] {
                let part = await once(on: loop) { spool.read(from: from, count: 30_000, on: loop, $0) }
                let bytes = Array(try part.get().readableBytesView)
                #expect(bytes.isEmpty == (from == appended))
                #expect(bytes == Array(body[from..<from + bytes.count]))
            }
        }
        spool.discard()
    }

    /// design.md section 4: memory for a flight is bounded, whatever the body's size.
    @Test("a body of 100 MB passes through a bounded backlog to a slow reader", arguments: Maker.allCases)
    func hundredMegabytes(maker: Maker) async throws {
        let factory = try maker.factory(TemporaryFolder())
        let spool = try #require(factory.makeSpool(expectedLength: 100 << 20))
        let chunk = ByteBuffer(bytes: pattern(256 << 10, seed: 1))
        var highest = 0
        var read = 0
        for number in 0..<400 {
            var own = ByteBuffer(buffer: chunk)
            own.setInteger(number, at: 0)
            spool.append(own)
            highest = max(highest, spool.backlog)
            if spool.backlog > BodySpoolLimits.high {
                await once(on: loop) { done in spool.whenDrained(on: loop) { done(()) } }
            }
            guard number.isMultiple(of: 8) else { continue }
            let from = read
            let part = await once(on: loop) { spool.read(from: from, count: 256 << 10, on: loop, $0) }
            let bytes = try part.get()
            // One read in eight chunks: the reader falls far behind.
            #expect(bytes.getInteger(at: bytes.readerIndex, as: Int.self) == read / (256 << 10))
            read += 256 << 10
        }
        #expect(highest <= BodySpoolLimits.high + (256 << 10))
        let last = await once(on: loop) { spool.read(from: 399 * (256 << 10), count: 8, on: loop, $0) }
        #expect(try last.get().getInteger(at: 0, as: Int.self) == 399)
        spool.discard()
    }

    @Test("that are dropped or discarded leave nothing", arguments: [true, false])
    func dropped(explicitly: Bool) async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 1 << 20)
        let before = tier.statistics().bytes
        do {
            let spool = try #require(tier.makeSpool(expectedLength: nil))
            await feed(spool, pattern(100_000, seed: 1))
            if explicitly { spool.discard() }
        }
        await tier.stop()
        #expect(folder.files(under: "cache/bodies").isEmpty)
        #expect(tier.statistics().bytes == before)
    }

    @Test("are readable after they were filed")
    func readAfterCommit() async throws {
        let tier = try open(TemporaryFolder(), size: 8 << 20)
        for count in [10_000, 1_000_000] {
            let body = pattern(count, seed: count)
            let spool = try #require(tier.makeSpool(expectedLength: nil))
            await feed(spool, body)
            #expect(await tier.file(spool, key: makeKey("/\(count)")) == .stored)
            let part = await once(on: loop) { spool.read(from: 5_000, count: 4_000, on: loop, $0) }
            #expect(Array(try part.get().readableBytesView) == Array(body[5_000..<9_000]))
            let end = await once(on: loop) { spool.read(from: count, count: 4_000, on: loop, $0) }
            #expect(try end.get().readableBytes == 0)
        }
        await tier.stop()
    }

    @Test("of another maker are refused")
    func foreign() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder)
        let spool = try #require(StateSpoolFactory(folder: folder.path, limit: 1 << 30).makeSpool(expectedLength: nil))
        await feed(spool, [1])
        #expect(await tier.file(spool, key: makeKey("/f")) == .dropped(.refused))
        await tier.stop()
    }

    @Test("without a tier have no name, and stop at their limit")
    func state() async throws {
        let folder = TemporaryFolder()
        let factory = StateSpoolFactory(folder: folder.path, limit: 100_000)
        #expect(factory.makeSpool(expectedLength: 100_001) == nil)
        let spool = try #require(factory.makeSpool(expectedLength: nil))
        spool.append(ByteBuffer(bytes: pattern(60_000, seed: 1)))
        await once(on: loop) { done in spool.whenDrained(on: loop) { done(()) } }
        #expect(folder.files().isEmpty)
        let other = try #require(factory.makeSpool(expectedLength: nil))
        other.append(ByteBuffer(bytes: pattern(60_000, seed: 1)))
        #expect(await Self.fails(other))
        // What was taken is still there for who reads it.
        let kept = await once(on: loop) { other.read(from: 50_000, count: 5, on: loop, $0) }
        #expect(Array(try kept.get().readableBytesView) == Array(pattern(60_000, seed: 1)[50_000..<50_005]))
    }

    @Test("in a folder that is not there fail, and then there are none")
    func noFolder() async throws {
        let factory = StateSpoolFactory(folder: "/dev/null/strata", limit: 1 << 30)
        var made = 0
        while let spool = factory.makeSpool(expectedLength: nil), made < 20 {
            spool.append(ByteBuffer(bytes: [1]))
            #expect(await Self.fails(spool))
            made += 1
        }
        #expect(made < 20)
    }

    /// Whether writing fails, sooner or later.
    private static func fails(_ spool: any BodySpool) async -> Bool {
        for _ in 0..<100_000 where !spool.hasFailed {
            _ = await once(on: loop) { spool.read(from: 0, count: 1, on: loop, $0) }
        }
        return spool.hasFailed
    }
}

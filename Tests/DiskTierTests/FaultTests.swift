import CacheModel
import DiskTier
import Glibc
import NIOCore
import TestSupport
import Testing

@Suite("a device that fails")
struct FaultTests {
    private static let size = 1 << 20

    /// Each write in turn: a record, its header, a segment's header, a footer, a body's file.
    @Test("in one write: that record is dropped, nothing else is lost", arguments: 1...40)
    func oneWrite(number: Int) async throws {
        let folder = TemporaryFolder()
        let device = FaultyDevice()
        let tier = try open(folder, size: Self.size) { $0.device = device }
        device.onWrite { $0 == number ? .error(EIO) : nil }
        var stored: [Int] = []
        for record in 0..<16 {
            let count = record % 4 == 3 ? 40_000 : 15_000
            let outcome = await tier.put(makeKey("/\(record)"), body: pattern(count, seed: record))
            if outcome == .stored { stored.append(record) } else { #expect(outcome == .dropped(.ioError)) }
        }
        #expect(stored.count >= 15)
        func check(_ tier: DiskTier) async {
            for record in 0..<16 {
                let body = await tier.body(makeKey("/\(record)"))
                let expected = pattern(record % 4 == 3 ? 40_000 : 15_000, seed: record)
                #expect(body == (stored.contains(record) ? expected : nil))
            }
        }
        await check(tier)
        await tier.stop()
        #expect(tier.statistics().bytes! >= UInt64(folder.bytes))
        let again = try open(folder, size: Self.size)
        await check(again)
        await again.stop()
    }

    @Test("by writing less than it was given: the rest is written next")
    func shortWrites() async throws {
        let device = FaultyDevice()
        let folder = TemporaryFolder()
        let tier = try open(folder, size: Self.size) { $0.device = device }
        device.onWrite { _ in .short(777) }
        device.onRead { _ in .short(333) }
        let key = makeKey("/short")
        #expect(await tier.put(key, body: pattern(20_000, seed: 1)) == .stored)
        #expect(await tier.body(key) == pattern(20_000, seed: 1))
        await tier.stop()
        let again = try open(folder, size: Self.size)
        #expect(await again.body(key) == pattern(20_000, seed: 1))
        await again.stop()
    }

    @Test(
        "by being full: the write is dropped and counted, the oldest segment makes room", arguments: [ENOSPC, EDQUOT])
    func full(code: Int32) async throws {
        let device = FaultyDevice()
        let folder = TemporaryFolder()
        let tier = try open(folder, size: Self.size) { $0.device = device }
        for number in 0..<20 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(20_000, seed: number)) == .stored)
        }
        let before = folder.files(under: "cache/segments")
        device.onWrite { $0 == 1 ? .error(code) : nil }
        #expect(await tier.put(makeKey("/x"), body: pattern(20_000, seed: 99)) == .dropped(.full))
        #expect(folder.files(under: "cache/segments") == Array(before.dropFirst()))
        #expect(tier.statistics().failures[.full] == 1)
        #expect(await tier.body(makeKey("/0")) == nil)
        #expect(await tier.put(makeKey("/x"), body: pattern(20_000, seed: 99)) == .stored)
        #expect(await tier.body(makeKey("/x")) == pattern(20_000, seed: 99))
        await tier.stop()
    }

    @Test("again and again: the tier says so at once, and comes back by itself")
    func breaker() async throws {
        let device = FaultyDevice()
        let tier = try open(TemporaryFolder(), size: Self.size) { $0.device = device }
        let key = makeKey("/b")
        #expect(await tier.put(key, body: [1]) == .stored)
        device.onRead { _ in .error(EIO) }
        for _ in 0..<5 {
            guard case .unavailable(.ioError) = await tier.get(key) else {
                Issue.record("a failing read is not reported")
                return
            }
        }
        guard case .unavailable(.breakerOpen) = await tier.get(key) else {
            Issue.record("the breaker is closed")
            return
        }
        // A key that is not there costs the device nothing.
        guard case .miss = await tier.get(makeKey("/other")) else {
            Issue.record("not a miss")
            return
        }
        #expect(tier.statistics().state == .down)
        device.heal()
        while await tier.body(key) != [1] {}
        #expect(tier.statistics().state == .up)
        await tier.stop()
    }

    @Test("while a body is spooled: the flight learns it, nothing stays")
    func spool() async throws {
        let device = FaultyDevice()
        let folder = TemporaryFolder()
        let tier = try open(folder, size: Self.size) { $0.device = device }
        let before = tier.statistics().bytes
        let spool = try #require(tier.makeSpool(expectedLength: nil))
        device.onWrite { $0 == 3 ? .error(EIO) : nil }
        let body = pattern(300_000, seed: 1)
        await feed(spool, body)
        while !spool.hasFailed { await Task.yield() }
        // What was taken before, written or not, is still readable by those who are behind.
        var read: [UInt8] = []
        while true {
            let offset = read.count
            let part = await once(on: loop) { spool.read(from: offset, count: 9_999, on: loop, $0) }
            guard case .success(let bytes) = part else { break }
            read += bytes.readableBytesView
        }
        #expect(!read.isEmpty)
        #expect(read[...] == body.prefix(read.count))
        spool.append(ByteBuffer(bytes: [1]))
        let refused = await once(on: loop) { spool.read(from: body.count, count: 10, on: loop, $0) }
        #expect(throws: TierFailure.ioError) { try refused.get() }
        #expect(await tier.file(spool, key: makeKey("/s")) == .dropped(.ioError))
        #expect(tier.statistics().failures == [.ioError: 1])
        await tier.stop()
        #expect(folder.files(under: "cache/bodies").isEmpty)
        #expect(tier.statistics().bytes == before)
    }

    @Test("a spool that is given up after it failed is counted, and so is one that is not made")
    func countedSpools() async throws {
        let device = FaultyDevice()
        let tier = try open(TemporaryFolder(), size: Self.size) { $0.device = device }
        device.onWrite { _ in .error(ENOSPC) }
        for _ in 0..<3 {
            let spool = try #require(tier.makeSpool(expectedLength: nil))
            await feed(spool, [1])
            while !spool.hasFailed { await Task.yield() }
            spool.discard()
        }
        #expect(tier.statistics().failures == [.full: 3])
        device.onWrite { _ in .error(EIO) }
        var made = 0
        while let spool = tier.makeSpool(expectedLength: nil), made < 20 {
            await feed(spool, [1])
            while !spool.hasFailed { await Task.yield() }
            made += 1
        }
        #expect(tier.statistics().failures[.breakerOpen] == 1)
        #expect(tier.statistics().failures[.ioError] == UInt64(made))
        device.heal()
        await tier.stop()
        #expect(tier.makeSpool(expectedLength: nil) == nil)
        #expect(tier.statistics().failures[.closed] == 1)
    }

    @Test("a body that outgrows the limit fails, and its space comes back")
    func outgrown() async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: Self.size) { $0.maxObject = 100_000 }
        let before = tier.statistics().bytes
        let spool = try #require(tier.makeSpool(expectedLength: nil))
        await feed(spool, pattern(150_000, seed: 1), chunk: 10_000)
        #expect(await tier.file(spool, key: makeKey("/s")) == .dropped(.tooLarge))
        #expect(tier.makeSpool(expectedLength: 100_001) == nil)
        #expect(tier.statistics().failures == [.tooLarge: 2])
        await tier.stop()
        #expect(folder.files(under: "cache/bodies").isEmpty)
        #expect(tier.statistics().bytes == before)
    }
}

import CacheModel
import DiskTier
import Glibc
import TestSupport
import Testing

/// What an operator is told.
@Suite("a disk in trouble")
struct TroubleTests {
    @Test("that is full is told once, not at each write, and shown until it has been well for a while")
    func full() async throws {
        let (device, lines) = (FaultyDevice(), LogLines())
        var tier = try open(TemporaryFolder(), logger: lines.logger) { $0.device = device }
        #expect(await tier.put(makeKey("/before"), body: [1]) == .stored)
        // Full, well, full: one trouble.
        device.onWrite { $0 % 3 == 1 ? .error(ENOSPC) : nil }
        for number in 0..<9 { _ = await tier.put(makeKey("/\(number)"), body: pattern(3_000, seed: number)) }
        #expect(tier.statistics().state == .degraded && tier.statistics().reason == .full)
        #expect(tier.statistics().failures[.full]! > 1)
        #expect(lines.now.count == 1)
        #expect(lines.now[0].hasPrefix("warning the disk tier can't write: No space left on device (errno 28)"))
        device.heal()
        await tier.stop()

        tier = try open(TemporaryFolder(), logger: lines.logger) {
            $0.device = device
            $0.troubleMilliseconds = 0
        }
        device.onWrite { $0 == 1 ? .error(EDQUOT) : nil }
        #expect(await tier.put(makeKey("/a"), body: [1]) == .dropped(.full))
        #expect(tier.statistics().state == .degraded)
        #expect(await tier.put(makeKey("/a"), body: [1]) == .stored)
        #expect(tier.statistics().state == .up && tier.statistics().reason == nil)
        #expect(lines.now.count == 3 && lines.now[2].hasPrefix("notice the disk tier can write again"))
        await tier.stop()
    }

    @Test("that fails is told once, and is down for the reason")
    func failing() async throws {
        let (device, lines) = (FaultyDevice(), LogLines())
        let tier = try open(TemporaryFolder(), logger: lines.logger) { $0.device = device }
        #expect(await tier.put(makeKey("/a"), body: [1]) == .stored)
        device.onRead { _ in .error(EIO) }
        for _ in 0..<8 { _ = await tier.get(makeKey("/a")) }
        #expect(tier.statistics().state == .down && tier.statistics().reason == .ioError)
        #expect(lines.now.count == 1)
        #expect(lines.now[0].hasPrefix("warning the disk tier can't read: Input/output error (errno 5)"))
        device.heal()
        await tier.stop()
        #expect(tier.statistics().reason == .closed)
    }

    @Test("that takes no saved index is told once, and again when it does")
    func unsavedIndex() async throws {
        let (device, lines) = (FaultyDevice(), LogLines())
        let tier = try open(TemporaryFolder(), logger: lines.logger) {
            $0.device = device
            $0.snapshotMilliseconds = 3_600_000
            $0.troubleMilliseconds = 0
        }
        #expect(await tier.put(makeKey("/a"), body: [1]) == .stored)
        device.onWrite { _ in .error(ENOSPC) }
        for _ in 0..<5 { #expect(!tier.saveIndex()) }
        #expect(lines.now.count == 1)
        #expect(
            lines.now[0].hasPrefix("warning the disk tier can't save its index: No space left on device (errno 28)"))
        device.heal()
        #expect(tier.saveIndex())
        #expect(lines.now.count == 2 && lines.now[1].hasPrefix("notice the disk tier can save its index again"))
        await tier.stop()
    }

    @Test("a removal on a full disk is remembered over a restart")
    func removal() async throws {
        let (device, folder) = (FaultyDevice(), TemporaryFolder())
        let tier = try open(folder) { $0.device = device }
        for number in 0..<20 {
            #expect(await tier.put(makeKey("/\(number)"), body: pattern(20_000, seed: number)) == .stored)
        }
        device.onWrite { $0 == 1 ? .error(ENOSPC) : nil }
        #expect(await tier.delete(makeKey("/19")) == true)
        device.heal()
        let again = try open(folder.copy())
        #expect(await again.body(makeKey("/19")) == nil)
        #expect(await again.body(makeKey("/18")) == pattern(20_000, seed: 18))
        await again.stop()
        await tier.stop()
    }

    @Test("files of another format are dropped with one line")
    func format() async throws {
        let (folder, lines) = (TemporaryFolder(), LogLines())
        let tier = try open(folder)
        #expect(await tier.put(makeKey("/a"), body: [1]) == .stored)
        await tier.stop()
        TemporaryFolder.write(Array("strata disk tier, format 999\n".utf8), to: folder.path + "/cache/format")
        let again = try open(folder, logger: lines.logger)
        #expect(again.opening.indexProblem == "missing")
        #expect(lines.now.count == 1)
        #expect(lines.now[0].contains("another format") && lines.now[0].contains("format 999"))
        await again.stop()
    }

    @Test("a saved index that does not hold is told with the reason")
    func index() async throws {
        let (folder, lines) = (TemporaryFolder(), LogLines())
        let tier = try open(folder)
        #expect(await tier.put(makeKey("/a"), body: [1]) == .stored)
        await tier.stop()
        TemporaryFolder.write([1, 2, 3], to: folder.path + "/cache/index")
        let again = try open(folder, logger: lines.logger)
        #expect(lines.now.count == 1)
        #expect(lines.now[0].contains("index") && lines.now[0].contains("broken"))
        #expect(await again.body(makeKey("/a")) == [1])
        await again.stop()
    }
}

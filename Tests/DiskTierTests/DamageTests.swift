import CacheModel
import DiskTier
import Glibc
import NIOCore
import TestSupport
import Testing

/// attacks.md 25: what was damaged on the disk is a miss, never another byte.
@Suite("damaged files")
struct DamageTests {
    private static let bodies = [(0, 1), (50, 2), (700, 3), (4_000, 4)].map { pattern($0.0, seed: $0.1) }

    /// A small store of each kind of frame but the large one, with a footer where `sealed`.
    private static func store(sealed: Bool) async throws -> TemporaryFolder {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 160 << 10)
        for (number, body) in bodies.enumerated() {
            #expect(await tier.put(makeKey("/\(number)"), body: body) == .stored)
        }
        #expect(await tier.put(makeKey("/gone"), body: [1]) == .stored)
        #expect(await tier.delete(makeKey("/gone")) == true)
        if sealed {
            // Enough for the next segment to begin.
            for number in 0..<3 { _ = await tier.put(makeKey("/more\(number)"), body: pattern(5_000, seed: number)) }
            #expect(folder.files(under: "cache/segments").count > 1)
        }
        await tier.stop()
        return folder
    }

    /// How many of the bodies come back; each that does must be the one that was put in.
    private static func check(_ folder: TemporaryFolder) async throws -> Int {
        let tier = try open(folder, size: 160 << 10)
        var found = 0
        for (number, body) in bodies.enumerated() {
            guard let got = await tier.body(makeKey("/\(number)")) else { continue }
            #expect(got == body)
            found += 1
        }
        // And it goes on working.
        #expect(await tier.put(makeKey("/new"), body: [9]) == .stored)
        #expect(await tier.body(makeKey("/new")) == [9])
        await tier.stop()
        return found
    }

    @Test("a segment cut off anywhere", arguments: [true, false])
    func torn(sealed: Bool) async throws {
        let folder = try await Self.store(sealed: sealed)
        let segment = folder.files(under: "cache/segments")[0]
        let whole = TemporaryFolder.read(segment)
        #expect(try await Self.check(folder.copy()) == Self.bodies.count)
        for end in stride(from: 0, to: whole.count, by: 61) {
            let copy = folder.copy()
            TemporaryFolder.write(Array(whole[..<end]), to: copy.files(under: "cache/segments")[0])
            let found = try await Self.check(copy)
            #expect(found < Self.bodies.count || end > 5_000)
        }
    }

    @Test("a flipped bit anywhere", arguments: [true, false])
    func flipped(sealed: Bool) async throws {
        let folder = try await Self.store(sealed: sealed)
        let segment = folder.files(under: "cache/segments")[0]
        let whole = TemporaryFolder.read(segment)
        var misses = 0
        for at in stride(from: 0, to: whole.count, by: 71) {
            let copy = folder.copy()
            var bytes = whole
            bytes[at] ^= 1 << UInt8(at % 8)
            TemporaryFolder.write(bytes, to: copy.files(under: "cache/segments")[0])
            if try await Self.check(copy) < Self.bodies.count { misses += 1 }
        }
        // Most of the segment is records: most flips cost one.
        #expect(misses > 50)
    }

    /// One record: every bit position of a byte is used in turn, and the file ends everywhere.
    @Test("every byte of a small segment", arguments: [false, true], [false, true])
    func everyByte(cut: Bool, saved: Bool) async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 160 << 10)
        let body = pattern(40, seed: 7)
        #expect(await tier.put(makeKey("/one"), body: body) == .stored)
        await tier.stop()
        let segment = folder.files(under: "cache/segments")[0]
        let whole = TemporaryFolder.read(segment)
        let index = folder.path + "/cache/index"
        let snapshot = TemporaryFolder.read(index)
        var misses = 0
        for at in whole.indices {
            if saved { TemporaryFolder.write(snapshot, to: index) } else { unlink(index) }
            var bytes = whole
            if cut { bytes.removeSubrange(at...) } else { bytes[at] ^= 1 << UInt8(at % 8) }
            for file in folder.files(under: "cache/segments") { unlink(file) }
            TemporaryFolder.write(bytes, to: segment)
            let damaged = try open(folder, size: 160 << 10)
            let found = await damaged.body(makeKey("/one"))
            #expect(found == nil || found == body)
            misses += found == nil ? 1 : 0
            await damaged.stop()
        }
        // No byte of a segment may change unseen.
        #expect(misses == whole.count)
    }

    @Test("garbage and stale frames behind the last record")
    func garbage() async throws {
        let folder = try await Self.store(sealed: false)
        let segment = folder.files(under: "cache/segments")[0]
        let whole = TemporaryFolder.read(segment)
        for tail in [pattern(500, seed: 9), Array(whole[64...]), [UInt8](repeating: 0, count: 4_096)] {
            let copy = folder.copy()
            TemporaryFolder.write(whole + tail, to: copy.files(under: "cache/segments")[0])
            #expect(try await Self.check(copy) == Self.bodies.count)
        }
    }

    @Test("a segment under another's name")
    func renamed() async throws {
        let folder = try await Self.store(sealed: true)
        let files = folder.files(under: "cache/segments")
        let first = TemporaryFolder.read(files[0])
        TemporaryFolder.write(TemporaryFolder.read(files[1]), to: files[0])
        TemporaryFolder.write(first, to: files[1])
        #expect(try await Self.check(folder) == 0)
    }

    /// The cut answer is worse than a miss, a wrong one worse than both.
    @Test("a flipped bit in a large body ends the reading there, then it is a miss", arguments: [1_500_000, 2_500_000])
    func large(count: Int) async throws {
        let folder = TemporaryFolder()
        let tier = try open(folder, size: 64 << 20, segment: 8 << 20)
        let key = makeKey("/large")
        let body = pattern(count, seed: 1)
        #expect(await tier.put(key, body: body) == .stored)
        let file = (folder.files(under: "cache/bodies") + folder.files(under: "cache/segments"))[0]
        var bytes = TemporaryFolder.read(file)
        bytes[bytes.count - 400_000] ^= 4
        TemporaryFolder.write(bytes, to: file)
        await tier.stop()
        let again = try open(folder, size: 64 << 20, segment: 8 << 20)
        guard case .hit(.response(let response)) = await again.get(key), case .external(let source) = response.body
        else {
            Issue.record("no hit")
            return
        }
        let good = await once(on: loop) { source.read(from: 0, count: 65_536, on: loop, $0) }
        #expect(Array(try good.get().readableBytesView) == Array(body[..<65_536]))
        #expect(await DiskTierTests.bytes(of: response) == nil)
        #expect(await again.body(key) == nil)
        #expect(again.statistics().failures[.corrupt] == 1)
        await again.stop()
    }
}

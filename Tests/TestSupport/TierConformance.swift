package import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import NIOCore
import Synchronization

/// What every `Tier` promises, as checks that run against any of them. A new tier's tests run each against a fresh one:
///
///     @Test(arguments: TierConformance.allCases)
///     func conforms(check: TierConformance) async throws { try await check.run(on: makeTier()) }
///
/// The tier is up, empty, takes bodies of 100 KB at least and 4 MB at most, and has no cap of its own on lifetimes.
package enum TierConformance: String, CaseIterable, Sendable {
    case bytesComeBack, aMissIsAMiss, variantsStandApart, listsOfVariantsComeBack, newerReplaces, olderNeverReplaces
    case removalByEntry, removalOfAll, tooLargeIsCounted, expiredIsGone, writersOfOneKey, writersOfManyKeys
    case callbacksComeOnceOnTheirLoop, countersAddUp, closingAnswersAll, whatIsAtHandIsWhatIsRead

    /// What does not hold.
    package struct Broken: Error, CustomStringConvertible {
        package var description: String
    }

    /// Runs the check, and shuts the tier down whatever comes of it.
    package func run(on tier: any Tier) async throws {
        let user = TierUser(tier)
        do {
            try await check(user)
        } catch {
            await user.shutdown()
            throw error
        }
        await user.shutdown()
    }

    private func check(_ tier: TierUser) async throws {
        switch self {
        case .bytesComeBack: try await bytesComeBack(tier)
        case .aMissIsAMiss:
            try require(await tier.body("/never") == nil, "what was never written is there")
            _ = await tier.write(tier.response("/there", body: [1]))
            try require(await tier.body("/never") == nil, "another key's record is there")
        case .variantsStandApart: try await variantsStandApart(tier)
        case .listsOfVariantsComeBack: try await listsOfVariants(tier)
        case .newerReplaces, .olderNeverReplaces: try await positions(tier)
        case .removalByEntry: try await removalByEntry(tier)
        case .removalOfAll:
            _ = await tier.write(tier.response("/a", body: [1]))
            try require(await tier.remove("/a", entryID: nil) == true, "what was there was not removed")
            try require(await tier.body("/a") == nil, "what was removed is there")
            try require(await tier.remove("/a", entryID: nil) == false, "what is gone was removed again")
        case .tooLargeIsCounted: try await tooLarge(tier)
        case .expiredIsGone: try await expired(tier)
        case .writersOfOneKey: try await writersOfOneKey(tier)
        case .writersOfManyKeys: try await writersOfManyKeys(tier)
        case .callbacksComeOnceOnTheirLoop: try await callbacks(tier)
        case .countersAddUp: try await counters(tier)
        case .closingAnswersAll: try await closing(tier)
        case .whatIsAtHandIsWhatIsRead: try await atHand(tier)
        }
    }

    private func require(_ holds: Bool, _ what: String) throws {
        if !holds { throw Broken(description: "\(rawValue): \(what)") }
    }

    // MARK: Checks

    private func bytesComeBack(_ tier: TierUser) async throws {
        for size in [0, 1, 1000, StoredResponse.inlineLimit, StoredResponse.inlineLimit + 1, 100_000] {
            let written = tier.response("/\(size)", body: TierUser.bytes(size, seed: size))
            try require(await tier.write(written) == .stored, "\(size) bytes were not stored")
            guard case .hit(.response(let found)) = await tier.read("/\(size)") else {
                throw Broken(description: "\(rawValue): \(size) bytes are not there")
            }
            try require(found.meta == written.meta, "another head came back with \(size) bytes")
            for (name, part) in [
                ("key", \StoredResponse.key), ("selection", \.selection), ("fields", \.fields), ("tags", \.tags),
                ("etag", \.etag),
            ] as [(String, KeyPath<StoredResponse, UnsafeRawBufferPointer>)] {
                try require(Array(found[keyPath: part]) == Array(written[keyPath: part]), "another \(name) came back")
            }
            try require(found.bodyLength == size, "\(found.bodyLength) bytes came back of \(size)")
            try require(await tier.body("/\(size)") == TierUser.bytes(size, seed: size), "other bytes of \(size)")
        }
    }

    private func variantsStandApart(_ tier: TierUser) async throws {
        for selection in ["", "gzip", "br"] {
            let response = tier.response("/v", selection: selection, body: Array(selection.utf8))
            try require(await tier.write(response) == .stored, "\(selection) was not stored")
        }
        try require(await tier.remove("/v", selection: "gzip", entryID: nil) == true, "gzip was not removed")
        for (selection, body) in [("", [UInt8]()), ("gzip", nil), ("br", Array("br".utf8))] {
            try require(await tier.body("/v", selection: selection) == body, "another body for '\(selection)'")
        }
    }

    private func listsOfVariants(_ tier: TierUser) async throws {
        let index = VariantIndex(
            asOf: Position(epoch: 7, n: 1), entryID: 5, fieldNames: [Array("accept-encoding".utf8)],
            selections: [Array("br".utf8), Array("gzip".utf8)])
        try require(await tier.write(.variants(index), tier.key("/list")) == .stored, "the list was not stored")
        guard case .hit(.variants(let found)) = await tier.read("/list") else {
            throw Broken(description: "\(rawValue): the list is not there")
        }
        try require(found == index, "another list came back")
    }

    private func positions(_ tier: TierUser) async throws {
        func write(_ n: UInt64, epoch: UInt64 = 7, _ byte: UInt8) async -> TierWrite {
            await tier.write(tier.response("/p", body: [byte], n: n, epoch: epoch, entryID: UInt64(byte)))
        }
        try require(await write(5, 1) == .stored, "the first was not stored")
        if self == .newerReplaces {
            for (n, epoch, byte) in [(5, 7, 2), (6, 7, 3), (1, 8, 4)] as [(UInt64, UInt64, UInt8)] {
                try require(await write(n, epoch: epoch, byte) == .stored, "\(n) of \(epoch) was not stored")
                try require(await tier.body("/p") == [byte], "\(n) of epoch \(epoch) did not replace")
            }
        } else {
            try require(await write(4, 2) == .superseded, "a record of a lower position was not refused")
            try require(await tier.body("/p") == [1], "a record of a lower position replaced")
        }
    }

    private func removalByEntry(_ tier: TierUser) async throws {
        _ = await tier.write(tier.response("/r", body: [1], entryID: 11))
        try require(await tier.remove("/r", entryID: 12) == false, "another entry was removed")
        try require(await tier.body("/r") == [1], "the entry is gone by another's id")
        try require(await tier.remove("/r", entryID: 11) == true, "the entry was not removed by its id")
        try require(await tier.body("/r") == nil, "the removed entry is there")
        try require(await tier.remove("/r", entryID: 11) == false, "what is gone was removed again")
    }

    private func tooLarge(_ tier: TierUser) async throws {
        let body = TierUser.bytes(tier.tier.maxObject + 1, seed: 1)
        let outcome = await tier.write(tier.response("/large", body: body))
        try require(outcome == .dropped(.tooLarge), "a body above max_object: \(outcome)")
        try require(tier.tier.statistics().failures[.tooLarge] == 1, "it was not counted")
        try require(await tier.body("/large") == nil, "it is there")
        try require(tier.tier.statistics().state == .up, "it brought the tier down")
    }

    private func expired(_ tier: TierUser) async throws {
        _ = await tier.write(tier.response("/short", body: [1]), ttl: 1)
        _ = await tier.write(tier.response("/long", body: [2]))
        let isGone = await eventually { await tier.body("/short") == nil }
        try require(isGone, "an expired record is there")
        try require(await tier.body("/long") == [2], "a record was lost before its time")
    }

    private func writersOfOneKey(_ tier: TierUser) async throws {
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    // Each position once, in an order of each writer's own.
                    for step in 0..<25 {
                        let n = (step * 7 + writer * 3) % 25 * 4 + writer
                        let response = tier.response("/one", body: [UInt8(n)], n: UInt64(n))
                        _ = await tier.write(response, on: TestLoop.shared[writer % 2])
                    }
                }
            }
        }
        try require(await tier.body("/one") == [99], "the last position is not the one that stayed")
    }

    private func writersOfManyKeys(_ tier: TierUser) async throws {
        let mistakes = await withTaskGroup(of: [String].self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let loop = TestLoop.shared[writer % 2]
                    var mistakes: [String] = []
                    for number in 0..<25 {
                        let (path, body) = ("/\(writer)/\(number)", TierUser.bytes(number * 400, seed: writer + number))
                        let outcome = await tier.write(tier.response(path, body: body), on: loop)
                        let found = await tier.body(path, on: loop)
                        if outcome != .stored || found != body { mistakes.append("\(path) \(outcome)") }
                    }
                    return mistakes
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        try require(mistakes.isEmpty, "\(mistakes)")
    }

    private func callbacks(_ tier: TierUser) async throws {
        let tally = Tally()
        for loop in TestLoop.shared {
            let base = loop.index * 100
            let note: @Sendable (Int) -> Void = { number in
                if !loop.isCurrent { tally.strays.add(1, ordering: .relaxed) }
                tally.calls.withLock { $0[base + number, default: 0] += 1 }
            }
            loop.execute {
                for number in 0..<10 {
                    let response = tier.response("/c/\(loop.index)/\(number)", body: [1])
                    let key = TierUser.key(response)
                    tier.tier.write(.response(response), key: key, ttlMilliseconds: 60_000, on: loop) { _ in
                        note(number)
                        tier.tier.read(key, on: loop) { _ in
                            note(10 + number)
                            tier.tier.remove(key, entryID: nil, on: loop) { _ in note(20 + number) }
                        }
                    }
                }
            }
        }
        let wanted = 30 * TestLoop.shared.count
        let allCame = await eventually { tally.calls.withLock { $0.count } == wanted }
        try require(allCame, "\(tally.calls.withLock { $0.count }) of \(wanted) callbacks came")
        await tier.shutdown()
        try require(tally.calls.withLock { $0.values.allSatisfy { $0 == 1 } }, "a callback came twice")
        try require(tally.strays.load(ordering: .relaxed) == 0, "a callback came on another thread")
    }

    private func counters(_ tier: TierUser) async throws {
        let before = tier.tier.statistics()
        for number in 0..<6 { _ = await tier.write(tier.response("/n/\(number)", body: [1])) }
        for number in 0..<10 { _ = await tier.read("/n/\(number)") }
        for number in 0..<2 { _ = await tier.remove("/n/\(number)", entryID: nil) }
        let after = tier.tier.statistics()
        try require(after.writes - before.writes == 6, "\(after.writes - before.writes) writes of 6")
        try require(after.hits - before.hits == 6, "\(after.hits - before.hits) hits of 6")
        try require(after.misses - before.misses == 4, "\(after.misses - before.misses) misses of 4")
        try require(after.removals - before.removals == 2, "\(after.removals - before.removals) removals of 2")
        try require(after.failures.values.allSatisfy { $0 == 0 }, "failures: \(after.failures)")
        if let entries = after.entries { try require(entries == 4, "\(entries) entries of 4") }
    }

    /// Of a tier that has nothing at hand nothing is asked.
    private func atHand(_ user: TierUser) async throws {
        guard let tier = user.tier as? any PromptTier else { return }
        for size in [0, 1000, StoredResponse.inlineLimit + 1, 100_000] {
            let written = user.response("/\(size)", body: TierUser.bytes(size, seed: size))
            try require(await user.write(written) == .stored, "\(size) bytes were not stored")
            guard case .response(let found)? = tier.recordAtHand(user.key("/\(size)")) else { continue }
            try require(found.meta == written.meta, "another head is at hand with \(size) bytes")
            try require(await user.bytes(of: found) == TierUser.bytes(size, seed: size), "other bytes of \(size)")
        }
        _ = await user.remove("/1000", entryID: nil)
        for path in ["/1000", "/never"] {
            try require(tier.recordAtHand(user.key(path)) == nil, "what is not there is at hand")
        }
    }

    private func closing(_ tier: TierUser) async throws {
        let tally = Tally()
        for loop in TestLoop.shared {
            loop.execute {
                for number in 0..<50 {
                    let response = tier.response("/x/\(loop.index)/\(number)", body: TierUser.bytes(5000, seed: number))
                    let key = TierUser.key(response)
                    tally.asked.add(2, ordering: .relaxed)
                    tier.tier.write(.response(response), key: key, ttlMilliseconds: 60_000, on: loop) { _ in
                        tally.answered.add(1, ordering: .relaxed)
                    }
                    tier.tier.read(key, on: loop) { _ in tally.answered.add(1, ordering: .relaxed) }
                }
            }
        }
        await tier.shutdown()
        for loop in TestLoop.shared { _ = await once(on: loop) { $0(true) } }
        let wanted = tally.asked.load(ordering: .relaxed)
        let allCame = await eventually { tally.answered.load(ordering: .relaxed) == wanted }
        try require(allCame, "\(tally.answered.load(ordering: .relaxed)) of \(wanted) were answered")
        guard case .dropped = await tier.write(tier.response("/late", body: [1])) else {
            throw Broken(description: "\(rawValue): a closed tier took a record")
        }
        if case .hit = await tier.read("/late") { throw Broken(description: "\(rawValue): a closed tier has records") }
    }
}

/// What came of many calls.
private final class Tally: Sendable {
    let calls = Mutex<[Int: Int]>([:])
    let strays = Atomic(0)
    let asked = Atomic(0)
    let answered = Atomic(0)
}

/// A tier in the words of these checks.
final class TierUser: Sendable {
    let tier: any Tier
    private let isShut = Atomic(false)

    init(_ tier: any Tier) { self.tier = tier }

    func key(_ path: String, selection: String = "") -> TierKey {
        TierKey(
            primary: CacheKey(
                scheme: Array("http".utf8), host: Array("example.com".utf8), path: Array(path.utf8),
                query: nil as [UInt8]?),
            selection: Array(selection.utf8))
    }

    static func key(_ response: StoredResponse) -> TierKey {
        TierKey(primary: CacheKey(bytes: Array(response.key)), selection: Array(response.selection))
    }

    static func bytes(_ count: Int, seed: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: seed), count: count)
        for at in stride(from: 0, to: count, by: 997) { bytes[at] = UInt8(truncatingIfNeeded: at / 997 &+ seed &+ 1) }
        return bytes
    }

    func response(
        _ path: String, selection: String = "", body: [UInt8], n: UInt64 = 1, epoch: UInt64 = 7, entryID: UInt64 = 1
    ) -> StoredResponse {
        let now = Timestamp(milliseconds: 1_795_280_400_123)
        let key = key(path, selection: selection)
        return StoredResponse(
            meta: ResponseMeta(
                status: 200,
                freshness: Freshness(
                    responseTime: now, initialAge: 3, lifetime: 600, staleWhileRevalidate: 5, staleIfError: 9),
                requestTime: Timestamp(milliseconds: now.milliseconds - 21), asOf: Position(epoch: epoch, n: n),
                entryID: entryID, instance: 3, localNumber: 4, lastModified: Timestamp(seconds: 1_795_000_000)),
            key: key.primary, selection: key.selection,
            fields: Array("ETag: \"v1\"\r\nContent-Type: text/plain\r\n".utf8), etag: 6..<10,
            tags: StoredResponse.packTags([Array("one".utf8), Array("two".utf8)]),
            body: .chunk(ByteBuffer.exact([ByteBuffer(bytes: body)])))
    }

    func read(
        _ path: String, selection: String = "", on loop: TestLoop = TestLoop.shared[0]
    ) async -> TierRead {
        let key = key(path, selection: selection)
        return await once(on: loop) { self.tier.read(key, on: loop, $0) }
    }

    /// The body under the key; nil: a miss.
    func body(_ path: String, selection: String = "", on loop: TestLoop = TestLoop.shared[0]) async -> [UInt8]? {
        guard case .hit(.response(let found)) = await read(path, selection: selection, on: loop) else { return nil }
        return await bytes(of: found, on: loop)
    }

    /// All of the body; nil where a part can't be read.
    func bytes(of found: StoredResponse, on loop: TestLoop = TestLoop.shared[0]) async -> [UInt8]? {
        switch found.body {
        case .inline: return Array(found.inlineBody)
        case .chunk(let bytes): return Array(bytes.readableBytesView)
        case .external(let source):
            var bytes: [UInt8] = []
            while bytes.count < source.length {
                let at = bytes.count
                let part = await once(on: loop) { source.read(from: at, count: 100_000, on: loop, $0) }
                guard case .success(let more) = part, more.readableBytes > 0 else { return nil }
                bytes += Array(more.readableBytesView)
            }
            return bytes
        }
    }

    func write(
        _ record: Record, _ key: TierKey, ttl: Int64 = 600_000, on loop: TestLoop = TestLoop.shared[0]
    ) async -> TierWrite {
        await once(on: loop) { self.tier.write(record, key: key, ttlMilliseconds: ttl, on: loop, $0) }
    }

    func write(
        _ response: StoredResponse, ttl: Int64 = 600_000, on loop: TestLoop = TestLoop.shared[0]
    ) async -> TierWrite {
        await write(.response(response), Self.key(response), ttl: ttl, on: loop)
    }

    func remove(_ path: String, selection: String = "", entryID: UInt64?) async -> Bool? {
        let (key, loop) = (key(path, selection: selection), TestLoop.shared[0])
        return await once(on: loop) { self.tier.remove(key, entryID: entryID, on: loop, $0) }
    }

    /// Once only.
    func shutdown() async {
        guard !isShut.exchange(true, ordering: .relaxed) else { return }
        await withCheckedContinuation { done in tier.shutdown(withinMilliseconds: 20_000) { done.resume() } }
    }
}

import Foundation
import Invalidation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import DiskTier

private let noLog = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

private func open(_ path: String, retention: Int64 = 1 << 40, maxRecords: Int = 1 << 20) throws -> Journal {
    try Journal(
        .init(path: path, retentionMilliseconds: retention, maxRecords: maxRecords), logger: noLog)
}

extension Journal {
    fileprivate func append(_ mode: InvalidationMode, _ selectors: Selector...) async -> Result<LogReceipt, LogFailure>
    {
        await withCheckedContinuation { continuation in
            append(mode: mode, selectors: selectors) { continuation.resume(returning: $0) }
        }
    }

    fileprivate func close() async { await withCheckedContinuation { done in close { done.resume() } } }

    fileprivate func verdict(tag: String, asOf: Position) -> Verdict {
        let tags = [UInt8(tag.utf8.count)] + Array(tag.utf8)
        let nothing: [UInt8] = []
        return tags.withUnsafeBytes { tags in
            nothing.withUnsafeBytes { nothing in
                table.judge(
                    InvalidationSubject(host: nothing, path: nothing, query: nil, tags: tags, tagsCut: false),
                    asOf: asOf
                ).verdict
            }
        }
    }
}

private func tag(_ text: String) -> Selector { .tag(Array(text.utf8)) }

private func content(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

private func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// invalidation.md rule 19.
@Suite("The journal")
struct JournalTests {
    @Test("epoch, position and table survive a restart")
    func restart() async throws {
        let folder = try TestSupport.TemporaryFolder()
        let path = folder.path("journal")
        var journal = try open(path)
        let epoch = journal.table.epoch
        let start = journal.table.position
        #expect(start.n == 0)
        for n in 1...5 as ClosedRange<UInt64> {
            let mode: InvalidationMode = n == 5 ? .soft : .hard
            #expect(await journal.append(mode, tag("t\(n)")) == .success(.alone(Position(epoch: epoch, n: n))))
            #expect(journal.table.head == n)
        }
        for _ in 0..<3 {
            await journal.close()
            journal = try open(path)
            #expect(journal.table.position == Position(epoch: epoch, n: 5))
            #expect(journal.verdict(tag: "t1", asOf: start) == .gone)
            #expect(journal.verdict(tag: "t5", asOf: start) == .stale)
            #expect(journal.verdict(tag: "t6", asOf: start) == .valid)
        }
        #expect(await journal.append(.hard, tag("t6")) == .success(.alone(Position(epoch: epoch, n: 6))))
        await journal.close()
    }

    @Test("without a clean close it is all there too: a record is on disk before its position is told")
    func killed() async throws {
        let folder = try TestSupport.TemporaryFolder()
        let path = folder.path("journal")
        let journal = try open(path)
        let start = journal.table.position
        _ = await journal.append(.hard, tag("t"))
        // What a kill at this moment leaves.
        try write(content(path), to: folder.path("copy"))
        let copy = try open(folder.path("copy"))
        #expect(copy.table.position == journal.table.position)
        #expect(copy.verdict(tag: "t", asOf: start) == .gone)
        await copy.close()
        await journal.close()
    }

    @Test("a file that is cut at any byte, or has a bit flipped in any byte, begins a new epoch and never traps")
    func damaged() async throws {
        let folder = try TestSupport.TemporaryFolder()
        let path = folder.path("journal")
        let journal = try open(path)
        let epoch = journal.table.epoch
        var ends = [try content(path).count]
        for n in 1...3 {
            _ = await journal.append(.hard, tag("t\(n)"), .url(host: Array("h".utf8), target: Array("/".utf8)))
            ends.append(try content(path).count)
        }
        await journal.close()
        let whole = try content(path)
        for length in 0..<whole.count {
            let contents = JournalFormat.parse(Array(whole[..<length]))
            // Cut between two records it can't be told from a journal that never had the second.
            #expect((contents != nil) == ends.contains(length), "cut at \(length)")
        }
        for place in whole.indices {
            for bit in 0..<8 {
                var flipped = whole
                flipped[place] ^= 1 << bit
                #expect(JournalFormat.parse(flipped) == nil, "byte \(place) bit \(bit)")
            }
        }
        for length in [1, 35, ends[0] + 1, ends[1] + 7, ends[2] + 9, whole.count - 1] {
            try write(Array(whole[..<length]), to: path)
            let again = try open(path)
            #expect(again.table.epoch != epoch && again.table.head == 0)
            // What was stored before can't be judged any more.
            #expect(again.verdict(tag: "t1", asOf: Position(epoch: epoch, n: 3)) == .unknown)
            await again.close()
            let clean = try open(path)
            #expect(clean.table.epoch == again.table.epoch)
            await clean.close()
        }
        try write(whole + [0], to: path)
        let trailing = try open(path)
        #expect(trailing.table.epoch != epoch)
        await trailing.close()
    }

    @Test("appends that wait together keep their order, positions without a gap")
    func batch() async throws {
        let folder = try TestSupport.TemporaryFolder()
        let path = folder.path("journal")
        let journal = try open(path)
        let told = Told()
        for number in 0..<500 {
            journal.append(mode: .hard, selectors: [tag("t\(number)")]) { result in
                guard case .success(let receipt) = result, let position = receipt.position else { return }
                told.all.withLock { $0.append((number, position.n)) }
            }
        }
        await journal.close()
        let all = told.all.withLock { $0 }
        #expect(all.map(\.0) == Array(0..<500))
        #expect(all.map(\.1) == Array(1...500))
        let again = try open(path)
        let start = Position(epoch: again.table.epoch, n: 0)
        for number in [0, 250, 499] { #expect(again.verdict(tag: "t\(number)", asOf: start) == .gone) }
        #expect(again.verdict(tag: "t250", asOf: Position(epoch: again.table.epoch, n: 251)) == .valid)
        await again.close()
    }

    private final class Told: Sendable {
        let all = Mutex<[(Int, UInt64)]>([])
    }

    @Test("what could be written but not be read again is refused, and the position stays")
    func unfit() async throws {
        let folder = try TestSupport.TemporaryFolder()
        let journal = try open(folder.path("journal"))
        let huge = [UInt8](repeating: 0x74, count: RecordBytes.maxString + 1)
        let many = [Selector](repeating: tag("t"), count: RecordBytes.maxSelectors + 1)
        for selectors in [[], [.tag(huge)], many] {
            let result = await withCheckedContinuation { done in
                journal.append(mode: .hard, selectors: selectors) { done.resume(returning: $0) }
            }
            #expect(throws: LogFailure.self) { try result.get() }
        }
        #expect(journal.table.head == 0)
        let most = [Selector](repeating: tag("t"), count: RecordBytes.maxSelectors)
        let result = await withCheckedContinuation { done in
            journal.append(mode: .hard, selectors: most) { done.resume(returning: $0) }
        }
        #expect(try result.get().position?.n == 1)
        let epoch = journal.table.epoch
        await journal.close()
        let again = try open(folder.path("journal"))
        #expect(again.table.position == Position(epoch: epoch, n: 1))
        await again.close()
    }

    @Test("a journal in use is refused; once closed it is free")
    func secondUser() async throws {
        let folder = try TestSupport.TemporaryFolder()
        let journal = try open(folder.path("journal"))
        let error = #expect(throws: JournalError.self) { _ = try open(folder.path("journal")) }
        #expect(error?.description.contains("another process") == true)
        await journal.close()
        let next = try open(folder.path("journal"))
        await next.close()
    }

    @Test("it stays refused while its file is being replaced")
    func lockDuringReplacement() async throws {
        let folder = try TestSupport.TemporaryFolder()
        let path = folder.path("journal")
        let race = Race()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await onThread {
                    var file = try JournalFile(opening: path)
                    race.isHeld.store(true, ordering: .releasing)
                    let bytes = JournalFormat.header(epoch: 1, floor: 0, head: 0)
                    for _ in 0..<120 { try file.replace(with: bytes) }
                    race.isHeld.store(false, ordering: .releasing)
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    try await onThread {
                        while !race.isHeld.load(ordering: .acquiring) { sched_yield() }
                        while race.isHeld.load(ordering: .acquiring) {
                            // Kept, so that the lock is held when the look after it says whose it was.
                            guard let file = try? JournalFile(opening: path) else { continue }
                            if race.isHeld.load(ordering: .acquiring) { race.intruders.add(1, ordering: .relaxed) }
                            _ = consume file
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(race.intruders.load(ordering: .relaxed) == 0)
    }

    private final class Race: Sendable {
        let isHeld = Atomic(false)
        let intruders = Atomic(0)
    }

    @Test("compaction keeps table and position, and the file small")
    func compaction() async throws {
        let folder = try TestSupport.TemporaryFolder()
        let path = folder.path("journal")
        let journal = try open(path)
        let epoch = journal.table.epoch
        _ = await journal.append(.soft, tag("old"))
        var largest = 0
        for round in 0..<12 {
            for number in 0..<1_000 {
                journal.append(mode: .hard, selectors: [tag("t\(number % 10)")]) { _ in }
            }
            #expect(
                await journal.append(.hard, tag("round\(round)")).map(\.position?.n)
                    == .success(UInt64(round + 1) * 1_001 + 1))
            largest = max(largest, try content(path).count)
        }
        #expect(try content(path).count < 12_000 * 40)
        #expect(largest < 9_000 * 50)
        #expect(folder.files == ["journal"])
        let before = journal.table.snapshot()
        await journal.close()
        let again = try open(path)
        #expect(again.table.position == Position(epoch: epoch, n: 12_013))
        #expect(again.table.snapshot().records == before.records)
        #expect(again.table.snapshot().floor == before.floor)
        let start = Position(epoch: epoch, n: 0)
        #expect(again.verdict(tag: "old", asOf: start) == .stale)
        #expect(again.verdict(tag: "round0", asOf: start) == .gone)
        await again.close()
    }

    @Test("retention raises the floor for good (rule 13)")
    func retention() async throws {
        let folder = try TestSupport.TemporaryFolder()
        let path = folder.path("journal")
        let journal = try open(path, maxRecords: 2)
        let epoch = journal.table.epoch
        for n in 1...5 { _ = await journal.append(.hard, tag("t\(n)")) }
        await journal.close()
        await (try open(path, maxRecords: 2)).close()
        // What was dropped stays dropped, though there would be room now.
        let again = try open(path)
        #expect(again.table.snapshot().floor == 3)
        #expect(again.verdict(tag: "none", asOf: Position(epoch: epoch, n: 2)) == .unknown)
        #expect(again.verdict(tag: "t4", asOf: Position(epoch: epoch, n: 3)) == .gone)
        #expect(again.table.head == 5)
        await again.close()
        // All of it is older than nothing: head and epoch stay, and everything before is unknown.
        let empty = try open(path, maxRecords: 0)
        #expect(empty.table.position == Position(epoch: epoch, n: 5))
        #expect(empty.table.count == 0)
        #expect(empty.verdict(tag: "t4", asOf: Position(epoch: epoch, n: 4)) == .unknown)
        await empty.close()
    }

    @Test("after close nothing is accepted, and closing again calls back")
    func closed() async throws {
        let folder = try TestSupport.TemporaryFolder()
        let journal = try open(folder.path("journal"))
        _ = await journal.append(.hard, tag("t"))
        await journal.close()
        await journal.close()
        #expect(await journal.append(.hard, tag("u")) == .failure(LogFailure("the journal is closed")))
        #expect(journal.table.head == 1)
    }

    @Test("a path that can't be is told with its name", arguments: ["missing/journal", "."])
    func unusable(name: String) throws {
        let folder = try TestSupport.TemporaryFolder()
        let error = #expect(throws: JournalError.self) { _ = try open(folder.path(name)) }
        #expect(error?.description.contains(folder.path) == true)
    }

    @Test("a full disk: the failure is answered, the position stays, and later appends go on")
    func full() async {
        // A process of its own, because the limit on file sizes is the whole process's.
        await #expect(processExitsWith: .success) {
            let folder = try TestSupport.TemporaryFolder()
            let path = folder.path("journal")
            let journal = try open(path)
            _ = await journal.append(.hard, tag("t"))
            let before = try content(path)
            signal(SIGXFSZ, SIG_IGN)
            for room in [0, 1, 7, 40] {
                var limit = rlimit(rlim_cur: rlim_t(before.count + room), rlim_max: rlim_t.max)
                precondition(setrlimit(__rlimit_resource_t(1), &limit) == 0)
                let result = await journal.append(.hard, tag(String(repeating: "u", count: 100)))
                guard case .failure = result else { preconditionFailure("it was written") }
                precondition(journal.table.head == 1)
                limit.rlim_cur = rlim_t.max
                precondition(setrlimit(__rlimit_resource_t(1), &limit) == 0)
                let after = try content(path)
                precondition(after == before)
            }
            guard case .success(let receipt) = await journal.append(.hard, tag("v")),
                let position = receipt.position, position.n == 2
            else {
                preconditionFailure("it goes on")
            }
            await journal.close()
            let again = try open(path)
            precondition(again.table.position == position)
            await again.close()
        }
    }
}

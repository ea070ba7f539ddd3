import Foundation
import Invalidation
import Logging
import TestSupport
import Testing

@testable import DiskTier

/// invalidation.md rules 12, 14, 17 and 19.
@Suite("What an instance of a fleet keeps") struct LogMemoryFileTests {
    private let folder = DiskTierTests.TemporaryFolder()
    private var path: String { folder.path + "/fleet.journal" }

    private func open(_ path: String? = nil) throws -> LogMemoryFile {
        try LogMemoryFile(
            path: path ?? self.path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func record(_ nonce: UInt64) -> InvalidationRecord {
        InvalidationRecord(
            n: 0, nonce: nonce, mode: nonce.isMultiple(of: 2) ? .soft : .hard,
            selectors: [.tag(Array("t\(nonce)".utf8)), .all], acceptedAt: Int64(nonce))
    }

    /// A life of it: two logs, one after the other, three accepted records, one of them in the log.
    private func write() async throws {
        let memory = try open()
        #expect(await memory.begin("redis A", settled: true, member: 5) == nil)
        #expect(await memory.note(AppliedMark(epoch: 1, n: 4, nonce: 44)) == nil)
        #expect(await memory.note(AppliedMark(epoch: 2, n: 6, nonce: nil)) == nil)
        for nonce in 1...3 as ClosedRange<UInt64> { #expect(await memory.keep(record(nonce)) == nil) }
        memory.confirm(nonce: 2, at: Position(epoch: 2, n: 7))
        #expect(await memory.note(AppliedMark(epoch: 2, n: 8, nonce: 88)) == nil)
        await memory.close()
    }

    private func expectAll(_ found: RememberedLog) {
        #expect(found.home == "redis A" && found.isSettled && found.member == 5)
        #expect(found.applied == AppliedMark(epoch: 2, n: 8, nonce: 88) && found.left == [1])
        #expect(found.own.map(\.record) == [record(1), record(2), record(3)])
        #expect(found.own.map(\.position) == [nil, Position(epoch: 2, n: 7), nil])
    }

    @Test("comes back, also after kill -9 and after it was written whole again")
    func comesBack() async throws {
        try await write()
        for _ in 0..<3 {
            let memory = try open()
            expectAll(memory.remembered)
            await memory.close()
        }
        let copy = folder.copy()
        let memory = try open(copy.path + "/fleet.journal")
        expectAll(memory.remembered)
        await memory.close()
    }

    @Test("where there is nothing there is nothing, and a file of another kind is no reason to trust anything")
    func strangers() async throws {
        let fresh = try open()
        #expect(fresh.remembered.home == nil && fresh.remembered.applied == nil && fresh.remembered.own.isEmpty)
        await fresh.close()
        // Of an older version, of another program, cut inside its first bytes.
        for bytes in [Array("STRF".utf8) + [0, 0, 0, 0], Array("hello, world".utf8), Array("ST".utf8)] {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let memory = try open()
            #expect(memory.remembered.home != nil && !memory.remembered.isSettled, "the log begins a new life")
            await memory.close()
            // It says so until someone has settled it.
            let again = try open()
            #expect(again.remembered.home != nil && !again.remembered.isSettled)
            await again.close()
        }
    }

    @Test("cut at any byte: what was whole before is there, and nothing is taken for more than it is")
    func torn() async throws {
        try await write()
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let all = try #require(LogMemoryFormat.parse(whole))
        #expect(all.length == whole.count && !all.isDamaged)
        for length in LogMemoryFormat.header.count..<whole.count {
            let cut = try #require(LogMemoryFormat.parse(Array(whole[..<length])))
            #expect(!cut.isDamaged && cut.length <= length && cut.frames.count < all.frames.count, "cut at \(length)")
        }
        for length in 1..<LogMemoryFormat.header.count {
            #expect(LogMemoryFormat.parse(Array(whole[..<length])) == nil)
        }
    }

    @Test("with a bit flipped anywhere it is damaged, or lacks no more than its last frame")
    func flipped() async throws {
        try await write()
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let all = try #require(LogMemoryFormat.parse(whole)).frames.count
        for place in whole.indices {
            for bit in 0..<8 {
                var bytes = whole
                bytes[place] ^= 1 << bit
                guard let found = LogMemoryFormat.parse(bytes) else { continue }
                #expect(found.isDamaged || found.frames.count == all - 1, "byte \(place) bit \(bit)")
            }
        }
        // A record in the middle: nobody can tell what was behind it.
        var bytes = whole
        bytes[whole.count / 2] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let memory = try open()
        #expect(memory.remembered.home != nil && !memory.remembered.isSettled)
        await memory.close()
    }

    @Test("the newest thousand that are in the log are kept, and each that is not")
    func trimmed() async throws {
        let memory = try open()
        _ = await memory.begin("redis A", settled: true, member: 1)
        _ = await memory.keep(record(0))
        for nonce in 1...2100 as ClosedRange<UInt64> {
            memory.keep(record(nonce)) { _ in }
            memory.confirm(nonce: nonce, at: Position(epoch: 1, n: nonce))
        }
        await memory.close()
        let again = try open()
        let own = again.remembered.own
        #expect(own.first?.record.nonce == 0 && own.first?.position == nil)
        #expect(own.last?.record.nonce == 2100 && (1001...2001).contains(own.count))
        await again.close()
    }

    @Test("a folder that is not there or takes no files is told with its name", arguments: ["missing", "/proc/self"])
    func unusable(name: String) {
        let path = (name.hasPrefix("/") ? name : folder.path + "/" + name) + "/fleet.journal"
        #expect { try open(path) } throws: { "\($0)".contains(path) }
    }

    @Test("two processes never share one; after close nothing is kept, and that is said")
    func closed() async throws {
        let memory = try open()
        #expect(throws: JournalError.self) { try open() }
        await memory.close()
        #expect(await memory.keep(record(1)) != nil)
        await (try open()).close()
    }
}

extension LogMemoryFile {
    fileprivate func begin(_ home: String, settled: Bool, member: UInt64) async -> LogFailure? {
        await withCheckedContinuation { done in
            begin(home: home, isSettled: settled, member: member) { done.resume(returning: $0) }
        }
    }

    fileprivate func keep(_ record: InvalidationRecord) async -> LogFailure? {
        await withCheckedContinuation { done in keep(record) { done.resume(returning: $0) } }
    }

    fileprivate func note(_ mark: AppliedMark) async -> LogFailure? {
        await withCheckedContinuation { done in note(mark, synced: true) { done.resume(returning: $0) } }
    }

    fileprivate func close() async { await withCheckedContinuation { done in close { done.resume() } } }
}

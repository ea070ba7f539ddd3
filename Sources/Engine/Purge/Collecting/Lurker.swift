internal import CacheModel
internal import Invalidation
internal import MemoryTier
internal import Synchronization

/// Takes out of memory and disk what a record has made dead and nobody asks for any more, so that the room comes back.
/// One walk after the other, each a page at a time; none while no record came since the last one began. Redis forgets by
/// itself: every entry there has an expiry.
final class Lurker: Sendable {
    /// Entries a page and milliseconds between pages, of each partition: 25,600 a second in memory, 320 a second on disk.
    private static let memoryPage = (entries: 256, pause: Int64(10))
    private static let diskPage = (entries: 16, pause: Int64(50))
    /// How often a quiet log is looked at.
    private static let idle: Int64 = 1000

    private let counts = Mutex<[TierName: UInt64]>([:])
    var collected: [TierName: UInt64] { counts.withLock { $0 } }

    /// Goes on as long as the engine lives.
    func start(_ engine: Engine, on loop: any EngineLoop) {
        for partition in engine.partitions {
            if let memory = partition.memory { walk(memory, Weak(engine), Walk(head: nil), on: loop) }
            for setup in partition.slower {
                guard let tier = setup.tier as? any WalkableTier else { continue }
                walk(tier, Weak(engine), Walk(head: nil), on: loop)
            }
        }
    }

    private struct Weak: Sendable {
        weak let engine: Engine?
        init(_ engine: Engine) { self.engine = engine }
    }

    /// A walk under way, or the one that ended last.
    private struct Walk: Sendable {
        var cursor: UInt64 = 0
        /// What the log had when the walk began; nil: there was none yet.
        var head: Position?

        /// Goes on, begins again, or says that there is nothing to do.
        mutating func continues(_ engine: Engine) -> Bool {
            if cursor != 0 { return true }
            let now = engine.table.position
            guard head != now, now.n > 0 else { return false }
            head = now
            return true
        }
    }

    private func walk(_ memory: MemoryTier, _ owner: Weak, _ walk: Walk, on loop: any EngineLoop) {
        guard let engine = owner.engine else { return }
        var walk = walk
        guard walk.continues(engine) else {
            return later(Self.idle, on: loop) { [walk] in self.walk(memory, owner, walk, on: loop) }
        }
        let (entries, next) = memory.page(cursor: walk.cursor, limit: Self.memoryPage.entries)
        walk.cursor = next ?? 0
        sweep(entries[...], of: memory, owner, on: loop) { [walk] in self.walk(memory, owner, walk, on: loop) }
    }

    /// Judges the entries, some at a time, and goes on with `next`.
    private func sweep(
        _ entries: ArraySlice<StoredResponse>, of memory: MemoryTier, _ owner: Weak, on loop: any EngineLoop,
        _ next: @escaping @Sendable () -> Void
    ) {
        guard let engine = owner.engine else { return }
        var rest = entries
        engine.visitRow(of: &rest) { entry in
            guard engine.judge(entry) == .gone else { return true }
            let removed = memory.remove(
                hash: memory.hash(entry.key), key: entry.key, selection: entry.selection, entryID: entry.meta.entryID)
            if removed { count(.memory) }
            return true
        }
        guard !rest.isEmpty else { return later(Self.memoryPage.pause, on: loop, next) }
        later(Self.memoryPage.pause, on: loop) { [rest] in self.sweep(rest, of: memory, owner, on: loop, next) }
    }

    private func walk(_ tier: any WalkableTier, _ owner: Weak, _ walk: Walk, on loop: any EngineLoop) {
        guard let engine = owner.engine else { return }
        var begun = walk
        guard begun.continues(engine) else {
            return later(Self.idle, on: loop) { self.walk(tier, owner, walk, on: loop) }
        }
        tier.page(cursor: begun.cursor, limit: Self.diskPage.entries, on: loop) { [begun] entries, next in
            guard let engine = owner.engine else { return }
            for entry in entries where engine.judge(entry) == .gone {
                tier.remove(entry.key, entryID: entry.meta.entryID, on: loop) { removed in
                    if removed == true { self.count(tier.name) }
                }
            }
            var begun = begun
            begun.cursor = next ?? 0
            self.later(Self.diskPage.pause, on: loop) { [begun] in self.walk(tier, owner, begun, on: loop) }
        }
    }

    private func later(_ milliseconds: Int64, on loop: any EngineLoop, _ work: @escaping @Sendable () -> Void) {
        _ = loop.schedule(afterMilliseconds: milliseconds, work)
    }

    private func count(_ tier: TierName) { counts.withLock { $0[tier, default: 0] += 1 } }
}

extension Engine {
    /// Judges what a tier told without its body.
    func judge(_ entry: TierEntry) -> Verdict {
        judge(
            entry.key.primary, tags: entry.tags, tagsCut: entry.meta.tagsCut, asOf: entry.meta.asOf,
            localNumber: entry.meta.instance == instance ? entry.meta.localNumber : 0)
    }
}

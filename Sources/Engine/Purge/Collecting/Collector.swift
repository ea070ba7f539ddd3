internal import CacheModel
internal import Invalidation
internal import MemoryTier

/// Takes entries of named keys that a record has made invalid out of the tiers. Garbage collection: the record alone
/// makes the purge true; this frees the room at once and gives the counts.
final class Collector: @unchecked Sendable {
    // Safe because everything mutable is touched on `loop` only: the tiers call back there.

    private let engine: Engine
    private let loop: any EngineLoop
    private let done: @Sendable ([TierName: Int]) -> Void
    /// Whatever is there goes, whether a record says so or not.
    private let isForced: Bool
    /// Entries removed, or made stale, by tier.
    private var counts: [TierName: Int] = [:]
    private var unfinished = 1

    private init(
        engine: Engine, loop: any EngineLoop, isForced: Bool, _ done: @escaping @Sendable ([TierName: Int]) -> Void
    ) {
        self.isForced = isForced
        self.engine = engine
        self.loop = loop
        self.done = done
    }

    /// Collects every variant of these keys, and calls back on `loop` with how many entries were found by tier.
    /// - Parameter isForced: of a record that could not be written: what is here goes without it.
    static func collect(
        _ keys: [CacheKey], engine: Engine, loop: any EngineLoop, isForced: Bool = false,
        _ done: @escaping @Sendable ([TierName: Int]) -> Void
    ) {
        let collector = Collector(engine: engine, loop: loop, isForced: isForced, done)
        for key in keys {
            guard let partition = engine.partition(of: key) else { continue }
            if let memory = partition.memory { collector.collect(key, from: memory) }
            collector.collect(key, from: partition.partials)
            for setup in partition.slower { collector.visit(TierKey(primary: key), in: setup.tier) }
        }
        collector.finishOne()
    }

    private func collect(_ key: CacheKey, from memory: MemoryTier) {
        key.bytes.withUnsafeBytes { bytes in
            let hash = memory.hash(bytes)
            for response in memory.variants(hash: hash, key: bytes) {
                switch isForced ? .gone : engine.judge(response) {
                case .gone:
                    let removed = memory.remove(
                        hash: hash, key: bytes, selection: response.selection, entryID: response.meta.entryID)
                    if removed { counts[.memory, default: 0] += 1 }
                case .stale: counts[.memory, default: 0] += 1
                case .valid, .unknown: break
                }
            }
        }
    }

    /// What is stored of a body in parts is in memory too.
    private func collect(_ key: CacheKey, from partials: PartialStore) {
        guard let parts = partials.find(key) else { return }
        switch isForced ? .gone : engine.verdict(parts, key: key) {
        case .gone:
            partials.remove(key)
            counts[.memory, default: 0] += 1
        case .stale: counts[.memory, default: 0] += 1
        case .valid, .unknown: break
        }
    }

    private func visit(_ key: TierKey, in tier: any Tier) {
        unfinished += 1
        tier.read(key, on: loop) { read in
            if case .hit(let record) = read { self.found(record, key, in: tier) }
            self.finishOne()
        }
    }

    private func found(_ record: Record, _ key: TierKey, in tier: any Tier) {
        switch record {
        case .variants(let index):
            // A list under a selection is none that Strata wrote.
            guard key.selection.isEmpty else { return }
            for selection in index.selections { visit(TierKey(primary: key.primary, selection: selection), in: tier) }
        case .response(let response):
            switch isForced ? .gone : engine.judge(response) {
            case .gone:
                unfinished += 1
                tier.remove(key, entryID: response.meta.entryID, on: loop) { removed in
                    if removed == true { self.counts[tier.name, default: 0] += 1 }
                    self.finishOne()
                }
            case .stale: counts[tier.name, default: 0] += 1
            case .valid, .unknown: break
            }
        }
    }

    private func finishOne() {
        unfinished -= 1
        if unfinished == 0 { done(counts) }
    }
}

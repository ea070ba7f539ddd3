import CacheModel
import Eviction
import HTTPMessage
import MemoryTier
import Synchronization

/// The memory tier behind the protocol of the slower ones. The engine calls it by name, so that a hit costs no dynamic
/// call; here it shows that it keeps the same promises, and how little a tier has to do. Lists of variants are the
/// business of tiers that can't walk their variants: they are kept beside it.
final class MemoryAsTier: Tier {
    /// Entries get their own time to live out of the tier's cap.
    private static let cap: Int64 = 1 << 32

    private struct State {
        var isClosed = false
        var lists: [TierKey: VariantIndex] = [:]
    }

    private let memory = MemoryTier(
        .init(capacity: 16 << 20, policy: .adaptive, maxObject: 2 << 20, shards: 2, maxTTL: cap))
    private let state = Mutex(State())
    private let clock: @Sendable () -> Timestamp

    init(clock: @escaping @Sendable () -> Timestamp) { self.clock = clock }

    var name: TierName { .memory }
    var maxObject: Int { memory.configuration.maxObject }

    func read(_ key: TierKey, on loop: any EngineLoop, _ done: @escaping @Sendable (TierRead) -> Void) {
        let (isClosed, list) = state.withLock { ($0.isClosed, $0.lists[key]) }
        guard !isClosed else { return loop.execute { done(.unavailable(.closed)) } }
        if let list { return loop.execute { done(.hit(.variants(list))) } }
        let found = key.primary.bytes.withUnsafeBytes { primary in
            let (hash, now) = (memory.hash(primary), clock())
            _ = memory.lookup(hash: hash, key: primary, now: now)
            return memory.variants(hash: hash, key: primary, now: now)
                .first { $0.selection.elementsEqual(key.selection) }
        }
        loop.execute { done(found.map { .hit(.response($0)) } ?? .miss) }
    }

    func write(
        _ record: Record, key: TierKey, ttlMilliseconds: Int64, on loop: any EngineLoop,
        _ done: @escaping @Sendable (TierWrite) -> Void
    ) {
        let outcome: TierWrite = state.withLock { state in
            guard !state.isClosed else { return .dropped(.closed) }
            switch record {
            case .variants(let index):
                state.lists[key] = index
                return .stored
            case .response(let response):
                let start = Timestamp(seconds: clock().seconds + ttlMilliseconds / 1000 - Self.cap)
                switch memory.insert(response, hash: memory.hash(response.key), now: start) {
                case .stored: return .stored
                case .superseded: return .superseded
                case .tooLarge: return .dropped(.tooLarge)
                }
            }
        }
        loop.execute { done(outcome) }
    }

    func remove(
        _ key: TierKey, entryID: UInt64?, on loop: any EngineLoop, _ done: @escaping @Sendable (Bool?) -> Void
    ) {
        let removed = key.primary.bytes.withUnsafeBytes { primary in
            let hash = memory.hash(primary)
            let there = memory.variants(hash: hash, key: primary).first { $0.selection.elementsEqual(key.selection) }
            guard let there else { return false }
            return memory.remove(
                hash: hash, key: primary, selection: there.selection, entryID: entryID ?? there.entryID)
        }
        loop.execute { done(removed) }
    }

    func statistics() -> TierStatistics { memory.statistics() }

    func shutdown(withinMilliseconds bound: Int64, _ done: @escaping @Sendable () -> Void) {
        state.withLock { $0.isClosed = true }
        done()
    }
}

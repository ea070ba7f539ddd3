package import CacheModel
package import Logging
package import NIOCore

/// L2: records in a Redis that all instances share. Every call on loop `i` goes over the connections of
/// `eventLoops[i]`, pipelined, and is answered on loop `i`; a call back may come before the call returns.
///
/// Keys are `{prefix}e:` and the 32 hex digits of `TierKey.digest`, each with an expiry. Values are `RecordCodec`
/// bytes and untrusted: what does not decode, or is another key's, is a miss and a counter, and stays where it is.
package final class RedisTier: Tier {
    package let name = TierName.redis
    package let maxObject: Int

    let configuration: RedisTierConfiguration
    let slots: [LoopSlot]
    private let node: Node

    /// - Parameters:
    ///   - configuration: must pass `validated()`.
    ///   - eventLoops: at `i` the loop that `EngineLoop` number `i` wraps.
    package init(_ configuration: RedisTierConfiguration, eventLoops: [any EventLoop], logger: Logger) {
        precondition(!eventLoops.isEmpty, "a tier needs a loop")
        precondition((try? configuration.validated()) != nil, "an invalid configuration reached the Redis tier")
        self.configuration = configuration
        maxObject = configuration.maxObject
        let node = Node(configuration, eventLoops: eventLoops, logger: logger)
        self.node = node
        slots = node.links.map { LoopSlot(links: $0, configuration: configuration) }
    }

    /// Begins to connect, in the background and again and again. Until it is connected operations are answered
    /// `.disconnected` at once.
    package func start() { node.start() }

    private func slot(for loop: any EngineLoop) -> LoopSlot { slots[loop.index % slots.count] }

    package func read(_ key: TierKey, on loop: any EngineLoop, _ done: @escaping @Sendable (TierRead) -> Void) {
        let slot = slot(for: loop)
        slot.run { deadline in
            slot.read(key, deadline: deadline) { result in answer(result, on: loop, done) }
        }
    }

    package func write(
        _ record: Record, key: TierKey, ttlMilliseconds: Int64, on loop: any EngineLoop,
        _ done: @escaping @Sendable (TierWrite) -> Void
    ) {
        let slot = slot(for: loop)
        slot.run { deadline in
            slot.write(record, key: key, ttlMilliseconds: ttlMilliseconds, deadline: deadline) { result in
                answer(result, on: loop, done)
            }
        }
    }

    package func remove(
        _ key: TierKey, entryID: UInt64?, on loop: any EngineLoop, _ done: @escaping @Sendable (Bool?) -> Void
    ) {
        let slot = slot(for: loop)
        slot.run { deadline in
            slot.remove(key, entryID: entryID, deadline: deadline) { result in answer(result, on: loop, done) }
        }
    }

    package func shutdown(withinMilliseconds bound: Int64, _ done: @escaping @Sendable () -> Void) {
        node.shutdown(withinMilliseconds: bound, done)
    }

    package func statistics() -> TierStatistics {
        var sum = Counters.Values()
        for slot in slots { sum.add(slot.counters.snapshot) }
        var statistics = TierStatistics()
        statistics.state =
            switch node.state {
            case .up: .up
            case .probing: .probing
            case .down: .down
            }
        statistics.hits = sum.hits
        statistics.misses = sum.misses
        statistics.writes = sum.writes
        statistics.removals = sum.removals
        statistics.failures = sum.failures
        let broken = node.health.counts.corruptConnections
        if broken > 0 { statistics.failures[.corrupt, default: 0] += broken }
        return statistics
    }

    /// What `TierStatistics` has no place for; a snapshot, any thread.
    package func details() -> RedisTierDetails {
        var sum = Counters.Values()
        for slot in slots { sum.add(slot.counters.snapshot) }
        let counts = node.health.counts
        return RedisTierDetails(
            corruptRecords: sum.corruptRecords, superseded: sum.superseded, connects: counts.connects,
            losses: counts.losses, corruptConnections: counts.corruptConnections, lateReplies: counts.lateReplies)
    }
}

/// Counters of the Redis tier alone; they only grow.
package struct RedisTierDetails: Sendable, Equatable {
    /// Values that were no record of their key, by reason.
    package var corruptRecords: [RecordError: UInt64]
    /// Writes that found a newer record.
    package var superseded: UInt64
    /// Connections that came to stand, and those of them that were lost.
    package var connects: UInt64
    package var losses: UInt64
    /// Connections closed because of bytes that are no acceptable reply.
    package var corruptConnections: UInt64
    /// Replies to operations that had run out of time.
    package var lateReplies: UInt64
}

private func answer<Value: Sendable>(
    _ value: Value, on loop: any EngineLoop, _ done: @escaping @Sendable (Value) -> Void
) {
    if loop.isCurrent { done(value) } else { loop.execute { done(value) } }
}

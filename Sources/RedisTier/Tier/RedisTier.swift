package import CacheModel
package import Logging
package import NIOCore

/// L2: records in a Redis that all instances share. Every call on loop `i` goes over the connections of
/// `eventLoops[i]`, pipelined, and is answered on loop `i`; a call back may come before the call returns.
///
/// Keys are those of `KeyNames`, each with an expiry. Values are `RecordCodec`
/// bytes and untrusted: what does not decode, or is another key's, is a miss and a counter, and stays where it is.
package final class RedisTier: Tier {
    package let name = TierName.redis
    package let maxObject: Int

    let configuration: RedisTierConfiguration
    let slots: [LoopSlot]
    /// Shared with whoever else speaks to this Redis (`KeyConnection`).
    package let servers: RedisServers
    /// False: what is counted of the servers is told by another.
    private let ownsServers: Bool
    /// Random; names this process in leases.
    let holder = UInt64.random(in: 1 ... .max)

    /// - Parameters:
    ///   - configuration: what is wrong with it is thrown.
    ///   - eventLoops: at `i` the loop that `EngineLoop` number `i` wraps.
    package init(
        _ configuration: RedisTierConfiguration, eventLoops: [any EventLoop], logger: Logger
    ) throws(RedisConfigurationError) {
        precondition(!eventLoops.isEmpty, "a tier needs a loop")
        let servers = try RedisServers(configuration, eventLoops: eventLoops, logger: logger)
        self.configuration = configuration
        self.servers = servers
        maxObject = configuration.maxObject
        ownsServers = true
        slots = Self.slots(configuration, servers, eventLoops)
    }

    /// The keys of a partition in the same Redis, over the same connections: `{prefix}p:NAME:` comes before them in place
    /// of `{prefix}`. It counts for itself; its servers are started and shut down by `whole`.
    package init(partition name: String, of whole: RedisTier, eventLoops: [any EventLoop]) {
        var configuration = whole.configuration
        configuration.prefix += "p:\(name):"
        self.configuration = configuration
        servers = whole.servers
        ownsServers = false
        maxObject = whole.maxObject
        slots = Self.slots(configuration, servers, eventLoops)
    }

    private static func slots(
        _ configuration: RedisTierConfiguration, _ servers: RedisServers, _ eventLoops: [any EventLoop]
    ) -> [LoopSlot] {
        eventLoops.enumerated().map { index, eventLoop in
            LoopSlot(
                route: KeyRoute(servers: servers, loopIndex: index, eventLoop: eventLoop),
                configuration: configuration)
        }
    }

    /// Begins to connect, in the background and again and again. Until it is connected operations are answered
    /// `.disconnected` at once.
    package func start() { servers.start() }

    func slot(for loop: any EngineLoop) -> LoopSlot { slots[loop.index % slots.count] }

    package func read(_ key: TierKey, on loop: any EngineLoop, _ done: @escaping @Sendable (TierRead) -> Void) {
        let slot = slot(for: loop)
        guard slot.isCurrent else {
            return slot.run { deadline in
                slot.read(key, deadline: deadline) { result in answer(result, on: loop, done) }
            }
        }
        slot.read(key, deadline: slot.deadline) { result in answer(result, on: loop, done) }
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

    package func writeBehind(
        _ record: Record, key: TierKey, ttlMilliseconds: Int64, on loop: any EngineLoop,
        _ done: @escaping @Sendable (TierWrite) -> Void
    ) {
        let slot = slot(for: loop)
        let more = max(0, configuration.behindMilliseconds - configuration.timeoutMilliseconds)
        slot.run { deadline in
            slot.write(record, key: key, ttlMilliseconds: ttlMilliseconds, deadline: deadline + more) { result in
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
        guard ownsServers else { return done() }
        servers.shutdown(withinMilliseconds: bound, done)
    }

    package func statistics() -> TierStatistics {
        var sum = Counters.Values()
        for slot in slots { sum.add(slot.counters.snapshot) }
        var statistics = TierStatistics()
        statistics.state =
            switch servers.best {
            case .up: .up
            case .probing: .probing
            case .down: .down
            }
        statistics.hits = sum.hits
        statistics.misses = sum.misses
        statistics.writes = sum.writes
        statistics.removals = sum.removals
        statistics.failures = sum.failures
        let broken = ownsServers ? servers.totals.snapshot.corruptConnections : 0
        if broken > 0 { statistics.failures[.corrupt, default: 0] += broken }
        statistics.details = details().counters
        return statistics
    }

    /// What `TierStatistics` has no place for; a snapshot, any thread.
    package func details() -> RedisTierDetails {
        var sum = Counters.Values()
        for slot in slots { sum.add(slot.counters.snapshot) }
        let counts = ownsServers ? servers.totals.snapshot : .init()
        return RedisTierDetails(
            corruptRecords: sum.corruptRecords, superseded: sum.superseded, connects: counts.connects,
            losses: counts.losses, corruptConnections: counts.corruptConnections, lateReplies: counts.lateReplies,
            redirections: counts.redirections, moves: counts.moves, leases: sum.leases)
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
    /// MOVED and ASK.
    package var redirections: UInt64
    /// Changes of the master, or of which servers have slots.
    package var moves: UInt64
    package var leases: LeaseCounts

    /// By the names that statistics show.
    var counters: [String: UInt64] {
        var counters = [
            "superseded": superseded, "connects": connects, "lost_connections": losses,
            "corrupt_connections": corruptConnections, "late_replies": lateReplies, "redirections": redirections,
            "moves": moves, "leases_granted": leases.granted, "leases_awaited": leases.held,
            "leases_filled": leases.filled, "leases_unavailable": leases.unavailable,
            "lease_timeouts": leases.timeouts,
        ]
        for (reason, count) in corruptRecords { counters["corrupt_\(reason.rawValue)"] = count }
        return counters
    }
}

func answer<Value: Sendable>(
    _ value: Value, on loop: any EngineLoop, _ done: @escaping @Sendable (Value) -> Void
) {
    if loop.isCurrent { done(value) } else { loop.execute { done(value) } }
}

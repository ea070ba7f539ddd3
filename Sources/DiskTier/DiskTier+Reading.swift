package import CacheModel
internal import Synchronization

/// Looking up.
extension DiskTier {
    package func read(_ key: TierKey, on loop: any EngineLoop, _ done: @escaping @Sendable (TierRead) -> Void) {
        let reply = Reply<TierRead>(on: loop, abandoned: .unavailable(.closed), done)
        guard !closed.load(ordering: .relaxed) else { return unavailable(.closed, reply) }
        guard let slot = store.index[key.digest.low], Int64(slot.expirySeconds) * 1_000 > store.now() else {
            counters.miss()
            reply.finish(.miss)
            return
        }
        guard reading.admit() else { return unavailable(.breakerOpen, reply) }
        if loadCached(key, slot, reply) { return }
        reply.limit(milliseconds: configuration.readMilliseconds) { [reading, counters] in
            // A device that doesn't answer is as good as one that fails.
            reading.timedOut()
            counters.failed(.timeout)
            return .unavailable(.timeout)
        }
        let queued = readers.submit { [self] in
            guard reply.isOpen else { return }
            load(key, slot, reply)
        }
        if !queued { unavailable(.queueFull, reply) }
    }

    /// What is in the page cache is read at once: to hand it to a reader and back costs more. On the caller's loop.
    private func loadCached(_ key: TierKey, _ slot: IndexSlot, _ reply: Reply<TierRead>) -> Bool {
        switch store.readCached(key, slot) {
        case .unknown: return false
        case .none:
            reading.came(nil)
            if reply.finish(.miss) { counters.miss() }
        case .record(let record):
            reading.came(nil)
            store.index.markHit(slot.digest, at: slot.place)
            if reply.finish(.hit(record)) { counters.hit() }
        }
        return true
    }

    private func unavailable(_ failure: TierFailure, _ reply: Reply<TierRead>) {
        counters.failed(failure)
        reply.finish(.unavailable(failure))
    }

    /// On a reader.
    private func load(_ key: TierKey, _ slot: IndexSlot, _ reply: Reply<TierRead>) {
        do throws(FileFailure) {
            let record = try store.read(key, slot) { reader, length, checksums in
                FileBody(
                    reader, length: length, checksums: checksums, workers: readers,
                    budget: configuration.pieceMilliseconds
                ) { [self] failure in pieceFailed(failure, slot) }
            }
            reading.came(nil)
            guard let record else {
                if reply.finish(.miss) { counters.miss() }
                return
            }
            store.index.markHit(slot.digest, at: slot.place)
            if reply.finish(.hit(record)) { counters.hit() }
        } catch {
            reading.came(error)
            counters.failed(error.tierFailure)
            guard error.tierFailure == .corrupt else {
                reply.finish(.unavailable(error.tierFailure))
                return
            }
            store.index.remove(slot.digest, at: slot.place)
            if reply.finish(.miss) { counters.miss() }
        }
    }

    private func pieceFailed(_ failure: FileFailure, _ slot: IndexSlot) {
        counters.failed(failure.tierFailure)
        if failure.isDeviceFault { reading.came(failure) }
        if failure.tierFailure == .corrupt { store.index.remove(slot.digest, at: slot.place) }
    }
}

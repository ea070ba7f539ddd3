package import CacheModel
internal import Synchronization

/// Looking up.
extension DiskTier {
    package func read(_ key: TierKey, on loop: any EngineLoop, _ done: @escaping @Sendable (TierRead) -> Void) {
        let reply = Reply<TierRead>(on: loop, abandoned: .unavailable(.closed), done)
        guard !closed.load(ordering: .relaxed) else { return unavailable(.closed, reply) }
        guard let slot = slot(of: key) else {
            reply.finish(.miss, counting: counters.miss)
            return
        }
        guard reading.admit() else { return unavailable(.breakerOpen, reply) }
        if loadCached(key, slot, reply) { return }
        reply.limit(milliseconds: configuration.readMilliseconds, .unavailable(.timeout)) { [reading, counters] in
            // A device that doesn't answer is as good as one that fails.
            reading.timedOut()
            counters.failed(.timeout)
        }
        let queued = readers.submit { [self] in
            guard reply.isOpen else { return }
            load(key, slot, reply)
        }
        if !queued { unavailable(.queueFull, reply) }
    }

    package func recordAtHand(_ key: TierKey) -> Record? {
        // A device in trouble is asked through `read`, where the breaker admits who tries it.
        guard !closed.load(ordering: .relaxed), reading.isQuiet, let slot = slot(of: key),
            case .record(let record) = store.readCached(key, slot)
        else { return nil }
        store.index.markHit(slot.digest, at: slot.place)
        counters.hit()
        return record
    }

    /// Where the index has the key's digest, unless that has expired.
    private func slot(of key: TierKey) -> IndexSlot? {
        guard let slot = store.index[key.digest.low], Int64(slot.expirySeconds) * 1_000 > store.now() else {
            return nil
        }
        return slot
    }

    /// What is in the page cache is read at once: to hand it to a reader and back costs more. On the caller's loop.
    private func loadCached(_ key: TierKey, _ slot: IndexSlot, _ reply: Reply<TierRead>) -> Bool {
        switch store.readCached(key, slot) {
        case .unknown: return false
        case .none:
            reading.came(nil)
            reply.finish(.miss, counting: counters.miss)
        case .record(let record):
            reading.came(nil)
            store.index.markHit(slot.digest, at: slot.place)
            reply.finish(.hit(record), counting: counters.hit)
        }
        return true
    }

    private func unavailable(_ failure: TierFailure, _ reply: Reply<TierRead>) {
        reply.finish(.unavailable(failure)) { counters.failed(failure) }
    }

    /// On a reader.
    private func load(_ key: TierKey, _ slot: IndexSlot, _ reply: Reply<TierRead>) {
        do throws(FileFailure) {
            let record = try store.read(key, slot) { reader, length, checksums in
                FileBody(
                    reader, length: length, checksums: checksums, workers: readers,
                    budget: configuration.pieceMilliseconds
                ) { [self] failure, cause in pieceFailed(failure, cause, slot) }
            }
            reading.came(nil)
            guard let record else {
                reply.finish(.miss, counting: counters.miss)
                return
            }
            store.index.markHit(slot.digest, at: slot.place)
            reply.finish(.hit(record), counting: counters.hit)
        } catch {
            reading.came(error)
            guard error.tierFailure == .corrupt else { return unavailable(error.tierFailure, reply) }
            counters.failed(.corrupt)
            store.index.remove(slot.digest, at: slot.place)
            reply.finish(.miss, counting: counters.miss)
        }
    }

    private func pieceFailed(_ failure: TierFailure, _ cause: FileFailure?, _ slot: IndexSlot) {
        counters.failed(failure)
        if failure == .timeout { reading.timedOut() }
        if let cause, cause.isDeviceFault { reading.came(cause) }
        if failure == .corrupt { store.index.remove(slot.digest, at: slot.place) }
    }
}

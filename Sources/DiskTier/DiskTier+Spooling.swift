package import CacheModel
internal import Synchronization

/// Bodies that are written while they arrive.
extension DiskTier {
    package func makeSpool(expectedLength: Int?) -> (any BodySpool)? {
        if let refusal = refusal(ofLength: expectedLength ?? 0) {
            counters.failed(refusal)
            return nil
        }
        return FileSpool(
            store.makeBody(), owner: ObjectIdentifier(self), space: store, writers: spoolers, readers: readers,
            limit: maxObject, expected: expectedLength, budget: configuration.pieceMilliseconds, breaker: writing,
            inFlight: inFlight
        ) { [counters] in counters.failed($0) }
    }

    private func refusal(ofLength length: Int) -> TierFailure? {
        if closed.load(ordering: .relaxed) { return .closed }
        if length > maxObject { return .tooLarge }
        return writing.admit() ? nil : .breakerOpen
    }

    package func refile(
        _ response: StoredResponse, replacing entryID: UInt64, key: TierKey, ttlMilliseconds: Int64,
        on loop: any EngineLoop, _ done: @escaping @Sendable (TierWrite) -> Void
    ) {
        let reply = writeReply(on: loop, done)
        guard ttlMilliseconds > 0, !closed.load(ordering: .relaxed) else {
            return dropped(closed.load(ordering: .relaxed) ? .closed : .refused, reply)
        }
        guard writing.admit() else { return dropped(.breakerOpen, reply) }
        let expiry = expiry(ttlMilliseconds)
        let ticket = Ticket(inFlight)
        let queued = writer.submit(cost: response.footprint) { [self] in
            writeBatch()
            settle(reply, ticket) { () throws(FileFailure) in
                try store.refile(response, replacing: entryID, key: key, expiry: expiry)
            }
        }
        if !queued { dropped(.queueFull, reply) }
    }

    package func commit(
        _ spool: any BodySpool, as response: StoredResponse, key: TierKey, ttlMilliseconds: Int64,
        on loop: any EngineLoop, _ done: @escaping @Sendable (TierWrite) -> Void
    ) {
        let reply = writeReply(on: loop, done)
        guard let spool = spool as? FileSpool, spool.owner == ObjectIdentifier(self), ttlMilliseconds > 0,
            !closed.load(ordering: .relaxed)
        else {
            // Another's may still be read; it goes with its last reader.
            return dropped(closed.load(ordering: .relaxed) ? .closed : .refused, reply)
        }
        let expiry = expiry(ttlMilliseconds)
        let ticket = Ticket(inFlight)
        spool.finish { [self] result in
            switch result {
            case .failure(let failure):
                // A spool whose writing failed was counted when it did.
                let isCounted = spool.hasFailed
                spool.discard()
                reply.finish(.dropped(failure)) { if !isCounted { counters.failed(failure) } }
            case .success(let written):
                let queued = writer.submitAlways { [self] in
                    writeBatch()
                    settle(reply, ticket) { () throws(FileFailure) in
                        try store.file(written, as: response, key: key, expiry: expiry)
                    }
                }
                guard !queued else { return }
                written.place.unlink()
                store.release(written.pieces.length)
                dropped(.closed, reply)
            }
        }
    }
}

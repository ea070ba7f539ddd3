package import CacheModel
internal import Synchronization

/// Filing and removing.
extension DiskTier {
    package func write(
        _ record: Record, key: TierKey, ttlMilliseconds: Int64, on loop: any EngineLoop,
        _ done: @escaping @Sendable (TierWrite) -> Void
    ) {
        let reply = writeReply(on: loop, done)
        if let refusal = refusal(of: record, ttlMilliseconds) { return dropped(refusal, reply) }
        let item = WriteBatch.Item(
            record: record, key: key, expiry: expiry(ttlMilliseconds), cost: Self.cost(of: record), reply: reply,
            ticket: Ticket(inFlight))
        switch batch.add(item, room: configuration.writeQueueBytes - writer.queued) {
        case .full: dropped(.queueFull, reply)
        case .further: break
        // When this turn of the loop is over: to wake the writer for each costs more than the writing.
        case .first: loop.execute { [self] in callWriter() }
        }
    }

    private func callWriter() {
        guard !writer.submitAlways({ [self] in writeBatch() }) else { return }
        for item in batch.take() { dropped(.closed, item.reply) }
    }

    private func refusal(of record: Record, _ ttl: Int64) -> TierFailure? {
        if closed.load(ordering: .relaxed) { return .closed }
        if case .response(let response) = record {
            if response.bodyLength > maxObject { return .tooLarge }
            // It lies in this tier already, or in another's file.
            if case .external = response.body { return .refused }
        }
        if ttl <= 0 { return .refused }
        return writing.admit() ? nil : .breakerOpen
    }

    private static func cost(of record: Record) -> Int {
        switch record {
        case .response(let response): response.footprint
        case .variants(let index): 256 + index.selections.reduce(0) { $0 + $1.count }
        }
    }

    package func remove(
        _ key: TierKey, entryID: UInt64?, on loop: any EngineLoop, _ done: @escaping @Sendable (Bool?) -> Void
    ) {
        let reply = Reply<Bool?>(on: loop, abandoned: nil, done)
        guard !closed.load(ordering: .relaxed) else {
            reply.finish(nil)
            return
        }
        reply.limit(milliseconds: configuration.writeMilliseconds, nil) { [writing, counters] in
            writing.timedOut()
            counters.failed(.timeout)
        }
        let ticket = Ticket(inFlight)
        // Queued behind the writes that were asked for before, or it would miss them.
        let queued = writer.submit(cost: 256) { [self] in
            writeBatch()
            defer { withExtendedLifetime(ticket) {} }
            do throws(FileFailure) {
                let removed = try store.remove(key, entryID: entryID)
                reply.finish(removed) { if removed { counters.removed() } }
            } catch {
                writing.came(error)
                reply.finish(nil) { counters.failed(error.tierFailure) }
            }
        }
        if !queued { reply.finish(nil) { counters.failed(.queueFull) } }
    }

    // MARK: What writes have in common

    func writeReply(on loop: any EngineLoop, _ done: @escaping @Sendable (TierWrite) -> Void) -> Reply<TierWrite> {
        let reply = Reply<TierWrite>(on: loop, abandoned: .dropped(.closed), done)
        patience.limit(reply, on: loop)
        return reply
    }

    func dropped(_ failure: TierFailure, _ reply: Reply<TierWrite>) {
        reply.finish(.dropped(failure)) { counters.failed(failure) }
    }

    /// Wall-clock milliseconds.
    func expiry(_ ttl: Int64) -> Int64 {
        let (sum, overflow) = store.now().addingReportingOverflow(ttl)
        return overflow ? .max : sum
    }

    /// Writes what was let in. On the writer, before whatever else it writes.
    func writeBatch() {
        var (frames, waiting): ([PreparedFrame], [WriteBatch.Item]) = ([], [])
        var bytes = 0
        func write() {
            let outcomes = store.file(frames)
            for (item, outcome) in zip(waiting, outcomes) {
                settle(item.reply, item.ticket) { () throws(FileFailure) in try outcome.get() }
            }
            (frames, waiting, bytes) = ([], [], 0)
        }
        for item in batch.take() {
            guard let frame = store.prepare(item.record, key: item.key, expiry: item.expiry) else {
                write()
                settle(item.reply, item.ticket) { () throws(FileFailure) in
                    try store.file(item.record, key: item.key, expiry: item.expiry)
                }
                continue
            }
            frames.append(frame)
            waiting.append(item)
            bytes += frame.header.frameLength
            if bytes >= SegmentLog.longestRun || frames.count >= Self.longestBatch { write() }
        }
        write()
    }

    /// The log is locked for so many small frames at most.
    private static let longestBatch = 256

    /// On the writer.
    func settle(_ reply: Reply<TierWrite>, _ ticket: Ticket, _ write: () throws(FileFailure) -> TierWrite) {
        let outcome: TierWrite
        do throws(FileFailure) {
            outcome = try write()
            writing.came(nil)
        } catch {
            writing.came(error)
            outcome = .dropped(error.tierFailure)
        }
        // One that took too long was counted as that.
        reply.finish(outcome) { counters.wrote(outcome) }
        withExtendedLifetime(ticket) {}
    }
}

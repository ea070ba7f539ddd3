internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
internal import MemoryTier
internal import NIOCore

/// What becomes of a complete answer: an entry in the tiers.
extension Flight {
    /// Files the complete body. Its readers see the end once the tiers with `write: through` have it.
    func fill(_ stored: StoredHead) {
        guard mayStore(stored) else {
            // Purged while it was on its way: who waits may have it (rule 3), nobody else. Readers that are behind keep
            // the spool alive.
            spool = nil
            endBody()
            return
        }
        if let spool {
            self.spool = nil
            fill(stored, from: spool)
        } else {
            let response = complete ?? stored.response(body: .chunk(ByteBuffer.exact(body.allBytes())))
            store(response, key: stored.key, varyNames: stored.varyNames, in: partition.slower[...]) {
                self.endBody()
            }
        }
    }

    /// Whether nothing has made it invalid while it was on its way.
    private func mayStore(_ stored: StoredHead) -> Bool {
        guard !isRevoked else { return false }
        return engine.judge(
            request.key, tags: stored.tags, tagsCut: stored.meta.tagsCut, asOf: stored.meta.asOf,
            localNumber: stored.meta.localNumber) != .gone
    }

    /// Puts the response into memory as its last byte comes, by the length that the origin gave.
    func completeInMemory(_ answer: FlightAnswer, last: ByteBuffer) {
        guard let stored = answer.stored, !isInvalidating, spool == nil, writes.storesInMemory,
            let memory = partition.memory, mayStore(stored)
        else { return }
        let response = stored.response(body: .chunk(ByteBuffer.exact(body.allBytes() + [last])))
        _ = memory.insert(response, hash: request.hash, now: engine.clock())
        complete = response
    }

    private func fill(_ stored: StoredHead, from spool: any BodySpool) {
        let response = stored.response(body: .chunk(ByteBuffer()))
        let filled = Countdown { self.endBody() }
        var isWaitedFor = false
        if diskPart == .spooled, let setup = partition.spooling, let disk = partition.spoolingTier {
            isWaitedFor = writes.mode(of: setup) == .through
            filled.add()
            let ttl = setup.capped(timeToKeep(response))
            let asked = ContinuousClock.now
            disk.commit(spool, as: response, key: stored.key, ttlMilliseconds: ttl, on: loop) { outcome in
                setup.meter.wrote(outcome, asked.duration(to: .now))
                if !stored.varyNames.isEmpty { self.list(response, stored.varyNames, in: setup) {} }
                filled.finishOne()
            }
        }
        filled.add()
        copy(spool, as: stored) { filled.finishOne() }
        // Who asks from now on joins this flight until the tiers have it; who waits has waited enough.
        if !isWaitedFor { body.end() }
        filled.finishOne()
    }

    /// Puts a body that went to a file as it came into the other tiers that take one of its size.
    private func copy(_ spool: any BodySpool, as stored: StoredHead, _ done: @escaping @Sendable () -> Void) {
        let length = body.total
        let others = partition.slower.filter { diskPart == .notAsked || $0.tier !== partition.spoolingTier }
        // The disk tier gets a copy with them, of a body for which its spool was not asked; but none is brought for it alone.
        guard takes(bytes: length, others.filter { $0.tier !== partition.spoolingTier }[...]) else {
            for setup in others where mayWrite(bytes: length, to: setup) { setup.meter.lostBody() }
            countRefusalOfMemory(bytes: length)
            return done()
        }
        gather(length, { spool.read(from: $0, count: $1, on: self.loop, $2) }) { chunks in
            guard let chunks, self.mayStore(stored) else { return done() }
            let response = stored.response(body: .chunk(ByteBuffer.exact(chunks)))
            self.store(response, key: stored.key, varyNames: stored.varyNames, in: others[...], done)
        }
    }

    private func endBody() {
        end { body.end() }
    }

    /// Puts a complete response into memory and these tiers; calls back once those with `write: through` have it.
    /// Returns whether memory has it or any of these was asked to take it.
    @discardableResult
    func store(
        _ response: StoredResponse, key: TierKey, varyNames: [[UInt8]], in tiers: ArraySlice<Engine.SlowTier>,
        _ done: @escaping @Sendable () -> Void
    ) -> Bool {
        var isOffered = false
        if let memory = partition.memory, response !== complete {
            if writes.storesInMemory {
                isOffered = memory.insert(response, hash: request.hash, now: engine.clock()) == .stored
            } else {
                partition.memoryMeter.rejectedByRule()
            }
        }
        let through = Countdown(done)
        // A position that this instance can't vouch for is no one else's to trust.
        let isBlind = engine.isBlind
        for setup in tiers where mayWrite(bytes: response.bodyLength, to: setup) {
            if isBlind, setup.tier.name == .redis {
                setup.meter.rejected(.blind)
                continue
            }
            isOffered = true
            let waits = writes.mode(of: setup) == .through
            if waits { through.add() }
            // Other instances look for the entry once the lease is given back: not before it is there.
            let lease = setup.tier === partition.leasingTier ? self.lease.take() : nil
            let end: @Sendable () -> Void = {
                if let lease { self.partition.leasingTier?.release(lease, on: self.loop) }
                if waits { through.finishOne() }
            }
            setup.write(response, key: key, ttlMilliseconds: timeToKeep(response), waits: waits, on: loop) { outcome in
                guard outcome == .stored, !varyNames.isEmpty else { return end() }
                self.list(response, varyNames, in: setup, waits: waits, end)
            }
        }
        through.finishOne()
        return isOffered
    }

    /// Whether memory or any of these tiers would take a response with a body of so many bytes.
    func takes(bytes: Int, _ tiers: ArraySlice<Engine.SlowTier>) -> Bool {
        if let memory = partition.memory, writes.storesInMemory, bytes <= memory.configuration.maxObject { return true }
        return tiers.contains { writes.mode(of: $0) != .off && bytes <= $0.tier.maxObject }
    }

    /// The same; where none would, so that the body need not be brought, each is told why.
    func isWanted(bytes: Int, by tiers: ArraySlice<Engine.SlowTier>) -> Bool {
        if takes(bytes: bytes, tiers) { return true }
        for setup in tiers { _ = mayWrite(bytes: bytes, to: setup) }
        countRefusalOfMemory(bytes: bytes)
        return false
    }

    /// Counts why memory does not take a body of so many bytes, if it does not.
    func countRefusalOfMemory(bytes: Int) {
        guard let memory = partition.memory else { return }
        if !writes.storesInMemory {
            partition.memoryMeter.rejectedByRule()
        } else if bytes > memory.configuration.maxObject {
            memory.refuseTooLarge(hash: request.hash)
        }
    }

    /// Whether a response with a body of so many bytes is offered to the tier; what is not, is counted.
    func mayWrite(bytes: Int, to setup: Engine.SlowTier) -> Bool {
        guard setup.write != .off else { return false }
        if writes.mode(of: setup) == .off {
            setup.meter.rejected(.rule)
            return false
        }
        guard bytes <= setup.tier.maxObject else {
            setup.meter.rejected(.tooLarge)
            return false
        }
        return true
    }

    /// How long a slower tier keeps it: while it is fresh, may be served stale, or may be confirmed by the origin.
    func timeToKeep(_ response: StoredResponse) -> Int64 {
        let freshness = response.meta.freshness
        let stale = Int64(max(freshness.staleWhileRevalidate, freshness.staleIfError))
        let validatable = response.etag.isEmpty && response.meta.lastModified == nil ? 0 : FillLimits.validatableSeconds
        return (max(0, freshness.timeToLive(at: engine.clock())) + max(stale, validatable)) * 1000
    }
}

enum FillLimits {
    /// A response with a validator stays in Redis and on disk this long after it went stale.
    static let validatableSeconds: Int64 = 3600
    /// A list of variants outlives those that are on it, as far as the tier keeps anything that long.
    static let listMilliseconds: Int64 = 30 * 86_400_000
}

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
        guard let disk = partition.spoolingTier,
            let setup = partition.slower.first(where: { $0.tier === disk }),
            mayWrite(bytes: body.total, to: setup)
        else {
            endBody()
            return
        }
        let response = stored.response(body: .chunk(ByteBuffer()))
        let ttl = setup.capped(timeToKeep(response))
        let asked = ContinuousClock.now
        disk.commit(spool, as: response, key: stored.key, ttlMilliseconds: ttl, on: loop) { outcome in
            setup.meter.wrote(outcome, asked.duration(to: .now))
            if !stored.varyNames.isEmpty { self.list(response, stored.varyNames, in: setup) {} }
            self.endBody()
        }
    }

    private func endBody() {
        end { body.end() }
    }

    /// Puts a complete response into memory and these tiers; calls back once those with `write: through` have it.
    func store(
        _ response: StoredResponse, key: TierKey, varyNames: [[UInt8]], in tiers: ArraySlice<Engine.SlowTier>,
        _ done: @escaping @Sendable () -> Void
    ) {
        if let memory = partition.memory, response !== complete, writes.storesInMemory {
            _ = memory.insert(response, hash: request.hash, now: engine.clock())
        }
        let through = Countdown(done)
        // A position that this instance can't vouch for is no one else's to trust.
        let isBlind = engine.isBlind
        for setup in tiers where mayWrite(bytes: response.bodyLength, to: setup) {
            if isBlind, setup.tier.name == .redis { continue }
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
    }

    /// Whether a response with a body of so many bytes is offered to the tier; what is not, is counted.
    private func mayWrite(bytes: Int, to setup: Engine.SlowTier) -> Bool {
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

    /// Adds a variant to its URL's list in that tier.
    private func list(
        _ response: StoredResponse, _ names: [[UInt8]], in setup: Engine.SlowTier, waits: Bool = true,
        _ done: @escaping @Sendable () -> Void
    ) {
        let primary = TierKey(primary: request.key)
        let selection = Array(response.selection)
        let ttl = timeToKeep(response)
        setup.tier.read(primary, on: loop) { read in
            var index = VariantIndex(
                asOf: response.meta.asOf, entryID: .random(in: 1 ... .max), fieldNames: names, selections: [selection])
            if case .hit(.variants(let present)) = read, present.fieldNames == names {
                index.selections += present.selections.filter { $0 != selection }
                index.selections = Array(index.selections.prefix(VariantIndex.maxSelections))
            }
            setup.file(.variants(index), key: primary, ttlMilliseconds: ttl, waits: waits, on: self.loop) { _ in done()
            }
        }
    }

    /// How long a slower tier keeps it: while it is fresh, may be served stale, or may be confirmed by the origin.
    private func timeToKeep(_ response: StoredResponse) -> Int64 {
        let freshness = response.meta.freshness
        let stale = Int64(max(freshness.staleWhileRevalidate, freshness.staleIfError))
        let validatable = response.etag.isEmpty && response.meta.lastModified == nil ? 0 : FillLimits.validatableSeconds
        return (max(0, freshness.timeToLive(at: engine.clock())) + max(stale, validatable)) * 1000
    }

    /// Copies a hit of a slower tier into the tiers above it.
    func promote(_ response: StoredResponse, from index: Int) {
        let setup = partition.slower[index]
        let rules = responseRules(status: Int(response.status), FieldBlock(lines: response.fields))
        switch rules.promotions.promotion(from: setup) {
        case .never: return
        case .always: break
        case .hits(let wanted): guard engine.promotions.hit(key) >= wanted else { return }
        }
        setup.meter.promotedHit()
        writes = rules.writes
        if case .external(let file) = response.body { return promote(response, of: file) }
        let names = Vary.names(selection: response.selection)
        let filed = TierKey(primary: request.key, selection: Array(response.selection))
        store(response, key: filed, varyNames: names, in: partition.slower[..<index]) {}
    }

    /// Reads a file's body into memory, if memory takes one of its size. Nobody waits for it.
    private func promote(_ response: StoredResponse, of file: any BodySource) {
        guard let memory = partition.memory, writes.storesInMemory,
            file.length <= memory.configuration.maxObject
        else { return }
        gather(file, []) { chunks in
            let copy = StoredResponse(
                meta: response.meta, key: self.request.key, selection: Array(response.selection),
                fields: Array(response.fields), etag: response.etagRange, tags: Array(response.tags),
                body: .chunk(ByteBuffer.exact(chunks)))
            _ = memory.insert(copy, hash: self.request.hash, now: self.engine.clock())
        }
    }

    private func gather(
        _ file: any BodySource, _ chunks: [ByteBuffer], _ done: @escaping @Sendable ([ByteBuffer]) -> Void
    ) {
        let offset = chunks.reduce(0) { $0 + $1.readableBytes }
        guard offset < file.length else { return done(chunks) }
        file.read(from: offset, count: 1 << 20, on: loop) { result in
            guard case .success(let bytes) = result, bytes.readableBytes > 0 else { return }
            self.gather(file, chunks + [bytes], done)
        }
    }

    // MARK: 304

    /// The origin said that the candidate is still what it has (RFC 9111 §4.3.4).
    func confirmed(_ candidate: Candidate, by head: OriginHead, now: Timestamp) {
        let old = candidate.response
        // Rule 6: a purge after the entry's own request, by its old tags, beats the confirmation.
        let verdict = engine.judge(old)
        // It may have become unknown since it was chosen for confirmation.
        guard verdict != .gone, verdict != .unknown || old.hasStrongETag, !isRevoked else {
            return refetch()
        }
        let cleaned = Forwarding.responseFields(head.fields, stripCookies: request.caching.stripCookies)
        var stored = FieldBlock(lines: old.fields)
        // What rules set in it is not the origin's word; they set it again below.
        responseRules(status: Int(old.meta.status), stored).responseFields.removeAll(from: &stored)
        var fields = StoredFields.merge(stored: stored, from304: cleaned)
        if !fields.contains(.date) { fields.append(.date, HTTPDate.bytes(now)) }
        let site = engine.policy.sites[request.site]
        var tags = TagList(cleaned, site.tagFields)
        if tags.tags.isEmpty, !tags.cut {
            tags.tags = (RecordCodec.unpack(old.tags) ?? []).filter { !GroupTags.isGroup($0) }
            tags.cut = old.meta.tagsCut
        }
        let rules = responseRules(status: Int(old.meta.status), fields)
        writes = rules.writes
        tags.add(rules.tags)
        tags.add(GroupTags.tags(.cacheGroups, of: fields, key: request.key))
        let oldNumber = old.meta.instance == engine.instance ? old.meta.localNumber : 0
        if engine.judge(
            request.key, tags: StoredResponse.packTags(tags.tags), tagsCut: tags.cut, asOf: old.meta.asOf,
            localNumber: oldNumber) == .gone
        {
            return refetch()
        }
        let decision = Storability.decide(
            method: .get, requestFields: request.fields, status: Int(old.meta.status), responseFields: fields,
            requestTime: requestTime, responseTime: now, policy: rules.caching, confirming: old.meta.freshness)
        guard case .store(let facts) = decision else {
            // It may be used this once, for this request (RFC 9111 §4.3.3).
            finish(.stored(old, .revalidated(candidate.tier)))
            return
        }
        fields = forClients(fields, rules)
        StoredFields.remove(facts.withheldFields, from: &fields)
        let refreshed = StoredHead(
            key: key, primary: request.key, status: Int(old.meta.status), fields: fields, facts: facts, tags: tags,
            requestFields: request.fields, requestTime: requestTime, asOf: asOf!, instance: engine.instance,
            localNumber: localNumber)
        let response = refreshed.response(body: old.bodyForReuse)
        // Nothing more is wanted of the origin; tiers with `write: through` have it before anyone is told.
        state = .ended
        let done: @Sendable () -> Void = { self.finish(.stored(response, .revalidated(candidate.tier))) }
        if case .external = response.body {
            refile(response, replacing: old, key: refreshed.key, varyNames: refreshed.varyNames, done)
        } else {
            store(
                response, key: refreshed.key, varyNames: refreshed.varyNames, in: partition.slower[...], done)
        }
    }

    /// Gives a body in a file its new head. One whose selecting fields changed with the 304 serves this once.
    private func refile(
        _ response: StoredResponse, replacing old: StoredResponse, key: TierKey, varyNames: [[UInt8]],
        _ done: @escaping @Sendable () -> Void
    ) {
        guard let setup = partition.refilingTier, let disk = partition.spoolingTier,
            writes.mode(of: setup) != .off, key.selection.elementsEqual(old.selection)
        else { return done() }
        let through = Countdown(done)
        let waits = writes.mode(of: setup) == .through
        if waits { through.add() }
        let ttl = setup.capped(timeToKeep(response))
        let asked = ContinuousClock.now
        disk.refile(response, replacing: old.meta.entryID, key: key, ttlMilliseconds: ttl, on: loop) { outcome in
            setup.meter.wrote(outcome, asked.duration(to: .now))
            let end: @Sendable () -> Void = { if waits { through.finishOne() } }
            guard outcome == .stored, !varyNames.isEmpty else { return end() }
            self.list(response, varyNames, in: setup, end)
        }
        through.finishOne()
    }

    /// Takes out a stored response in whose place the origin now has one that may not be stored.
    func discard(_ candidate: Candidate) {
        let old = candidate.response
        if let memory = partition.memory {
            _ = request.key.bytes.withUnsafeBytes {
                memory.remove(hash: request.hash, key: $0, selection: old.selection, entryID: old.meta.entryID)
            }
        }
        let key = TierKey(primary: request.key, selection: Array(old.selection))
        for setup in partition.slower { setup.tier.remove(key, entryID: old.meta.entryID, on: loop) { _ in } }
    }

    func refetch() {
        guard case .fetching(let transfer) = state else { return }
        transfer.cancel()
        candidate = nil
        guard !hasRefetched else {
            finish(.lookAgain)
            return
        }
        hasRefetched = true
        fetch()
    }
}

enum FillLimits {
    /// A response with a validator stays in Redis and on disk this long after it went stale.
    static let validatableSeconds: Int64 = 3600
}

extension StoredResponse {
    /// A 304 to it says that the bytes are the same (RFC 9110 §8.8.1).
    var hasStrongETag: Bool { !etag.isEmpty && !etag.starts(with: "W/".utf8) }

    /// The same body for another entry.
    fileprivate var bodyForReuse: StoredBody {
        switch body {
        case .inline: .chunk(ByteBuffer.exact(count: inlineBody.count) { $0.copyMemory(from: inlineBody) })
        case .chunk, .external: body
        }
    }
}

/// Calls back once, when everything that was added has finished, and the one that it starts with.
private final class Countdown: @unchecked Sendable {
    // Safe because a flight uses it on its own loop only.
    private var count = 1
    private let done: @Sendable () -> Void

    init(_ done: @escaping @Sendable () -> Void) { self.done = done }

    func add() { count += 1 }

    func finishOne() {
        count -= 1
        if count == 0 { done() }
    }
}

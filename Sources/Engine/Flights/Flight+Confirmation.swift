internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
internal import MemoryTier
internal import NIOCore

/// What becomes of a stored response that the origin was asked to confirm.
extension Flight {
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

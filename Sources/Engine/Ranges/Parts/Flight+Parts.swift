internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
internal import NIOCore

/// A 206 on its way to the client that asked for it is kept beside that (RFC 9111 §3.3).
extension Flight {
    /// What keeps the part, if it may be kept: the origin says which part of what it is, and it is the part that was
    /// asked for; a strong entity tag names the version; the response as a whole would be stored, by the origin's own
    /// word of freshness, for everyone alike.
    func partRecorder(_ head: OriginHead, fields: FieldBlock, now: Timestamp) -> PartRecorder? {
        guard head.status == 206, head.framing != .none, request.method == .get, request.upload == .none,
            let contentRange = ContentRange.parse(fields), let completeLength = contentRange.completeLength,
            contentRange.range.count <= partition.partials.maxPart,
            RangeSet.parse(request.fields)?.resolve(length: completeLength) == .part(contentRange.range),
            let etag = fields.first(.etag), EntityTag.isStrong(fields.value(etag))
        else { return nil }
        var isFramed = false
        if case .length(let length) = head.framing {
            guard Int(exactly: length) == contentRange.range.count else { return nil }
            isFramed = true
        }
        var whole = fields
        whole.remove(.contentRange)
        let rules = responseRules(status: 200, whole)
        let decision = Storability.decide(
            method: .get, requestFields: request.fields, status: 200, responseFields: whole, requestTime: requestTime,
            responseTime: now, policy: rules.caching)
        guard case .store(let facts) = decision, facts.vary.names.isEmpty, facts.withheldFields.isEmpty,
            !facts.freshness.rules.contains(.guessed), facts.freshness.timeToLive(at: now) > 0
        else { return nil }
        let stored = storedHead(
            status: 200, fields: whole, clean: forClients(whole, rules), facts: facts, rules: rules)
        return PartRecorder(stored, contentRange, completeLength: completeLength, isFramed: isFramed)
    }

    /// Takes a piece of the body, before the client gets it.
    func recordPart(_ bytes: ByteBuffer) {
        guard part != nil else { return }
        if part?.append(bytes) == false { part = nil }
        if part?.isWhole == true { filePart() }
    }

    /// Files what was recorded, if it is the whole part.
    func filePart() {
        if let part = part?.finish() { file(part) }
        part = nil
    }

    /// Files a part that has come whole; what is complete by it becomes an ordinary response.
    private func file(_ part: PartialResponse) {
        guard !isRevoked, isValid(part) else { return }
        let all = partition.partials.add(part, key: request.key) { self.isValid($0) }
        guard all.isComplete else { return }
        partition.partials.remove(request.key)
        let response = all.head.response(body: .chunk(ByteBuffer.exact(all.bytes(0..<all.completeLength))))
        store(response, key: all.head.key, varyNames: [], in: partition.slower[...]) {}
    }

    private func isValid(_ part: PartialResponse) -> Bool {
        engine.isValid(part, key: request.key)
    }
}

extension Engine {
    /// Whether no purge, soft or hard, came since the oldest of its parts was asked for.
    func isValid(_ part: PartialResponse, key: CacheKey) -> Bool { verdict(part, key: key) == .valid }

    func verdict(_ part: PartialResponse, key: CacheKey) -> Verdict {
        let meta = part.head.meta
        let verdict = judge(
            key, tags: part.head.tags, tagsCut: meta.tagsCut, asOf: meta.asOf, localNumber: meta.localNumber)
        return verdict != .gone && isBlind ? .unknown : verdict
    }
}

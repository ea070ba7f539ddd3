internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import NIOCore

/// A range answered from stored parts, the missing one fetched (RFC 9110 §15.3.7.3, RFC 9111 §3.4).
extension ProxyRequest {
    /// A part on its way that completes what is stored.
    struct Completion {
        var stored: PartialResponse
        /// What the client asked for.
        var range: Range<Int>
        /// What the origin was asked for.
        var missing: Range<Int>
    }

    /// Answers from stored parts, or begins to; false when there are none that help.
    func answerFromParts() -> Bool {
        guard let set = RangeSet.parse(request.fields), set.specs.count == 1, !hasOtherConditions,
            let stored = partition.partials.find(request.key)
        else { return false }
        guard engine.isValid(stored, key: request.key) else {
            partition.partials.remove(request.key)
            return false
        }
        let now = engine.clock()
        guard isFresh(stored, now: now), let range = range(of: stored, now: now) else { return false }
        if let missing = stored.missing(in: range) {
            complete(Completion(stored: stored, range: range, missing: missing))
        } else {
            send(stored, range, now: now)
        }
        return true
    }

    /// If-None-Match and If-Modified-Since are for the origin while only parts are there.
    private var hasOtherConditions: Bool {
        request.fields.contains(.ifNoneMatch) || request.fields.contains(.ifModifiedSince)
    }

    private func isFresh(_ stored: PartialResponse, now: Timestamp) -> Bool {
        let freshness = stored.head.meta.freshness
        if freshness.rules.contains(.alwaysValidate) { return false }
        let (directives, pragmaNoCache) = engine.wishes(request.fields, site: request.site)
        let decision = Reuse.decide(freshness, request: directives, pragmaNoCache: pragmaNoCache, now: now)
        if case .fresh = decision { return true }
        return false
    }

    /// The part that the client wants of this version; nil when it wants none of it.
    private func range(of stored: PartialResponse, now: Timestamp) -> Range<Int>? {
        let fields = stored.fieldBlock
        let date = fields.first(.date).flatMap { HTTPDate.parse(fields.value($0), now: now) }
        let selection = stored.etag.withUnsafeBytes {
            RangeSelection.decide(
                method: request.method, requestFields: request.fields, status: 200,
                validators: RangeValidators(etag: $0, lastModified: stored.head.meta.lastModified, date: date),
                length: stored.completeLength, now: now)
        }
        guard case .part(let range) = selection else { return nil }
        return range
    }

    private func send(_ stored: PartialResponse, _ range: Range<Int>, now: Timestamp) {
        guard let client else { return }
        let freshness = stored.head.meta.freshness
        let fields = PartialFields.single(stored.fieldBlock, range, completeLength: stored.completeLength)
        client.sendHead(
            AnswerHead(
                status: 206, fields: .block(fields), length: .exactly(range.count), age: freshness.age(at: now),
                cacheStatus: CacheStatus(
                    hit: true, ttl: freshness.timeToLive(at: now), detail: TierName.memory.rawValue),
                result: .hit, tier: .memory))
        for bytes in stored.bytes(range) { _ = client.sendBody(bytes) }
        finish()
    }

    /// Asks for what is missing, and for nothing if the version is another now: then the whole comes (RFC 9110
    /// §13.1.5).
    private func complete(_ completion: Completion) {
        self.completion = completion
        var asked = request
        asked.isForwardedWhole = true
        ConditionalRequest.removeConditions(&asked.fields)
        let missing = completion.missing
        asked.fields.append(.range, "bytes=\(missing.lowerBound)-\(missing.upperBound - 1)")
        asked.fields.append(.ifRange, completion.stored.etag)
        let flight = Flight(
            key: TierKey(primary: request.key), request: asked, engine: engine, loop: loop, isSolo: true,
            skipsTiers: true)
        self.flight = flight
        isFollower = false
        flight.add(self, leads: true)
        flight.start()
    }

    /// The origin's answer to `complete`. True when it is dealt with.
    func completed(by answer: FlightAnswer) -> Bool {
        guard let completion else { return false }
        self.completion = nil
        guard answer.status == 206 || answer.status == 416 else { return false }
        let stored = completion.stored
        let part = ContentRange(completion.missing, completeLength: stored.completeLength)
        let isSame = answer.fields.first(.etag).map { answer.fields.value($0) == stored.etag } ?? false
        guard answer.status == 206, isSame, ContentRange.parse(answer.fields) == part,
            answer.length == nil || answer.length == completion.missing.count
        else {
            // Bytes of two versions are never mixed: all from the beginning.
            partition.partials.remove(request.key)
            flight?.leave(self)
            fetchAsAsked()
            return true
        }
        send(answer, completing: completion)
        return true
    }

    private func send(_ answer: FlightAnswer, completing completion: Completion) {
        guard let client else { return }
        guard let reader = answer.body.join() else { return fetchAsAsked() }
        let (range, missing, stored) = (completion.range, completion.missing, completion.stored)
        let fields = PartialFields.single(answer.fields, range, completeLength: stored.completeLength)
        client.sendHead(
            AnswerHead(
                status: 206, fields: .block(fields), length: .exactly(range.count),
                cacheStatus: CacheStatus(fwd: .partial, fwdStatus: 206, stored: answer.isKept), result: .miss))
        let before = stored.bytes(range.lowerBound..<missing.lowerBound)
        let after = stored.bytes(missing.upperBound..<range.upperBound)
        sendBody(
            of: answer.body, reader: reader,
            parts: before.map { .bytes($0) } + [.body(0..<missing.count)] + after.map { .bytes($0) })
    }
}

extension PartialResponse {
    fileprivate var fieldBlock: FieldBlock { head.fields.withUnsafeBytes { FieldBlock(lines: $0) } }
}

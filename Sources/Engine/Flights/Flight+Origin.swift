internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
internal import Logging
internal import NIOCore
internal import Synchronization

/// The origin's part of a flight.
extension Flight: OriginHandler {
    func fetch() {
        guard candidate?.verdict == .unknown, !hasTurn else { return askOrigin() }
        engine.validations.enter(server) {
            if self.loop.isCurrent { self.turnCame() } else { self.loop.execute { self.turnCame() } }
        }
    }

    private var server: OriginServer { engine.policy.sites[request.site].server }

    private func turnCame() {
        hasTurn = true
        // Whoever it was made for may have gone.
        guard case .walking = state, !isSolo || !followers.isEmpty else { return end() }
        askOrigin()
    }

    /// The origin has spoken, or won't: the next may ask it.
    func endTurn() {
        guard hasTurn else { return }
        hasTurn = false
        engine.validations.leave(server)
    }

    private func askOrigin() {
        // Rule 1: read before the request is handed over, so that a purge in between counts.
        let stamp = engine.table.stamp
        localNumber = engine.table.nextLocalNumber()
        let position = engine.table.position
        asOf = position
        let now = Sent(stamp: stamp, asOf: position, localNumber: localNumber, time: engine.bootTime)
        sent.withLock { $0 = now }
        requestTime = engine.clock()
        engine.originRequests.add(1, ordering: .relaxed)
        let site = engine.policy.sites[request.site]
        var fields = Forwarding.requestFields(request.fields, context: request.forwarding)
        request.rules?.requestFields.apply(to: &fields)
        if !request.isForwardedWhole {
            ConditionalRequest.removeConditions(&fields)
            if let candidate, isConfirmable(candidate) {
                let response = candidate.response
                ConditionalRequest.setValidators(
                    &fields, etag: response.etag, lastModified: response.meta.lastModified)
            } else if candidate?.verdict == .unknown {
                candidate = nil
            }
        }
        let origin = OriginRequest(
            server: site.server, method: request.methodBytes, target: request.target, fields: fields,
            body: request.upload,
            mayRetry: site.retriesIdempotent && request.method.isIdempotent && request.upload == .none)
        let transfer = engine.components.upstream.fetch(origin, on: loop, handler: self)
        state = .fetching(transfer)
        for piece in heldUpload { transfer.send(piece) }
        heldUpload = []
        if uploadEnded { transfer.finishBody() }
    }

    /// Whether a 304 may bring it back: an unknown entry needs a strong entity tag (invalidation.md, "Words").
    private func isConfirmable(_ candidate: Candidate) -> Bool {
        let response = candidate.response
        // A body in a file is the disk tier's: it takes the new head.
        if case .external = response.body, partition.refilingTier == nil { return false }
        switch candidate.verdict {
        case .gone: return false
        case .unknown: return response.hasStrongETag
        case .valid, .stale: return !response.etag.isEmpty || response.meta.lastModified != nil
        }
    }

    func didReceiveInterim(status: Int, fields: FieldBlock) {
        guard let leader else { return }
        let clean = Forwarding.responseFields(fields, stripCookies: request.caching.stripCookies)
        if leader.loop.isCurrent {
            leader.flightReceivedInterim(status: status, fields: clean)
        } else {
            leader.loop.execute { leader.flightReceivedInterim(status: status, fields: clean) }
        }
    }

    func didReceiveHead(_ head: OriginHead, beginning: ByteBuffer) {
        self.beginning = beginning
        didReceiveHead(head)
        self.beginning = nil
    }

    /// Before anyone is told of the answer, so that its head and what there is of its body go out together.
    func takeBeginning() {
        if let bytes = beginning.take() { didReceiveBody(bytes) }
    }

    func didReceiveHead(_ head: OriginHead) {
        guard case .fetching(let transfer) = state else { return }
        endTurn()
        let now = engine.clock()
        if let candidate {
            switch RevalidationOutcome.decide(
                status: head.status, fields: head.fields, storedETag: candidate.response.etag,
                storedLastModified: candidate.response.meta.lastModified, now: now)
            {
            case .freshened: return confirmed(candidate, by: head, now: now)
            case .mismatched: return refetch()
            case .failed where mayServeOnError(candidate):
                transfer.cancel()
                return finish(.stored(candidate.response, .staleOnError(candidate.tier, originStatus: head.status)))
            case .failed, .replaced: break
            }
        }
        var fields = Forwarding.responseFields(head.fields, stripCookies: request.caching.stripCookies)
        if !fields.contains(.date) { fields.append(.date, HTTPDate.bytes(now)) }
        let rules = responseRules(status: head.status, fields)
        writes = rules.writes
        let decision = Storability.decide(
            method: request.method, requestFields: request.fields, status: head.status, responseFields: fields,
            requestTime: requestTime, responseTime: now, policy: rules.caching, target: request.postTarget)
        var answer = answer(head, fields: fields)
        switch decision {
        case .store(let facts) where request.method == .post && partition.canStore:
            answer.fields = forClients(fields, rules)
            answer.withheld = facts.withheldFields
            sharePost(
                answer,
                storedHead(status: head.status, fields: fields, clean: answer.fields, facts: facts, rules: rules),
                transfer)
        // What a body asked for is not what the URL alone names (attacks.md 14, "fat GET").
        case .store(let facts) where partition.canStore && request.upload == .none:
            answer.fields = forClients(fields, rules)
            answer.withheld = facts.withheldFields
            answer.stored = storedHead(
                status: head.status, fields: fields, clean: answer.fields, facts: facts, rules: rules)
            share(answer, transfer)
        case .store, .refuse:
            if decision.isRefusal, head.status != 206, let candidate { discard(candidate) }
            if case .refuse(let refusal) = decision { answer.refusal = refusal.rawValue }
            answer.fields = forClients(fields, rules)
            part = partRecorder(head, fields: fields, now: now)
            answer.isKept = part != nil
            compareWithStored(head)
            pass(answer, transfer, decision)
        }
    }

    private func answer(_ head: OriginHead, fields: FieldBlock) -> FlightAnswer {
        var length: Int?
        if case .length(let declared) = head.framing { length = Int(exactly: declared) }
        let hasBody = head.framing != .none
        if !hasBody, let line = head.fields.first(.contentLength) {
            // The answer to a HEAD says what a GET would get.
            length = Int(String(decoding: head.fields.value(line), as: UTF8.self))
        }
        return FlightAnswer(
            status: head.status, reason: head.reason, fields: fields, length: length, hasBody: hasBody, body: body,
            stored: nil, asOf: asOf!, why: candidate != nil ? .stale : missedVariant ? .varyMiss : .uriMiss,
            originTime: max(0, engine.clock().milliseconds - requestTime.milliseconds))
    }

    /// What the site's rules say of an answer.
    func responseRules(status: Int, _ fields: @autoclosure () -> FieldBlock) -> ResponseRules {
        request.rules?.decide(status: status, fields: fields()) ?? ResponseRules(caching: request.caching)
    }

    /// - Parameter clean: the fields as clients get them.
    func storedHead(
        status: Int, fields: FieldBlock, clean: FieldBlock, facts: StoreFacts, rules: ResponseRules
    ) -> StoredHead {
        let site = engine.policy.sites[request.site]
        var kept = clean
        StoredFields.remove(facts.withheldFields, from: &kept)
        var tags = TagList(fields, site.tagFields)
        if tags.cut { engine.cutTagLists.wrappingAdd(1, ordering: .relaxed) }
        tags.add(rules.tags)
        tags.add(GroupTags.tags(.cacheGroups, of: fields, key: request.key))
        return StoredHead(
            key: key, primary: request.key, status: status, fields: kept, facts: facts, tags: tags,
            requestFields: request.fields, requestTime: requestTime, asOf: asOf!, instance: engine.instance,
            localNumber: localNumber)
    }

    /// What clients and the store get: without the fields that speak to this cache alone, without tags unless the site
    /// shows them, and with what the site's rules set.
    func forClients(_ fields: FieldBlock, _ rules: ResponseRules) -> FieldBlock {
        let site = engine.policy.sites[request.site]
        let names = site.exposesTags ? [] : site.tagFields
        func isWithheld(_ line: FieldBlock.Line) -> Bool {
            CacheControl.isConsumed(line.name) || names.contains { $0.names(line, of: fields) }
        }
        var kept = fields
        if fields.lines.contains(where: isWithheld) { kept.remove(where: isWithheld) }
        rules.responseFields.apply(to: &kept)
        return kept
    }

    private func share(_ answer: FlightAnswer, _ transfer: any OriginTransfer) {
        engine.uncacheable.clear(request.hash)
        if answer.stored?.meta.freshness.rules.contains(.guessed) == false {
            engine.uncacheable.clear(request.personalHash)
        }
        // The whole comes: parts of what was before are of no more use.
        partition.partials.remove(request.key)
        state = .streaming(transfer, answer)
        releaseLease(ifLongerThanTier: answer.length ?? 0)
        var answer = answer
        if !takes(bytes: answer.length ?? 0, partition.slower[...]) {
            // Who asks for it meanwhile shares it all the same.
            answer.refusal = (takes(bytes: 0, partition.slower[...]) ? TierReject.tooLarge : .rule).rawValue
            state = .streaming(transfer, answer)
        }
        if let length = answer.length, length > FlightLimits.retained { beginSpooling(expected: length) }
        takeBeginning()
        guard case .streaming(_, let settled) = state else { return }
        if !settled.hasBody || settled.length == 0 { completeInMemory(settled, last: ByteBuffer()) }
        resolve(.shared(settled))
        if settled.stored == nil { resolution = .fetchYourself }
    }

    private func pass(_ answer: FlightAnswer, _ transfer: any OriginTransfer, _ decision: StoreDecision) {
        releaseLease()
        if decision.isRefusal, request.method == .get, !request.isForwardedWhole {
            // That nobody guesses a lifetime for credentials says nothing of requests without.
            let isForPersonal = request.isPersonal && decision == .refuse(.noFreshness)
            engine.uncacheable.set(
                isForPersonal ? request.personalHash : request.hash, asOf: answer.asOf, now: engine.clock())
        }
        state = .streaming(transfer, answer)
        body.pass(on: loop) { [weak self] in self?.drained() }
        takeBeginning()
        if UnsafeMethods.invalidates(method: request.method, status: answer.status) {
            // The client may look at what it changed as soon as it has the answer (RFC 9111 §4.4).
            UnsafeMethodInvalidation.run(request, fields: answer.fields, engine: engine, loop: loop) { _ in
                self.handOver(answer)
            }
        } else {
            handOver(answer)
        }
    }

    private func handOver(_ answer: FlightAnswer) {
        resolve(resolution == nil ? .passing(answer) : .fetchYourself)
        // Whoever comes now makes a flight of its own.
        if !isSolo { engine.flights.remove(self)?.start() }
        if answer.hasBody, body.isAbandoned { abandon() }
    }

    /// The readers of a passing body have taken what there was, or have gone.
    func drained() {
        guard case .streaming(let transfer, _) = state else { return }
        if body.isAbandoned { abandon() } else { transfer.resume() }
    }

    private func abandon() {
        guard case .streaming(let transfer, _) = state else { return }
        transfer.cancel()
        end()
    }

    func didReceiveBody(_ bytes: ByteBuffer) {
        recordPart(bytes)
        appendToSpool(bytes)
        guard case .streaming(let transfer, let answer) = state else { return }
        if body.total + bytes.readableBytes == answer.length { completeInMemory(answer, last: bytes) }
        if body.append(bytes) { transfer.pause() }
        releaseLease(ifLongerThanTier: body.total)
        if answer.stored != nil, spool == nil, body.total > FlightLimits.retained { beginSpooling(expected: nil) }
    }

    func didFinish() {
        guard case .streaming(_, let answer) = state else { return }
        guard !isInvalidating else {
            endedWhileInvalidating = true
            return
        }
        guard let stored = answer.stored else {
            filePart()
            end { body.end() }
            return
        }
        fill(stored)
    }

    func didFail(_ failure: OriginFailure) {
        engine.originFailures.add(1, ordering: .relaxed)
        engine.logger.info(
            "the origin failed",
            metadata: [
                "reason": "\(failure.kind.rawValue)", "origin": "\(engine.policy.sites[request.site].server.url)",
            ])
        switch state {
        case .fetching:
            if let candidate, mayServeOnError(candidate) {
                finish(.stored(candidate.response, .staleOnError(candidate.tier, originStatus: nil)))
            } else {
                finish(.failed(.origin(failure, stale: candidate != nil)))
            }
        case .streaming:
            // Readers that are behind keep the spool until they reach the break.
            spool = nil
            end { body.fail(failure) }
        case .waiting, .walking, .ended:
            break
        }
    }

    func canSendMore() { leader?.flightWantsMore() }

    private func mayServeOnError(_ candidate: Candidate) -> Bool {
        engine.mayServeOnError(candidate.response, to: request.fields, site: request.site)
    }
}

enum FlightLimits {
    /// While this instance is blind, a request joins a flight that asked the origin no longer ago than this.
    static let blindMilliseconds: Int64 = 1000
    /// A body that is to be stored stays in memory up to this many bytes while it arrives; beyond it goes to a file.
    static let retained = 8 << 20
}

extension StoreDecision {
    /// Whether it says something of the URL, and not only of this request.
    fileprivate var isRefusal: Bool {
        switch self {
        case .store, .refuse(.requestNoStore), .refuse(.authorization), .refuse(.method): false
        case .refuse: true
        }
    }
}

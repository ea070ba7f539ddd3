internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import NIOCore

/// Answers made of what a flight found.
extension ProxyRequest {
    // MARK: From the store

    func send(_ response: StoredResponse, _ origin: StoredOrigin) {
        let now = engine.clock()
        let view = StoredView(response, engine: engine, now: now)
        var head = view.head(isHead: isHead, requestFields: request.fields, method: request.method)
        var ranged: RangedAnswer?
        if head.status == 200, !isHead {
            ranged = RangedAnswer(response, requestFields: request.fields, method: request.method, now: now)
            ranged?.apply(to: &head)
        }
        switch origin {
        case .tier(let tier):
            head.tier = tier
            head.result = .hit
            head.cacheStatus = CacheStatus(hit: true, ttl: view.ttl, detail: tier.rawValue)
        case .staleWhileRevalidate(let tier):
            head.tier = tier
            head.result = .stale
            head.cacheStatus = CacheStatus(hit: true, ttl: view.ttl, detail: tier.rawValue)
        case .revalidated(let tier):
            head.tier = tier
            head.result = .revalidated
            head.cacheStatus = CacheStatus(
                fwd: plan.isOfRequest ? .request : .stale, fwdStatus: 304, stored: true, collapsed: isFollower,
                detail: tier.rawValue)
        case .staleOnError(let tier, let status):
            head.tier = tier
            head.result = .stale
            head.cacheStatus = CacheStatus(
                fwd: .stale, fwdStatus: status, collapsed: isFollower, detail: tier.rawValue)
        }
        send(head, bodyOf: response, parts: ranged?.segments)
    }

    /// - Parameter parts: what of the body is sent; nil: the whole.
    private func send(_ head: AnswerHead, bodyOf response: StoredResponse, parts: [BodySegment]?) {
        guard let client else { return }
        var head = head
        head.debug = debug?.fields(of: response, now: engine.clock())
        client.sendHead(head)
        guard case .exactly(let length) = head.length, length > 0 else { return finish() }
        if case .external(let file) = response.body { return sendBody(of: file, parts: parts) }
        if let parts {
            for part in parts {
                switch part {
                case .bytes(let bytes): _ = client.sendBody(bytes)
                case .body(let range): _ = client.sendBody(response.part(range))
                }
            }
            return finish()
        }
        switch response.body {
        case .inline:
            _ = client.sendBody(ByteBuffer(bytes: response.inlineBody))
            finish()
        case .chunk(let bytes):
            _ = client.sendBody(bytes)
            finish()
        case .external:
            break
        }
    }

    /// Sends a stale response of memory at once and has it confirmed behind the client's back.
    func sendStale(_ response: StoredResponse) {
        revalidate(response, .memory)
        send(response, .staleWhileRevalidate(.memory))
    }

    /// Has a stale response confirmed by the origin, by one flight at a time; nobody waits for it.
    func revalidate(_ response: StoredResponse, _ tier: TierName) {
        let key = TierKey(primary: request.key, selection: Array(response.selection))
        // A flight that found it in a slower tier goes by the URL alone and revalidates it already.
        guard key.selection.isEmpty || engine.flights.running(TierKey(primary: request.key)) == nil else { return }
        let candidate = Flight.Candidate(response: response, tier: tier, verdict: engine.judge(response))
        let entrance = engine.flights.enter(key, isUsable: { _ in true }) {
            Flight(key: key, request: request, engine: engine, loop: loop, skipsTiers: true, candidate: candidate)
        }
        if case .lead(let flight) = entrance { flight.start() }
    }

    // MARK: From the origin

    func send(_ answer: FlightAnswer) {
        guard let client else { return }
        var fields = answer.fields
        if isFollower { StoredFields.remove(answer.withheld, from: &fields) }
        var head = AnswerHead(
            status: answer.status, reason: answer.reason, fields: .block(fields), length: .unknown,
            cacheStatus: forwardedStatus(of: answer), result: result(of: answer))
        var parts: [BodySegment]?
        if answer.status == 200, !request.isForwardedWhole, isNotModified(answer) {
            head.status = 304
            head.reason = []
            head.fields = .block(Conditional.notModifiedFields(fields))
            head.length = .none
        } else if isHead {
            head.length = .ofHead(answer.length)
        } else if !answer.hasBody {
            head.length = answer.status == 204 || answer.status == 304 ? .none : .exactly(0)
        } else if let ranged = RangedAnswer(
            answer, fields: fields, requestFields: request.fields, method: request.method, now: engine.clock())
        {
            ranged.apply(to: &head)
            parts = ranged.segments
        } else if let length = answer.length {
            head.length = .exactly(length)
        }
        head.debug = debug?.fields(of: answer, now: engine.clock())
        guard head.length.isOfBody else {
            client.sendHead(head)
            // Without a reader the flight goes on only if it stores what comes.
            return finish()
        }
        // Since the flight told of it, on its loop, the body may have stopped being kept, and its beginning be gone.
        guard let reader = answer.body.join() else { return fetchAsAsked() }
        client.sendHead(head)
        sendBody(of: answer.body, reader: reader, parts: parts)
    }

    private func isNotModified(_ answer: FlightAnswer) -> Bool {
        let etag = answer.fields.first(.etag).map { Array(answer.fields.value($0)) } ?? []
        let lastModified = answer.fields.first(.lastModified).flatMap {
            HTTPDate.parse(answer.fields.value($0), now: engine.clock())
        }
        return etag.withUnsafeBytes { etag in
            Conditional.evaluate(
                method: request.method, requestFields: request.fields, etag: etag, lastModified: lastModified,
                date: engine.clock(), status: answer.status, now: engine.clock()) == .notModified
        }
    }

    private func result(of answer: FlightAnswer) -> CacheResult {
        if answer.stored == nil { return answer.isKept ? .miss : .pass }
        return isFollower ? .collapsed : .miss
    }

    private func forwardedStatus(of answer: FlightAnswer) -> CacheStatus {
        let reason: CacheStatus.Forward
        switch plan {
        case .pass(let why), .validate(_, let why): reason = why
        case .forward: reason = .request
        case .lookUp, .range, .tiersOnly: reason = answer.why
        }
        let isStored = answer.stored != nil && answer.refusal == nil
        return CacheStatus(
            fwd: reason, fwdStatus: isStored && answer.status == 200 ? nil : answer.status,
            stored: isStored || answer.isKept, collapsed: isFollower)
    }

    // MARK: Failures

    func send(_ failure: FlightFailure) {
        switch failure {
        case .notCached:
            send(
                SyntheticAnswer(
                    status: 504, text: "only-if-cached was asked for, and no tier has a fresh response",
                    detail: "only-if-cached"))
        case .origin(let failure, let stale):
            // What must be revalidated and can't be is 504 whatever went wrong (RFC 9111 §5.2.2.2).
            send(
                SyntheticAnswer(
                    status: failure.isTimeout || stale ? 504 : 502, text: "the origin failed: \(failure.text)",
                    detail: failure.kind.rawValue))
        }
    }

    func send(_ answer: SyntheticAnswer) {
        guard let client else { return }
        client.sendHead(answer.head(isHead: isHead))
        if !isHead { _ = client.sendBody(answer.body) }
        finish()
    }
}

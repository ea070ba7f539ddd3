internal import CacheModel
internal import HTTPCaching
internal import Invalidation
internal import Synchronization

/// Who waits for a flight, and what they are told.
extension Flight {
    /// Whether a request that arrived at this stamp of the table may be answered by this flight, as far as it can be told
    /// without the tags of the answer (invalidation.md rule 3). Any thread.
    func isUsable(arrival: UInt64) -> Bool {
        guard let sent = sent.withLock({ $0 }) else { return true }
        // Nobody can tell what was purged since: only a request that has just gone out is as good as one's own.
        if engine.isBlind, engine.bootTime > sent.time + FlightLimits.blindMilliseconds { return false }
        guard sent.stamp < arrival else { return true }
        return engine.judge(
            request.key, tags: [], tagsCut: false, asOf: sent.asOf, localNumber: sent.localNumber) == .valid
    }

    /// Whether something was published between the origin's being asked and the follower's arrival.
    private func isYounger(_ follower: any FlightFollower) -> Bool {
        sent.withLock { $0.map { follower.arrival > $0.stamp } ?? false }
    }

    /// Adds who waits. Any thread.
    func add(_ follower: any FlightFollower, leads: Bool = false) {
        guard loop.isCurrent else {
            loop.execute { self.add(follower, leads: leads) }
            return
        }
        if leads { leader = follower }
        guard let resolution else { return followers.append(follower) }
        switch fate(ofLatecomerTo: resolution) {
        case .share: tell(follower, resolution)
        case .wait: latecomers.append(follower)
        case .other(let other): tell(follower, other)
        }
    }

    private enum LatecomerFate {
        case share
        /// For the end, which is near.
        case wait
        case other(FlightResolution)
    }

    /// One request of the origin answers all who asked before its answer came. Whoever asks later gets that answer only
    /// as a cache may reuse it: while it is fresh, and not with `no-cache` (RFC 9111 §4). Else a client that has all of
    /// it and asks again would be told the same once more.
    private func fate(ofLatecomerTo resolution: FlightResolution) -> LatecomerFate {
        func mayReuse(_ freshness: Freshness) -> Bool {
            freshness.timeToLive(at: engine.clock()) > 0 && !freshness.rules.contains(.alwaysValidate)
        }
        switch resolution {
        case .shared(let answer):
            guard let stored = answer.stored, !mayReuse(stored.meta.freshness) else { return .share }
            if case .ended = state { return .other(.lookAgain) }
            let isWhole = !answer.hasBody || answer.length == body.total
            return isWhole ? .wait : .other(.fetchYourself)
        case .stored(let response, .revalidated):
            return mayReuse(response.meta.freshness) ? .share : .other(.lookAgain)
        case .stored, .passing, .fetchYourself, .lookAgain, .failed: return .share
        }
    }

    /// The follower's client has gone. Any thread.
    func leave(_ follower: any FlightFollower) {
        guard loop.isCurrent else {
            loop.execute { self.leave(follower) }
            return
        }
        followers.removeAll { $0 === follower }
        latecomers.removeAll { $0 === follower }
        if leader === follower { leader = nil }
        // Nobody else can come to a flight made for one request.
        if isSolo, followers.isEmpty, case .fetching(let transfer) = state {
            transfer.cancel()
            end()
        }
    }

    // MARK: Telling

    /// Settles the outcome for all who wait and all who will come. After a stale answer went out, the outcome of the
    /// revalidation behind it is for those who come from now on.
    func resolve(_ resolution: FlightResolution) {
        assert(loop.isCurrent, "a flight is used on its loop")
        self.resolution = resolution
        let waiting = followers
        followers = []
        for follower in waiting { tell(follower, resolution) }
    }

    private func tell(_ follower: any FlightFollower, _ resolution: FlightResolution) {
        var resolution = resolution
        switch resolution {
        case .shared(let answer):
            // Purged by a tag after the flight's request and before this one: rule 3.
            if isYounger(follower), !isValid(answer) { resolution = .lookAgain }
        case .passing:
            if follower !== leader { resolution = .fetchYourself }
        case .stored(let response, let origin):
            // Judged when it was found; this request may have come after a purge since then: rule 3.
            if !isValid(response, origin, for: follower) { resolution = .lookAgain }
        case .fetchYourself, .lookAgain, .failed:
            break
        }
        let told = resolution
        if follower.loop.isCurrent {
            follower.flightResolved(told)
        } else {
            follower.loop.execute { follower.flightResolved(told) }
        }
    }

    private func isValid(_ response: StoredResponse, _ origin: StoredOrigin, for follower: any FlightFollower) -> Bool {
        switch origin {
        case .tier: return engine.judge(response) == .valid
        case .staleWhileRevalidate, .staleOnError:
            let verdict = engine.judge(response)
            return verdict == .valid || verdict == .stale
        case .revalidated:
            // The origin's word is as old as the request to it.
            guard let asOf, isYounger(follower) else { return true }
            return engine.judge(
                request.key, tags: Array(response.tags), tagsCut: response.meta.tagsCut, asOf: asOf,
                localNumber: localNumber) == .valid
        }
    }

    private func isValid(_ answer: FlightAnswer) -> Bool {
        guard let stored = answer.stored else { return false }
        return engine.judge(
            request.key, tags: stored.tags, tagsCut: stored.meta.tagsCut, asOf: answer.asOf, localNumber: localNumber)
            == .valid
    }

    /// The flight has ended: who came after an answer that was not for them looks again.
    func dismissLatecomers() {
        let late = latecomers
        latecomers = []
        for follower in late { tell(follower, .lookAgain) }
    }
}

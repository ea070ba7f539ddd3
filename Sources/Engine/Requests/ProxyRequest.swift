internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
internal import MemoryTier
internal import NIOCore

/// One client request that was not answered from memory at once: joins or leads a flight and sends the client what
/// comes of it. Everything on the client's loop. `ProxyRequest+Answer.swift` makes the answers,
/// `ProxyRequest+Body.swift` sends bodies.
final class ProxyRequest: RequestTask, FlightFollower, @unchecked Sendable {
    // Safe because everything mutable is touched on `loop` only: the listener and the flights call there.

    let loop: any EngineLoop
    let engine: Engine
    var request: FlightRequest
    /// The client asked with HEAD.
    let isHead: Bool
    private(set) var plan: Plan
    private(set) var arrival: UInt64
    var client: (any ClientStream)?
    var flight: Flight?
    /// It waits for a flight that someone else leads.
    var isFollower = false
    var body: BodyState = .none
    /// Set when the client asked for the debug fields, and may.
    var debug: DebugReport?
    /// What comes after the present stretch of a body that is sent in parts.
    var segments: ArraySlice<BodySegment> = []
    /// Stored parts that the flight's answer completes.
    var completion: Completion?
    private var tries = 0
    /// Selecting fields that a flight found this URL to vary on.
    private var varyNames: [[UInt8]] = []

    /// How the request goes about it.
    enum Plan: Sendable {
        /// Look into the tiers, share a flight.
        case lookUp
        /// The same for a part of the body: nothing is fetched whole unless its size is known.
        case range
        /// A stored response may serve once the origin confirms it: it is stale, or the request wants it confirmed.
        case validate(Flight.Candidate, CacheStatus.Forward)
        /// The client asks for the origin's word: no tier is asked.
        case forward
        /// `only-if-cached`: tiers alone.
        case tiersOnly
        /// Not for the cache, for this reason.
        case pass(CacheStatus.Forward)
    }

    /// After so many flights that couldn't answer, it fetches by itself.
    private static let maxTries = 3

    init(
        _ request: FlightRequest, isHead: Bool, plan: Plan, engine: Engine, loop: any EngineLoop,
        client: any ClientStream
    ) {
        self.request = request
        self.isHead = isHead
        self.plan = plan
        self.engine = engine
        self.loop = loop
        self.client = client
        arrival = engine.table.stamp
    }

    var partition: Partition { engine.partitions[request.partition] }

    func begin() {
        if request.upload != .none { client?.wantBody() }
        switch plan {
        case .pass, .forward: fetchAlone(skipsTiers: true)
        case .tiersOnly, .validate: fetchAlone(skipsTiers: false)
        case .lookUp: lookUp()
        case .range: lookUpRange()
        }
    }

    /// The key as far as it is known: with the selection once a flight found out that the URL varies.
    var flightKey: TierKey {
        let selection = varyNames.isEmpty ? [] : Vary.selection(names: varyNames, request: request.fields)
        return TierKey(primary: request.key, selection: selection)
    }

    var isMarkedUncacheable: Bool {
        isMarked(request.hash) || request.isPersonal && isMarked(request.personalHash)
    }

    private func isMarked(_ hash: UInt64) -> Bool {
        guard let marked = engine.uncacheable.asOf(hash, now: engine.clock()) else { return false }
        return engine.judge(request.key, tags: [], tagsCut: false, asOf: marked, localNumber: 0) == .valid
    }

    /// - Parameter known: what the tiers have, when they were asked already.
    func lookUp(known: Flight.Candidate? = nil) {
        if isMarkedUncacheable { return fetchAsAsked() }
        let key = flightKey
        let arrival = self.arrival
        let entrance = engine.flights.enter(key, isUsable: { $0.isUsable(arrival: arrival) }) {
            Flight(
                key: key, request: request, engine: engine, loop: loop, skipsTiers: known != nil,
                candidate: known ?? memoryCandidate())
        }
        switch entrance {
        case .join(let flight):
            self.flight = flight
            isFollower = true
            flight.add(self)
        case .lead(let flight):
            self.flight = flight
            isFollower = false
            flight.add(self, leads: true)
            flight.start()
        case .leadNext(let flight):
            self.flight = flight
            isFollower = false
            flight.add(self, leads: true)
        }
    }

    /// What memory has of it, stale, for the origin to confirm.
    func memoryCandidate() -> Flight.Candidate? {
        guard let memory = partition.memory else { return nil }
        let found = request.key.bytes.withUnsafeBytes {
            memory.variants(hash: request.hash, key: $0, now: engine.clock())
        }
        for response in found where Vary.matches(selection: response.selection, request: request.fields) {
            let verdict = engine.judge(response)
            return verdict == .gone ? nil : Flight.Candidate(response: response, tier: .memory, verdict: verdict)
        }
        return nil
    }

    /// Fetches what is not to be stored, or not whole: as the client asked for it.
    func fetchAsAsked() {
        request.isForwardedWhole = true
        if isHead {
            request.method = .head
            request.methodBytes = Array("HEAD".utf8)
        }
        fetchAlone(skipsTiers: true)
    }

    private func fetchAlone(skipsTiers: Bool) {
        var candidate: Flight.Candidate?
        if case .validate(let known, _) = plan { candidate = known }
        let flight = Flight(
            key: TierKey(primary: request.key), request: request, engine: engine, loop: loop, isSolo: true,
            skipsTiers: skipsTiers || candidate != nil, tiersOnly: plan.isTiersOnly, candidate: candidate)
        self.flight = flight
        isFollower = false
        flight.add(self, leads: true)
        flight.start()
    }

    // MARK: What the flight says

    func flightResolved(_ resolution: FlightResolution) {
        guard client != nil else { return }
        switch resolution {
        case .stored(let response, .tier) where isGuessForOthers(response.meta.freshness),
            .stored(let response, .staleWhileRevalidate) where isGuessForOthers(response.meta.freshness):
            fetchInSpite()
        case .shared(let answer) where isFollower && answer.stored.map { isGuessForOthers($0.meta.freshness) } == true:
            fetchAsAsked()
        case .stored(let response, let origin):
            guard Vary.matches(selection: response.selection, request: request.fields) else {
                varyNames = Vary.names(selection: response.selection)
                return tryAgain()
            }
            send(asFound: response, origin)
        case .shared(let answer), .passing(let answer):
            if completed(by: answer) { return }
            if isFollower, let stored = answer.stored, !stored.varyNames.isEmpty,
                Vary.selection(names: stored.varyNames, request: request.fields) != stored.key.selection
            {
                varyNames = stored.varyNames
                return tryAgain()
            }
            if cannotCut(answer) { return fetchAsAsked() }
            send(answer)
        case .fetchYourself:
            fetchAsAsked()
        case .lookAgain:
            tryAgain()
        case .failed(.notCached) where plan.isRange:
            rangeNotCached()
        case .failed(.origin(_, stale: true)) where isFollower && asksForStaleOnError:
            // Whoever began the flight did not ask for it.
            if let known = memoryCandidate() { plan = .validate(known, .stale) }
            fetchAlone(skipsTiers: false)
        case .failed(let failure):
            send(failure)
        }
    }

    private var asksForStaleOnError: Bool {
        engine.wishes(request.fields, site: request.site).directives.staleIfError.map { $0 > 0 } ?? false
    }

    /// What a flight found without the origin suited whoever began it; this request may ask for more.
    private func send(asFound response: StoredResponse, _ origin: StoredOrigin) {
        switch origin {
        case .revalidated:
            send(response, origin)
        case .staleOnError:
            // Whoever began the flight may have asked for it, and not this request.
            if isFollower, !engine.mayServeOnError(response, to: request.fields, site: request.site) {
                fetchInSpite()
            } else {
                send(response, origin)
            }
        case .tier(let tier), .staleWhileRevalidate(let tier):
            if engine.isFresh(response, for: request.fields, site: request.site) {
                send(response, .tier(tier))
            } else if engine.mayServeWhileRevalidating(response, to: request.fields, site: request.site) {
                // The flight of a range looked into the tiers only: nobody revalidates yet.
                if plan.isRange, !isFollower { revalidate(response, tier) }
                send(response, .staleWhileRevalidate(tier))
            } else if plan.isTiersOnly {
                send(.notCached)
            } else if plan.isRange, !isFollower {
                rangeNotCached()
            } else {
                plan = .validate(
                    Flight.Candidate(response: response, tier: tier, verdict: engine.judge(response)),
                    engine.whyValidated(response))
                fetchAlone(skipsTiers: true)
            }
        }
    }

    /// Asks the origin, whatever is stored.
    private func fetchInSpite() {
        if plan.isRange { fetchAsAsked() } else { fetchAlone(skipsTiers: true) }
    }

    /// A guessed lifetime never applies to a request with credentials (design.md section 9, "Cookies").
    private func isGuessForOthers(_ freshness: Freshness) -> Bool {
        freshness.rules.contains(.guessed)
            && (request.fields.contains(.cookie) || request.fields.contains(.authorization))
    }

    private func tryAgain() {
        tries += 1
        if plan.isTiersOnly { return tries > Self.maxTries ? send(.notCached) : fetchAlone(skipsTiers: false) }
        if tries > Self.maxTries { return fetchInSpite() }
        if plan.isRange { lookUpRange() } else { lookUp() }
    }

    func flightReceivedInterim(status: Int, fields: FieldBlock) {
        client?.sendInterim(status: status, fields: fields)
    }

    func flightWantsMore() {
        uploaded = 0
        client?.resumeBody()
    }

    // MARK: What the client does

    func clientBody(_ bytes: ByteBuffer) {
        guard let ownFlight else { return }
        uploaded += bytes.readableBytes
        ownFlight.upload(bytes)
        // The transfer says when it has room again. It does for every half window that it was given since it last did,
        // so there is a word to come when more than that was given since the last word was heard.
        if uploaded > OriginRequest.uploadWindow { client?.pauseBody() }
    }

    /// Bytes given since the transfer last asked for more.
    private var uploaded = 0

    func clientBodyEnded() { ownFlight?.endUpload() }

    /// The flight that the request's body goes to: it was made for this request alone and runs on this loop. A shared one
    /// has no body to send, and may run on another loop.
    private var ownFlight: Flight? { request.upload == .none ? nil : flight }

    func clientCanTakeMore() { pump() }

    func clientGone() { release() }

    /// The answer is sent, or nobody wants it any more.
    func release() {
        client = nil
        if case .flight(let source, let reader, _, _) = body { source.removeReader(reader) }
        body = .none
        segments = []
        completion = nil
        flight?.leave(self)
        flight = nil
    }
}

extension ProxyRequest.Plan {
    fileprivate var isTiersOnly: Bool {
        if case .tiersOnly = self { true } else { false }
    }

    var isRange: Bool {
        if case .range = self { true } else { false }
    }

    /// What is stored was fresh, and the request would not have it.
    var isOfRequest: Bool {
        if case .validate(_, .request) = self { true } else { false }
    }
}

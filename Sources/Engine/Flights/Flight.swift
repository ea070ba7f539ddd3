internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
internal import MemoryTier
internal import NIOCore
internal import Synchronization

/// What a flight fetches: the request of whoever began it, which it outlives.
struct FlightRequest: Sendable {
    var key: CacheKey
    /// The key's hash in memory.
    var hash: UInt64
    var method: Method
    /// As it goes on the wire.
    var methodBytes: [UInt8]
    var target: [UInt8]
    /// The client's fields.
    var fields: FieldBlock
    var forwarding: ForwardingContext
    var site: Int
    /// A place in `Engine.partitions`; the key names it too.
    var partition = 0
    /// As the client sent them, where rules choose a partition by them.
    var clientFields: FieldBlock?
    var caching: CachingPolicy
    /// What the site's rules said of the request, and say of the response; nil: nothing beside `caching`.
    var rules: RequestRules?
    var upload: OriginRequest.Body = .none
    /// The absolute URI of a POST, if its answer may be stored under `key`.
    var postTarget: [UInt8]?
    /// Conditional and range fields go to the origin as the client sent them: nothing will be stored.
    var isForwardedWhole = false

    /// With cookies or credentials that the origin sees.
    var isPersonal: Bool {
        fields.contains(.authorization) || fields.contains(.cookie) && !caching.stripCookies
    }

    /// Under which a mark stands that is for personal requests alone.
    var personalHash: UInt64 { ~hash }
}

/// One fill under way (design.md section 4): asks Redis, then disk, then the origin, and serves everyone who waits for
/// it. It belongs to no client: whoever hangs up or reads slowly changes nothing for the others.
///
/// Life, all of it on `loop`: waiting (a next flight) → walking the tiers → fetching → streaming → ended. Each follower
/// hears exactly one resolution. `Flight+Followers.swift` tells them, `Flight+Origin.swift` has what the origin answers,
/// `Flight+Fill.swift` what becomes of it.
final class Flight: @unchecked Sendable {
    // Safe because everything mutable below is touched on `loop` only (`add` and `leave` hop there); the rest is
    // immutable or atomic.

    let key: TierKey
    let engine: Engine
    let loop: any EngineLoop
    let request: FlightRequest
    /// Where it looks and what it fills.
    let partition: Partition
    let body = FlightBody()
    /// Where the log stood when the origin was asked; nil before. Any thread.
    let sent = Mutex<Sent?>(nil)
    /// What it fetches was made invalid by a record that could not be written: who waits may have it, no tier may. Any
    /// thread.
    private let revoked = Atomic<Bool>(false)
    var isRevoked: Bool { revoked.load(ordering: .acquiring) }
    func revoke() { revoked.store(true, ordering: .releasing) }
    /// Made for one request, or for a revalidation that nobody waits for: nobody joins it.
    let isSolo: Bool
    /// Tiers are not asked: the request wants the origin's word.
    let skipsTiers: Bool
    /// The origin is not asked.
    let tiersOnly: Bool

    enum State {
        case waiting
        case walking
        case fetching(any OriginTransfer)
        case streaming(any OriginTransfer, FlightAnswer)
        case ended
    }

    var state: State = .waiting
    var resolution: FlightResolution?
    var followers: [any FlightFollower] = []
    /// Who came after an answer that it may not share with them, and will look again when it has ended.
    var latecomers: [any FlightFollower] = []
    /// The follower that gets an answer which is not for sharing.
    weak var leader: (any FlightFollower)?
    /// A tier knows the URL, by other variants than the one wanted.
    var missedVariant = false
    /// A stored response that the origin may confirm, and where it came from.
    var candidate: Candidate?
    var asOf: Position?
    var localNumber: UInt64 = 0
    var requestTime = Timestamp(milliseconds: 0)
    /// An unconditional second request is made at most once (invalidation.md rule 4).
    var hasRefetched = false
    var spool: (any BodySpool)?
    /// What the disk tier has to do with the spool.
    var diskPart = DiskPart.notAsked
    var isPausedForSpool = false
    /// The response, once its last byte has come: memory has it before any client can have it whole and ask again.
    var complete: StoredResponse?
    /// What the rules say of writing the response to the tiers.
    var writes = TierWrites()
    /// It is one of those that may validate with the origin (`ValidationGate`).
    var hasTurn = false
    /// The lease under which it fills (invalidation.md rule 8).
    var lease: FillLease?
    /// What the leasing tier was asked for last, and the id of what it had.
    var leased: (key: TierKey, seen: UInt64?)?
    /// First bytes of the body that came with the head.
    var beginning: ByteBuffer?
    /// Keeps a passed part.
    var part: PartRecorder?
    /// Request-body pieces that came before the origin was asked.
    var heldUpload: [ByteBuffer] = []
    var uploadEnded = false
    /// What a POST changed is being invalidated; its answer waits for that.
    var isInvalidating = false
    /// The whole body came while the answer waited.
    var endedWhileInvalidating = false

    enum DiskPart {
        /// It was not to have the body, or is to get a copy.
        case notAsked
        /// The spool is its own.
        case spooled
        /// It had no room for the body, and counted that.
        case lost
    }

    /// What was known when the origin was asked (invalidation.md rule 1).
    struct Sent {
        /// Of the table, read before `asOf`.
        var stamp: UInt64
        var asOf: Position
        var localNumber: UInt64
        /// CLOCK_BOOTTIME in milliseconds.
        var time: Int64
    }

    struct Candidate {
        var response: StoredResponse
        var tier: TierName
        var verdict: Verdict
    }

    init(
        key: TierKey, request: FlightRequest, engine: Engine, loop: any EngineLoop, isSolo: Bool = false,
        skipsTiers: Bool = false, tiersOnly: Bool = false, candidate: Candidate? = nil
    ) {
        self.key = key
        self.request = request
        partition = engine.partitions[request.partition]
        self.engine = engine
        self.loop = loop
        self.isSolo = isSolo
        self.skipsTiers = skipsTiers
        self.tiersOnly = tiersOnly
        self.candidate = candidate
    }

    // MARK: The request's body

    /// A piece of the request's body, in order. On `loop`.
    func upload(_ bytes: ByteBuffer) {
        assert(loop.isCurrent, "a flight is used on its loop")
        switch state {
        case .waiting, .walking: heldUpload.append(bytes)
        case .fetching(let transfer), .streaming(let transfer, _): transfer.send(bytes)
        case .ended: break
        }
    }

    /// The request's body has ended. On `loop`.
    func endUpload() {
        assert(loop.isCurrent, "a flight is used on its loop")
        uploadEnded = true
        switch state {
        case .waiting, .walking, .ended: break
        case .fetching(let transfer), .streaming(let transfer, _): transfer.finishBody()
        }
    }

    // MARK: Start and end

    /// Begins, on any thread, once it is the running flight of its key.
    func start() {
        guard loop.isCurrent else {
            loop.execute { self.start() }
            return
        }
        guard case .waiting = state else { return }
        state = .walking
        // Other methods bring nothing that is stored but the answer to a POST, which comes after its own record.
        if isSolo, request.method == .get { engine.flights.enroll(solo: self) }
        // Another flight may have ended between this request's look into memory and now.
        if !skipsTiers, let found = freshInMemory() {
            finish(.stored(found, .tier(.memory)))
        } else {
            walk(from: 0)
        }
    }

    private func freshInMemory() -> StoredResponse? {
        guard let memory = partition.memory else { return nil }
        let now = engine.clock()
        return request.key.bytes.withUnsafeBytes { key -> StoredResponse? in
            guard let newest = memory.lookup(hash: request.hash, key: key, counts: false, now: now) else { return nil }
            let found = newest.selection.isEmpty ? [newest] : memory.variants(hash: request.hash, key: key, now: now)
            missedVariant = !found.contains { Vary.matches(selection: $0.selection, request: request.fields) }
            return found.first { isFreshMatch($0) }
        }
    }

    func isFreshMatch(_ response: StoredResponse) -> Bool {
        let freshness = response.meta.freshness
        return freshness.timeToLive(at: engine.clock()) > 0 && !freshness.rules.contains(.alwaysValidate)
            && engine.judge(response) == .valid && Vary.matches(selection: response.selection, request: request.fields)
    }

    /// Resolves, and gives the key back. A failed revalidation behind a stale answer leaves that answer standing.
    func finish(_ resolution: FlightResolution) {
        end {
            if case .failed = resolution, self.resolution != nil {} else { resolve(resolution) }
        }
    }

    /// Gives the key back.
    /// - Parameter tell: tells of the end. A client that knows it and asks again finds no flight that has ended.
    func end(_ tell: () -> Void = {}) {
        assert(loop.isCurrent, "a flight is used on its loop")
        state = .ended
        releaseLease()
        endTurn()
        let next = giveKeyBack()
        tell()
        next?.start()
        dismissLatecomers()
    }

    private func giveKeyBack() -> Flight? {
        guard isSolo else { return engine.flights.remove(self) }
        engine.flights.withdraw(solo: self)
        return nil
    }

    // MARK: The tiers

    private func walk(from index: Int) {
        let tiers = partition.slower
        guard !skipsTiers, index < tiers.count else { return tiersOnly ? finishWithoutOrigin() : fetchUnderLease() }
        read(primaryKey, tier: index)
    }

    /// Of the URL's record, or of its list of variants.
    private var primaryKey: TierKey { key.selection.isEmpty ? key : TierKey(primary: request.key) }

    /// What is stale may still do for a request with max-stale: the request decides.
    private func finishWithoutOrigin() {
        guard let candidate, candidate.verdict != .unknown else { return finish(.failed(.notCached)) }
        finish(.stored(candidate.response, .staleWhileRevalidate(candidate.tier)))
    }

    /// - Parameter others: where else the tier may have it.
    private func read(_ key: TierKey, tier index: Int, others: ArraySlice<TierKey> = []) {
        partition.slower[index].read(key, on: loop) { read in
            self.didRead(read, key: key, tier: index, others)
        }
    }

    private func didRead(_ read: TierRead, key: TierKey, tier index: Int, _ others: ArraySlice<TierKey>) {
        guard case .walking = state else { return }
        noteForLease(read, key: key, tier: partition.slower[index].tier)
        let meter = partition.slower[index].meter
        switch read {
        case .miss where !others.isEmpty:
            self.read(others[others.startIndex], tier: index, others: others.dropFirst())
        case .miss:
            meter.lookedUp(isHit: false)
            walk(from: index + 1)
        case .unavailable:
            walk(from: index + 1)
        case .hit(.variants(let variants)):
            missedVariant = true
            let keys = key.selection.isEmpty ? variantKeys(of: variants) : []
            guard let first = keys.first else {
                meter.lookedUp(isHit: false)
                return walk(from: index + 1)
            }
            self.read(first, tier: index, others: keys.dropFirst())
        case .hit(.response(let response)):
            found(response, tier: index)
        }
    }

    private func found(_ response: StoredResponse, tier index: Int) {
        let (name, meter) = (partition.slower[index].tier.name, partition.slower[index].meter)
        if isFreshMatch(response) {
            meter.lookedUp(isHit: true)
            promote(response, from: index)
            finish(.stored(response, .tier(name)))
            return
        }
        consider(response, tier: name)
        if !isSolo, let candidate, candidate.response === response,
            engine.mayServeWhileRevalidating(response, site: request.site)
        {
            meter.lookedUp(isHit: true)
            // Who waits has it now; the revalidation goes on behind their backs (RFC 5861 §3).
            promote(response, from: index)
            resolve(.stored(response, .staleWhileRevalidate(name)))
            return fetchUnderLease()
        }
        meter.lookedUp(isHit: false)
        walk(from: index + 1)
    }

    /// Keeps a stale or unknown response for validation, if it may be used so.
    func consider(_ response: StoredResponse, tier: TierName) {
        guard Vary.matches(selection: response.selection, request: request.fields) else { return }
        let verdict = engine.judge(response)
        guard verdict != .gone, candidate == nil else { return }
        candidate = Candidate(response: response, tier: tier, verdict: verdict)
    }
}

internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
internal import MemoryTier
internal import Synchronization

/// Fetches again what a purge with `refresh` made stale and clients asked for lately, so that a purge of a large tag is
/// no herd. One purge after the other, at a bounded rate; what nobody uses waits for its next request. Memory alone is
/// looked through: what is used lately is there.
final class Refresher: Sendable {
    /// Purges that wait for their turn. More would only find what the earlier ones leave to clients.
    private static let maxWaiting = 64
    /// Entries looked at in a row, and how long the loop has for others before the next row.
    private static let page = 256
    private static let pause: Int64 = 5
    /// Ticks of `UseClock`: about eleven minutes.
    private static let recentTicks: UInt32 = 10

    private struct State {
        var waiting: [PurgeOrder] = []
        var isRunning = false
    }

    private let engine: Unowned
    private let perSecond: Int
    private let state = Mutex(State())
    /// Fetches started.
    let started = Atomic<UInt64>(0)

    /// The engine owns the refresher; work that outlives the engine ends.
    private final class Unowned: Sendable {
        let engine = Mutex<WeakEngine>(WeakEngine())
    }

    private struct WeakEngine {
        weak var engine: Engine?
    }

    /// - Parameter perSecond: fetches a second.
    init(perSecond: Int) {
        self.perSecond = perSecond
        engine = Unowned()
    }

    func attach(_ engine: Engine) { self.engine.engine.withLock { $0.engine = engine } }

    private var attached: Engine? { engine.engine.withLock { $0.engine } }

    /// Begins, or waits for the purge before it. On `loop`, after the record was applied.
    func start(_ order: PurgeOrder, on loop: any EngineLoop) {
        let begins = state.withLock { state in
            guard state.isRunning else {
                state.isRunning = true
                return true
            }
            if state.waiting.count < Self.maxWaiting { state.waiting.append(order) }
            return false
        }
        if begins { begin(order, on: loop) }
    }

    private func begin(_ order: PurgeOrder, on loop: any EngineLoop) {
        // A table with this record alone tells what it selects.
        let record = InvalidationRecord(n: 1, nonce: 1, mode: .soft, selectors: order.selectors, acceptedAt: 0)
        step(InvalidationTable(epoch: 1, records: [record]), partition: 0, cursor: 0, on: loop)
    }

    /// Looks at a page of memory and fetches what is to be fetched, then pauses as long as that many may take.
    private func step(_ selected: InvalidationTable, partition: Int, cursor: UInt64, on loop: any EngineLoop) {
        guard let engine = attached else { return }
        guard partition < engine.partitions.count else { return finish(on: loop) }
        guard let memory = engine.partitions[partition].memory else {
            return step(selected, partition: partition + 1, cursor: 0, on: loop)
        }
        let now = UseClock.tick(engine.clock())
        let limit = max(1, min(Self.page, perSecond / 10))
        let (entries, next) = memory.page(cursor: cursor, limit: limit)
        var fetched = 0
        for entry in entries where entry.wasUsed(since: now &- Self.recentTicks) {
            guard engine.judge(entry) == .stale, entry.isSelected(by: selected) else { continue }
            if refetch(entry, engine, on: loop) { fetched += 1 }
        }
        started.wrappingAdd(UInt64(fetched), ordering: .relaxed)
        let delay = max(Self.pause, Int64(fetched) * 1000 / Int64(max(1, perSecond)))
        _ = loop.schedule(afterMilliseconds: delay) {
            self.step(selected, partition: next == nil ? partition + 1 : partition, cursor: next ?? 0, on: loop)
        }
    }

    private func finish(on loop: any EngineLoop) {
        let next: PurgeOrder? = state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.isRunning = false
            return nil
        }
        if let next { begin(next, on: loop) }
    }

    /// Starts a fetch of the entry's URL for the variant that it is, unless one is under way.
    private func refetch(_ response: StoredResponse, _ engine: Engine, on loop: any EngineLoop) -> Bool {
        guard let request = FlightRequest(refreshing: response, engine: engine) else { return false }
        let key = TierKey(primary: request.key, selection: Array(response.selection))
        let candidate = Flight.Candidate(response: response, tier: .memory, verdict: .stale)
        let entrance = engine.flights.enter(key, isUsable: { _ in true }) {
            Flight(key: key, request: request, engine: engine, loop: loop, skipsTiers: true, candidate: candidate)
        }
        guard case .lead(let flight) = entrance else { return false }
        flight.start()
        return true
    }
}

extension StoredResponse {
    /// Whether a record of the table, whose epoch is 1, names it.
    fileprivate func isSelected(by table: InvalidationTable) -> Bool {
        guard let parts = CacheKeyParts(key) else { return false }
        let subject = parts.subject(of: key, tags: tags, tagsCut: meta.tagsCut)
        return table.judge(subject, asOf: Position(epoch: 1, n: 0)).verdict == .stale
    }
}

extension FlightRequest {
    /// A request of nobody's for a stored response; nil when it was for one person, or no site serves it any more.
    fileprivate init?(refreshing response: StoredResponse, engine: Engine) {
        guard let parts = CacheKeyParts(response.key) else { return nil }
        func bytes(_ range: Range<Int>) -> [UInt8] { Array(response.key[range]) }
        let (scheme, host, path) = (bytes(parts.scheme), bytes(parts.host), bytes(parts.path))
        guard let partition = engine.partitionNames.number(bytes(parts.partition)),
            let site = host.withUnsafeBytes({ engine.policy.siteTable.index(ofHost: $0) }),
            var fields = Vary.request(selection: response.selection),
            !fields.contains(.cookie), !fields.contains(.authorization)
        else { return nil }
        fields.append(.host, String(decoding: host, as: UTF8.self))
        let policy = engine.policy.sites[site]
        let method = Array("GET".utf8)
        let rules = path.withUnsafeBytes {
            policy.rules.match(path: $0, method: .get, methodBytes: method[...], fields: fields, base: policy.caching)
        }
        // What chose the partition may have been a field that is not known any more; the origin may answer by it.
        let chosen = path.withUnsafeBytes { policy.partition(ofPath: $0, fields: fields) }
        guard rules.caching.cacheable, chosen == partition else { return nil }
        rules.requestFields.apply(to: &fields)
        let originHost: [UInt8]
        switch policy.hostField {
        case .client: originHost = host
        case .origin: originHost = policy.server.authority
        case .name(let name): originHost = name
        }
        self.init(
            key: CacheKey(bytes: Array(response.key)), hash: engine.partitions[partition].hash(response.key),
            method: .get,
            methodBytes: method, target: parts.query.map { path + [0x3f] + bytes($0) } ?? path, fields: fields,
            forwarding: ForwardingContext(
                clientAddress: [], scheme: scheme, host: host, isTrusted: false, originHost: originHost, requestID: [],
                viaToOrigin: policy.sendsVia, stripCookies: rules.caching.stripCookies, pseudonym: engine.pseudonym),
            site: site, partition: partition, caching: rules.caching, rules: rules)
    }
}

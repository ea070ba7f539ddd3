internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
internal import MemoryTier
internal import Synchronization

/// Fetches again what a purge with `refresh` made stale and clients asked for lately, so that a purge of a large tag is
/// no herd. One walk after the other, at a bounded rate of fetches; what nobody uses waits for its next request. Memory
/// alone is looked through: what is used lately is there.
final class Refresher: Sendable {
    /// Selectors of purges that wait for the walk under way to end; one walk then looks for all of them.
    private static let maxWaiting = 65_536
    /// Entries of memory taken at a time, and milliseconds that the loop has for others before more are looked at.
    private static let page = 256
    private static let pause: Int64 = 5
    /// Ticks of `UseClock`: about eleven minutes.
    private static let recentTicks: UInt32 = 10

    private struct State {
        var waiting: [Selector] = []
        var isRunning = false
    }

    private let engine: Unowned
    private let perSecond: Int
    private let state = Mutex(State())
    /// Fetches started.
    let started = Atomic<UInt64>(0)
    /// Purges whose refresh found too many others waiting: their responses are stale, and wait for clients.
    let dropped = Atomic<UInt64>(0)

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

    /// Begins, or waits for the walk under way to end. On `loop`, after the record was applied.
    func start(_ order: PurgeOrder, on loop: any EngineLoop) {
        let begins = state.withLock { state in
            guard state.isRunning else {
                state.isRunning = true
                return true
            }
            if state.waiting.count + order.selectors.count <= Self.maxWaiting {
                state.waiting += order.selectors
            } else {
                dropped.add(1, ordering: .relaxed)
            }
            return false
        }
        if begins { begin(order.selectors, on: loop) }
    }

    private func begin(_ selectors: [Selector], on loop: any EngineLoop) {
        // A table with this record alone tells what it selects.
        let record = InvalidationRecord(n: 1, nonce: 1, mode: .soft, selectors: selectors, acceptedAt: 0)
        walk(InvalidationTable(epoch: 1, records: [record]), partition: 0, cursor: 0, on: loop)
    }

    /// Takes a page of memory, fetches what is to be fetched, and goes on with the next.
    private func walk(_ selected: InvalidationTable, partition: Int, cursor: UInt64, on loop: any EngineLoop) {
        guard let engine = attached else { return }
        guard partition < engine.partitions.count else { return finish(on: loop) }
        guard let memory = engine.partitions[partition].memory else {
            return walk(selected, partition: partition + 1, cursor: 0, on: loop)
        }
        let (entries, next) = memory.page(cursor: cursor, limit: Self.page)
        look(at: entries[...], for: selected, on: loop) {
            self.walk(selected, partition: next == nil ? partition + 1 : partition, cursor: next ?? 0, on: loop)
        }
    }

    /// Looks at the entries, some at a time, and pauses as long as what was fetched may take.
    private func look(
        at entries: ArraySlice<StoredResponse>, for selected: InvalidationTable, on loop: any EngineLoop,
        _ next: @escaping @Sendable () -> Void
    ) {
        guard let engine = attached else { return }
        let since = UseClock.tick(engine.clock()) &- Self.recentTicks
        let most = max(1, perSecond / 10)
        var (rest, fetched) = (entries, 0)
        engine.visitRow(of: &rest) { entry in
            if entry.wasUsed(since: since), engine.judge(entry) == .stale, entry.isSelected(by: selected),
                refetch(entry, engine, on: loop)
            {
                fetched += 1
            }
            return fetched < most
        }
        started.wrappingAdd(UInt64(fetched), ordering: .relaxed)
        let delay = max(Self.pause, Int64(fetched) * 1000 / Int64(max(1, perSecond)))
        _ = loop.schedule(afterMilliseconds: delay) { [rest] in
            if rest.isEmpty { next() } else { self.look(at: rest, for: selected, on: loop, next) }
        }
    }

    private func finish(on loop: any EngineLoop) {
        let next: [Selector] = state.withLock { state in
            defer { state.waiting = [] }
            if state.waiting.isEmpty { state.isRunning = false }
            return state.waiting
        }
        if !next.isEmpty { begin(next, on: loop) }
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

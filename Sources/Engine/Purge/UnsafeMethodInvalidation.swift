internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation
internal import Logging
internal import MemoryTier

/// What the answer to an unsafe method makes invalid: its target, what `Location` and `Content-Location` name on the same
/// origin (RFC 9111 §4.4), and the groups that `Cache-Group-Invalidation` names (RFC 9875 §3). Written to the log only
/// if the origin names groups, this instance or a tier holds one of the URLs, or a flight for one is under way, so that
/// nobody floods the log with `POST /x?i=N` (invalidation.md rule 21).
final class UnsafeMethodInvalidation: @unchecked Sendable {
    // Safe because everything mutable is touched on `loop` only: the tiers call back there.

    private let engine: Engine
    private let loop: any EngineLoop
    private let urls: [InvalidatedURL]
    private let groups: [Selector]
    private let done: @Sendable (_ appended: Bool) -> Void
    /// Lookups that have not answered; the last that finds nothing ends the search.
    private var unanswered = 0
    private var isSettled = false

    private init(
        _ urls: [InvalidatedURL], groups: [Selector], engine: Engine, loop: any EngineLoop,
        _ done: @escaping @Sendable (_ appended: Bool) -> Void
    ) {
        self.urls = urls
        self.groups = groups
        self.engine = engine
        self.loop = loop
        self.done = done
    }

    /// Calls back on `loop` once the record, if one is needed, is applied and durable. Not being able to write it is
    /// logged and does not hold up the answer: the origin has done its part. `done` hears whether a record was written.
    static func run(
        _ request: FlightRequest, fields: FieldBlock, engine: Engine, loop: any EngineLoop,
        _ done: @escaping @Sendable (_ appended: Bool) -> Void
    ) {
        let urls = urls(of: request, fields, engine)
        let partition = engine.partitions[request.partition]
        let groups = GroupTags.tags(.cacheGroupInvalidation, of: fields, key: request.key).map {
            engine.hasPartitions ? Selector.tag($0).within(partition.selectorName) : .tag($0)
        }
        UnsafeMethodInvalidation(urls, groups: groups, engine: engine, loop: loop, done).search()
    }

    /// Each in the partition in which a GET of it with the same fields would look.
    private static func urls(of request: FlightRequest, _ fields: FieldBlock, _ engine: Engine) -> [InvalidatedURL] {
        let site = engine.policy.sites[request.site]
        func partition(_ path: [UInt8]) -> [UInt8] {
            guard engine.hasPartitions else { return [] }
            let number = path.withUnsafeBytes {
                site.partition(ofPath: $0, fields: request.clientFields ?? request.fields)
            }
            return engine.partitions[number].keyName
        }
        guard let parts = request.key.bytes.withUnsafeBytes({ CacheKeyParts($0) }) else { return [] }
        func bytes(_ range: Range<Int>) -> [UInt8] { Array(request.key.bytes[range]) }
        let (host, path, query) = (bytes(parts.host), bytes(parts.path), parts.query.map(bytes))
        func rules(_ path: [UInt8]) -> QueryRules { path.withUnsafeBytes { site.queryRules(forPath: $0) } }
        var urls = [
            InvalidatedURL(
                host: host, path: path, givenQuery: query, rules: rules(path), in: [partition(path)],
                isRestricted: engine.hasPartitions)
        ]
        let scheme: Scheme = parts.scheme.count == 5 ? .https : .http
        var target = Array((scheme == .https ? "https://" : "http://").utf8) + host + path
        if let query { target += [0x3f] + query }
        var canonical = CanonicalTarget()
        for related in UnsafeMethods.relatedTargets(fields, target: target) {
            // What can't be a target no request can name either.
            guard related.withUnsafeBytes({ (try? canonical.canonicalize(absolute: $0, scheme: scheme)) != nil }) else {
                continue
            }
            let path = Array(canonical.bytes[canonical.path])
            urls.append(
                InvalidatedURL(
                    host: Array(canonical.bytes[canonical.host]), path: path,
                    givenQuery: canonical.query.map { Array(canonical.bytes[$0]) }, rules: rules(path),
                    in: [partition(path)],
                    isRestricted: engine.hasPartitions))
        }
        return urls
    }

    // MARK: Is any of it held?

    private func search() {
        let keys = urls.flatMap(\.keys).compactMap { key in engine.partition(of: key).map { (key: key, partition: $0) }
        }
        if !groups.isEmpty || keys.contains(where: isHeldHere) { return append() }
        unanswered = keys.reduce(0) { $0 + $1.partition.slower.count + ($1.partition.leasingTier == nil ? 0 : 1) }
        guard unanswered > 0 else { return settle() }
        for (key, partition) in keys {
            for setup in partition.slower {
                setup.tier.read(TierKey(primary: key), on: loop) { read in
                    self.unanswered -= 1
                    switch read {
                    // A tier that can't be asked may hold it.
                    case .hit, .unavailable: self.append()
                    case .miss: if self.unanswered == 0 { self.settle() }
                    }
                }
            }
            // Another instance may be at it, and file what it asked for before.
            partition.leasingTier?.isLeased(TierKey(primary: key), on: loop) { isLeased in
                self.unanswered -= 1
                if isLeased ?? true { self.append() } else if self.unanswered == 0 { self.settle() }
            }
        }
    }

    private func isHeldHere(_ key: CacheKey, _ partition: Partition) -> Bool {
        if engine.flights.isUnderWay(key) || partition.partials.find(key) != nil { return true }
        guard let memory = partition.memory else { return false }
        return key.bytes.withUnsafeBytes { !memory.variants(hash: memory.hash($0), key: $0).isEmpty }
    }

    // MARK: The record

    private func append() {
        guard !isSettled else { return }
        isSettled = true
        let selectors = urls.flatMap(\.selectors) + groups
        engine.components.log.append(mode: .hard, cause: .unsafeMethod, selectors: selectors, wait: 0) { result in
            self.loop.execute {
                var appended = false
                switch result {
                case .success:
                    appended = true
                    Collector.collect(self.urls.flatMap(\.keys), engine: self.engine, loop: self.loop) { _ in }
                case .failure(let failure):
                    // What is stored here goes all the same (RFC 9111 §4.4), and what is being fetched is not stored;
                    // other instances don't hear of it.
                    let keys = self.urls.flatMap(\.keys)
                    for key in keys { self.engine.flights.revoke(key) }
                    Collector.collect(keys, engine: self.engine, loop: self.loop, isForced: true) { _ in }
                    self.engine.logger.error(
                        "what an unsafe method invalidates could not be written",
                        metadata: ["error": "\(failure.text)"])
                }
                self.done(appended)
            }
        }
    }

    private func settle() {
        guard !isSettled else { return }
        isSettled = true
        done(false)
    }
}

extension CanonicalTarget {
    fileprivate mutating func canonicalize(
        absolute uri: UnsafeRawBufferPointer, scheme: Scheme
    ) throws(RequestError) {
        try canonicalize(method: .get, target: uri, host: nil, scheme: scheme)
    }
}

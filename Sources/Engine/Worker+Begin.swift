internal import CacheModel
internal import HTTPCaching
package import HTTPMessage
internal import Invalidation
internal import MemoryTier
internal import NIOCore

/// Starting what memory could not answer.
extension Worker {
    /// Starts the request that `decide` last looked at. The head is copied; the answer goes to `client`.
    /// - Parameter body: how the request's body is framed.
    package func begin(
        _ head: borrowing RequestHead, from address: ClientAddress, isTrusted: Bool, requestID: [UInt8],
        client: any ClientStream
    ) -> any RequestTask {
        var isStaleHit = false
        defer {
            if isFalseHit, !isStaleHit { engine.partitions[partition].memory?.wasOfNoUse() }
            isFalseHit = false
        }
        if head.method.isPurge { return beginPurge(head, from: address, client: client) }
        if Forwarding.isLoop(head.fields, pseudonym: engine.pseudonym) {
            return refuse(
                SyntheticAnswer(status: 508, text: "the request came through this proxy before"), head, client)
        }
        let maxForwards = MaxForwards.read(method: head.method, fields: head.fields)
        if maxForwards == .last {
            let status = head.method == .options ? 200 : 405
            return refuse(SyntheticAnswer(status: status, text: "Max-Forwards ends here"), head, client)
        }
        let rules = requestRules(head)
        let caching = rules.caching
        let cacheability =
            caching.cacheable ? RequestCacheability.decide(method: head.method, fields: head.fields) : nil
        let plan = plan(head, cacheability: cacheability, caching: caching)
        var request = flightRequest(
            head, address: address, isTrusted: isTrusted, requestID: requestID, rules: rules)
        if case .passOn(let left) = maxForwards { request.fields.set(.maxForwards, "\(left)") }
        if case .pass = plan {
            request.upload = head.upload
            request.isForwardedWhole = true
            if head.method == .post, caching.cacheable { allowStoring(&request) }
        } else {
            // A HEAD that misses fetches what a GET would, so that the next one is a hit.
            request.method = .get
            request.methodBytes = Array("GET".utf8)
        }
        let task = ProxyRequest(
            request, isHead: head.method == .head, plan: plan, engine: engine, loop: loop, client: client)
        if head.traits.contains(.strataDebug), mayDebug(head, address) {
            task.debug = DebugReport(
                began: engine.clock(), key: request.key,
                partition: engine.hasPartitions ? engine.partitions[partition].name : nil,
                bypass: cacheability.map { $0 == .lookup ? nil : "\($0.word)" } ?? StoreRefusal.rule.rawValue)
        }
        // What the origin has to see (If-Match, say) is not answered with something stale.
        if !request.isForwardedWhole, case .serveStale(let response) = staleDecision(head, caching: caching) {
            isStaleHit = true
            task.sendStale(response)
        } else {
            task.begin()
        }
        candidate = nil
        return task
    }

    /// The answer to a POST may be stored for GETs of its target, if those have the same key.
    private func allowStoring(_ request: inout FlightRequest) {
        if let query = target.query, queryRules.apply(to: target.bytes[query]) != nil { return }
        request.hash = request.key.bytes.withUnsafeBytes { engine.partitions[partition].hash($0) }
        request.postTarget =
            Array(scheme == .https ? "https://".utf8 : "http://".utf8) + request.forwarding.host + request.target
    }

    private func plan(
        _ head: borrowing RequestHead, cacheability: RequestCacheability?, caching: CachingPolicy
    ) -> ProxyRequest.Plan {
        let isPart: Bool
        switch cacheability {
        case nil: return .pass(head.method == .get || head.method == .head ? .bypass : .method)
        case .bypassMethod: return .pass(.method)
        case .bypassPrecondition: return .pass(.request)
        case .bypassRange: isPart = RequestCacheability.asksForPart(head.fields)
        case .lookup: isPart = false
        }
        guard head.hasCacheControl else { return isPart ? .range : .lookUp }
        let (directives, pragmaNoCache) = wishes(of: head)
        if directives.onlyIfCached { return .tiersOnly }
        let noCache = directives.noCache || pragmaNoCache && !directives.isPresent
        let honours = engine.policy.sites[site].honoursRevalidation
        let noStore = directives.noStore && honours
        let constrains = noCache || directives.maxAge != nil || directives.minFresh != nil || noStore
        guard constrains else { return isPart ? .range : .lookUp }
        // It was chosen as the variant of this request.
        if let candidate {
            return .validate(
                Flight.Candidate(response: candidate, tier: .memory, verdict: engine.judge(candidate)),
                engine.whyValidated(candidate))
        }
        if noCache || directives.maxAge == 0 || noStore { return isPart ? .pass(.request) : .forward }
        return isPart ? .range : .lookUp
    }

    private func mayDebug(_ head: borrowing RequestHead, _ address: ClientAddress) -> Bool {
        let isAllowed = address.packed.withUnsafeBytes { engine.policy.debugAllow.contains($0) }
        return isAllowed && !head.fields.cameThroughProxy
            && head.fields.first(.strataDebug).map { head.fields.value($0).elementsEqual(CollectionOfOne(0x31)) }
                == true
    }

    private enum Stale {
        case serveStale(StoredResponse)
        case no
    }

    /// Whether what memory has may be served stale while a revalidation runs (RFC 5861 §3).
    private func staleDecision(_ head: borrowing RequestHead, caching: CachingPolicy) -> Stale {
        guard let candidate, caching.cacheable, head.method == .get || head.method == .head,
            !candidate.meta.freshness.rules.contains(.guessed) || !(head.hasAuthorization || sendsCookies(head))
        else { return .no }
        return engine.mayServeWhileRevalidating(candidate, to: head.fields, site: site) ? .serveStale(candidate) : .no
    }

    private func flightRequest(
        _ head: borrowing RequestHead, address: ClientAddress, isTrusted: Bool, requestID: [UInt8],
        rules: RequestRules
    ) -> FlightRequest {
        let caching = rules.caching
        var fields = head.fields
        rules.requestFields.apply(to: &fields)
        let site = engine.policy.sites[self.site]
        // Rules that choose a partition see what the client sent.
        let clientFields = engine.hasPartitions && site.rules.choosesPartitions ? head.fields : nil
        let host = Array(target.bytes[target.host])
        let originHost: [UInt8]
        switch site.hostField {
        case .client: originHost = host
        case .origin: originHost = site.server.authority
        case .name(let name): originHost = name
        }
        let isGet = head.method == .get || head.method == .head
        let path = Array(target.bytes[target.path])
        let query = target.query.map { Array(target.bytes[$0]) }
        let tiers = engine.partitions[partition]
        let hash = tiers.memory == nil ? key.withUnsafeBytes { tiers.hash($0) } : hash
        return FlightRequest(
            key: isGet
                ? CacheKey(bytes: key)
                : CacheKey(
                    partition: tiers.keyName,
                    scheme: scheme == .https ? "https".utf8 : "http".utf8, host: host, path: path,
                    query: query),
            hash: hash, method: head.method, methodBytes: Array(head.fields.bytes[head.methodRange]),
            target: Array(target.bytes[target.requestTarget]), fields: fields,
            forwarding: ForwardingContext(
                clientAddress: address.packed.isEmpty ? [] : address.text,
                scheme: Array(scheme == .https ? "https".utf8 : "http".utf8), host: host,
                isTrusted: isTrusted, originHost: originHost, requestID: requestID, viaToOrigin: site.sendsVia,
                stripCookies: caching.stripCookies, pseudonym: engine.pseudonym,
                receivedVersion: head.minorVersion == 0 ? "1.0" : "1.1"),
            site: self.site, partition: partition, clientFields: clientFields, caching: caching, rules: rules)
    }

    func refuse(
        _ answer: SyntheticAnswer, _ head: borrowing RequestHead, _ client: any ClientStream
    ) -> any RequestTask {
        let task = FinishedTask()
        client.sendHead(answer.head(isHead: head.method == .head))
        if head.method != .head { _ = client.sendBody(answer.body) }
        client.finish()
        return task
    }
}

/// The task of a request that is answered already.
final class FinishedTask: RequestTask {
    func clientCanTakeMore() {}
    func clientBody(_ bytes: ByteBuffer) {}
    func clientBodyEnded() {}
    func clientGone() {}
}

extension RequestHead {
    fileprivate var upload: OriginRequest.Body {
        switch framing {
        case .none: .none
        case .length(let length): .length(length)
        case .chunked: .chunked
        }
    }
}

extension OriginServer {
    /// `host[:port]`, the port left out when it is the scheme's own.
    var authority: [UInt8] {
        let name = host.contains(":") ? "[\(host)]" : host
        let isDefault = port == (scheme == .http ? 80 : 443)
        return Array((isDefault ? name : "\(name):\(port)").utf8)
    }
}

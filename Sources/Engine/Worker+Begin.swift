internal import CacheModel
internal import HTTPCaching
package import HTTPMessage
internal import Invalidation
internal import NIOCore

/// Starting what memory could not answer.
extension Worker {
    /// Starts the request that `decide` last looked at. The head is copied; the answer goes to `client`.
    /// - Parameter body: how the request's body is framed.
    package func begin(
        _ head: borrowing RequestHead, from address: ClientAddress, isTrusted: Bool, requestID: [UInt8],
        client: any ClientStream
    ) -> any RequestTask {
        if head.method == .purge { return beginPurge(head, from: address, client: client) }
        if Forwarding.isLoop(head.fields, pseudonym: engine.pseudonym) {
            return refuse(
                SyntheticAnswer(status: 508, text: "the request came through this proxy before"), head, client)
        }
        let caching = cachingPolicy()
        let cacheability =
            caching.cacheable ? RequestCacheability.decide(method: head.method, fields: head.fields) : nil
        let plan = plan(head, cacheability: cacheability, caching: caching)
        var request = flightRequest(
            head, address: address, isTrusted: isTrusted, requestID: requestID, caching: caching)
        if case .pass = plan {
            request.upload = head.upload
            request.isForwardedWhole = true
        } else {
            // A HEAD that misses fetches what a GET would, so that the next one is a hit.
            request.method = .get
            request.methodBytes = Array("GET".utf8)
        }
        let task = ProxyRequest(
            request, isHead: head.method == .head, plan: plan, engine: engine, loop: loop, client: client)
        // What the origin has to see (If-Match, say) is not answered with something stale.
        if !request.isForwardedWhole, case .serveStale(let response) = staleDecision(head, caching: caching) {
            task.sendStale(response)
        } else {
            task.begin()
        }
        candidate = nil
        return task
    }

    private func plan(
        _ head: borrowing RequestHead, cacheability: RequestCacheability?, caching: CachingPolicy
    ) -> ProxyRequest.Plan {
        let isPart: Bool
        switch cacheability {
        case nil, .bypassMethod, .bypassPrecondition: return .pass
        case .bypassRange: isPart = RequestCacheability.asksForPart(head.fields)
        case .lookup: isPart = false
        }
        guard head.hasCacheControl else { return isPart ? .range : .lookUp }
        let directives = CacheControl.parse(head.fields)
        if directives.onlyIfCached { return .tiersOnly }
        let noCache = directives.noCache || Reuse.pragmaNoCache(head.fields) && !directives.isPresent
        let constrains = noCache || directives.maxAge != nil || directives.minFresh != nil || directives.noStore
        guard constrains else { return isPart ? .range : .lookUp }
        if let candidate, Vary.matches(selection: candidate.selection, request: head.fields) {
            return .validate(candidate)
        }
        if noCache || directives.maxAge == 0 || directives.noStore { return isPart ? .pass : .forward }
        return isPart ? .range : .lookUp
    }

    private enum Stale {
        case serveStale(StoredResponse)
        case no
    }

    /// Whether what memory has may be served stale while a revalidation runs (RFC 5861 §3).
    private func staleDecision(_ head: borrowing RequestHead, caching: CachingPolicy) -> Stale {
        guard let candidate, caching.cacheable, head.method == .get || head.method == .head,
            !candidate.meta.freshness.rules.contains(.guessed) || !(head.hasAuthorization || head.hasCookie)
        else { return .no }
        let verdict = engine.judge(candidate)
        guard verdict == .valid || verdict == .stale else { return .no }
        let decision = Reuse.decide(
            candidate.meta.freshness, request: CacheControl.parse(head.fields),
            pragmaNoCache: Reuse.pragmaNoCache(head.fields), now: engine.clock())
        switch decision {
        case .stale(_, mayServeWhileRevalidating: true, _):
            return .serveStale(candidate)
        case .fresh where verdict == .stale:
            // Softly purged within its freshness: the window counts from the normal expiry (invalidation.md rule 9).
            let freshness = candidate.meta.freshness
            let mayServe = freshness.staleWhileRevalidate > 0 && !freshness.rules.contains(.mustRevalidate)
            return mayServe ? .serveStale(candidate) : .no
        case .stale, .fresh, .validate, .unsatisfiable:
            return .no
        }
    }

    private func flightRequest(
        _ head: borrowing RequestHead, address: ClientAddress, isTrusted: Bool, requestID: [UInt8],
        caching: CachingPolicy
    ) -> FlightRequest {
        let site = engine.policy.sites[self.site]
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
        return FlightRequest(
            key: isGet
                ? CacheKey(bytes: key)
                : CacheKey(scheme: scheme == .https ? "https".utf8 : "http".utf8, host: host, path: path, query: query),
            hash: hash, method: head.method, methodBytes: Array(head.fields.bytes[head.methodRange]),
            target: Array(target.bytes[target.requestTarget]), fields: head.fields,
            forwarding: ForwardingContext(
                clientAddress: address.packed.isEmpty ? [] : address.text,
                scheme: Array(scheme == .https ? "https".utf8 : "http".utf8), host: host,
                isTrusted: isTrusted, originHost: originHost, requestID: requestID, viaToOrigin: site.sendsVia,
                stripCookies: caching.stripCookies, pseudonym: engine.pseudonym,
                receivedVersion: head.minorVersion == 0 ? "1.0" : "1.1"),
            site: self.site, caching: caching)
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
    fileprivate var authority: [UInt8] {
        let name = host.contains(":") ? "[\(host)]" : host
        let isDefault = port == (scheme == .http ? 80 : 443)
        return Array((isDefault ? name : "\(name):\(port)").utf8)
    }
}

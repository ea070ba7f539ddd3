package import CacheModel
internal import HTTPMessage
internal import Invalidation
internal import Logging

/// Purging, for every interface: the right, the rate, the record, the deleting, the audit.
extension Engine {
    /// Carries out a wish, and calls back on `loop`. The record is what makes a purge true; deleting is garbage
    /// collection, and gives the counts.
    package func purge(
        _ wish: PurgeWish, by caller: PurgeCaller, on loop: any EngineLoop,
        _ done: @escaping @Sendable (PurgeAnswer) -> Void
    ) {
        let answered: @Sendable (PurgeAnswer) -> Void = { answer in
            self.audit(answer, wish, caller)
            done(answer)
        }
        guard let grant = caller.grant else {
            return answered(PurgeAnswer(status: 403, error: "there is no right to purge"))
        }
        let wish = grant.narrowed(wish)
        // Before anything is said of the partitions that there are.
        if let reason = grant.refusal(of: wish) {
            return answered(PurgeAnswer(status: 403, error: reason, order: try? order(wish)))
        }
        let order: PurgeOrder
        do throws(PurgeMistake) {
            order = try self.order(wish)
        } catch {
            return answered(PurgeAnswer(status: 400, error: error.sentence, field: error.field))
        }
        guard purgeRate.take() else {
            return answered(
                PurgeAnswer(
                    status: 429, error: "more than \(purgeRate.perSecond) purges a second (purge.rate)", order: order))
        }
        if wish.againMilliseconds != nil, !repeated.reserve() {
            return answered(
                PurgeAnswer(
                    status: 503, error: "\(RepeatedPurges.maxWaiting) purges wait to be appended again", order: order))
        }
        let wait = wish.waitMilliseconds ?? 0
        // The process may end before the answer is known, and the purge be in the log.
        if wait > Self.longWait { auditWaiting(order, caller) }
        components.log.append(mode: order.mode, selectors: order.selectors, wait: wait) { result in
            loop.execute {
                if let delay = wish.againMilliseconds { self.repeatLater(order, delay, result, caller, on: loop) }
                self.logged(order, result, on: loop, answered)
            }
        }
    }

    private func repeatLater(
        _ order: PurgeOrder, _ delay: Int64, _ first: Result<LogReceipt, LogFailure>, _ caller: PurgeCaller,
        on loop: any EngineLoop
    ) {
        guard case .success = first else { return repeated.release() }
        var caller = caller
        caller.interface += " again"
        repeated.plan(afterMilliseconds: delay, on: loop) { [caller] done in
            self.components.log.append(mode: order.mode, selectors: order.selectors, wait: 0) { result in
                loop.execute {
                    self.logged(order, result, on: loop) { self.audit($0, order.wish, caller) }
                    done()
                }
            }
        }
    }

    /// Appends now what purges with `again` have planned; called before the process stops, when no more purges come.
    package func appendRepeatedPurges() async {
        await withCheckedContinuation { done in repeated.appendAll { done.resume() } }
    }

    /// A request that is refused before anything is done.
    /// - Parameter wish: what it asked for, if that was understood.
    package func refusePurge(_ answer: PurgeAnswer, of wish: PurgeWish? = nil, by caller: PurgeCaller) {
        var answer = answer
        answer.order = wish.flatMap { try? order($0) }
        audit(answer, wish, caller)
    }

    private func logged(
        _ order: PurgeOrder, _ result: Result<LogReceipt, LogFailure>, on loop: any EngineLoop,
        _ done: @escaping @Sendable (PurgeAnswer) -> Void
    ) {
        switch result {
        case .failure(let failure):
            done(
                PurgeAnswer(status: 503, error: "the purge could not be written: \(failure.text)", order: order))
        case .success(let receipt):
            if order.wish.refresh { refresher.start(order, on: loop) }
            Collector.collect(order.keys ?? [], engine: self, loop: loop) { counts in
                var answer = PurgeAnswer(
                    status: receipt.isComplete ? 200 : 202, order: order, position: receipt.position)
                answer.instances = receipt.instances
                answer.tiers = self.tierNames.map { ($0, order.keys == nil ? nil : counts[$0] ?? 0) }
                done(answer)
            }
        }
    }

    private func order(_ wish: PurgeWish) throws(PurgeMistake) -> PurgeOrder {
        try PurgeOrder(wish, partitions: try keyNames(of: wish), rules: queryRules)
    }

    /// Of the wish's partitions as keys have them; it names none: of all.
    private func keyNames(of wish: PurgeWish) throws(PurgeMistake) -> [[UInt8]] {
        guard !wish.partitions.isEmpty else { return partitions.map(\.keyName) }
        var found: [[UInt8]] = []
        for name in wish.partitions {
            guard let number = partitionNames.number(name) else {
                throw partitionNames.mistake(name, field: wish.partitionsField)
            }
            found.append(partitions[number].keyName)
        }
        return found
    }

    private var tierNames: [TierName] {
        (components.memory == nil ? [] : [.memory]) + components.slower.map(\.tier.name)
    }

    /// The key rules of what would serve this URL; a host that no site serves has none.
    private func queryRules(_ host: [UInt8], _ path: [UInt8]) -> QueryRules {
        guard let site = host.withUnsafeBytes({ policy.siteTable.index(ofHost: $0) }) else { return QueryRules() }
        return path.withUnsafeBytes { policy.sites[site].queryRules(forPath: $0) }
    }

    /// Milliseconds; whoever waits longer has a line in the audit log before the answer.
    private static let longWait: Int64 = 2000

    private func auditWaiting(_ order: PurgeOrder, _ caller: PurgeCaller) {
        components.audit?.record(
            PurgeAuditRecord(
                caller: caller, selector: order.json, mode: order.mode, position: nil, outcome: .waiting, status: nil,
                reason: nil))
    }

    private func audit(_ answer: PurgeAnswer, _ wish: PurgeWish?, _ caller: PurgeCaller) {
        let outcome: PurgeAuditRecord.Outcome =
            switch answer.status {
            case 200: .applied
            case 202: .accepted
            case 400, 413: .malformed
            case 429: .tooMany
            case 401, 403: .refused
            default: .failed
            }
        let selector = answer.order?.json
        var facts: Logger.Metadata = [
            "by": "\(caller.interface)", "client": "\(caller.address)", "outcome": "\(outcome.rawValue)",
        ]
        // One name or a hundred thousand: the log gets a line that can be read.
        if let selector { facts["selector"] = "\(selector.utf8.count > 512 ? selector.prefix(500) + "…" : selector)" }
        if let position = answer.position { facts["position"] = "\(position.text)" }
        if !answer.error.isEmpty { facts["reason"] = "\(answer.error)" }
        logger.log(level: answer.isPurged ? .info : .notice, answer.isPurged ? "purged" : "not purged", metadata: facts)
        components.audit?.record(
            PurgeAuditRecord(
                caller: caller, selector: selector, mode: wish?.mode, position: answer.position, outcome: outcome,
                status: answer.status, reason: answer.error.isEmpty ? nil : answer.error))
    }
}

internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import MemoryTier

/// A slower tier that is asked first, has some records at hand, and whose hits are not copied to a faster one: such a hit
/// needs no flight.
struct PromptHits: Sendable {
    let tier: any PromptTier
    let meter: TierMeter
    /// There is nothing that a hit could be copied to, whatever rules say.
    let isFastest: Bool

    /// - Parameter first: of the slower tiers.
    init?(_ first: Engine.SlowTier?, hasMemory: Bool) {
        guard let first, let tier = first.tier as? any PromptTier, !hasMemory || first.promotion == .never else {
            return nil
        }
        (self.tier, meter, isFastest) = (tier, first.meter, !hasMemory)
    }
}

/// What was read in this turn of the loop, for the other requests of the turn that ask for the same: as many connections
/// are read from in a turn as have something to say, and what is asked for a lot is asked for by several of them.
final class TurnHits: @unchecked Sendable {
    // Safe because it is touched on the worker's loop only; it crosses no thread but in the task by which that loop ends it.

    private var responses: [StoredResponse] = []

    /// As many as are looked through in no time; with what a tier has at hand at most (`DiskTier`: 256 KB), 2 MB.
    private static let most = 8

    /// - Parameter selects: whether a response with that selection is for the request.
    func find(
        _ key: UnsafeRawBufferPointer, where selects: (UnsafeRawBufferPointer) -> Bool
    ) -> StoredResponse? {
        responses.first { $0.key.sameBytes(as: key) && ($0.selection.isEmpty || selects($0.selection)) }
    }

    /// Keeps it until what the loop has to do now is done.
    func add(_ response: StoredResponse, on loop: any EngineLoop) {
        guard responses.count < Self.most else { return }
        responses.append(response)
        if responses.count == 1 { loop.execute { self.responses.removeAll(keepingCapacity: true) } }
    }
}

extension Worker {
    /// Memory has nothing: what the tier behind it has at hand is a hit like one in memory. All else begins.
    @inline(never)
    func decideAtHand(_ head: borrowing RequestHead, _ now: Timestamp) -> Decision {
        guard let prompt = engine.partitions[partition].prompt,
            prompt.isFastest || !engine.policy.sites[site].rules.choosesPromotions,
            let response = responseAtHand(prompt, head.fields)
        else { return .begin }
        let decision = decide(head, response, prompt.tier.name, now)
        if case .begin = decision {
            // A flight finds what may be done with a stale one. Both are of what memory has.
            candidate = nil
            isFalseHit = false
        } else {
            prompt.meter.lookedUp(isHit: true)
        }
        return decision
    }

    private func responseAtHand(_ prompt: PromptHits, _ fields: FieldBlock) -> StoredResponse? {
        let known = key.withUnsafeBytes { key in
            // What the origin sees selects: where rules change that, a flight knows it.
            turn.find(key) { !changesRequests && Vary.matches(selection: $0, request: fields) }
        }
        if let known { return known }
        let asked = ContinuousClock.now
        let primary = CacheKey(bytes: key)
        var found: StoredResponse?
        switch prompt.tier.recordAtHand(TierKey(primary: primary)) {
        case .response(let response)? where response.selection.isEmpty: found = response
        case .variants(let list)? where !changesRequests:
            for key in list.keys(under: primary, request: fields) {
                guard case .response(let response)? = prompt.tier.recordAtHand(key) else { continue }
                if Vary.matches(selection: response.selection, request: fields) { found = response }
                break
            }
        case .response, .variants, nil: break
        }
        guard let found else { return nil }
        prompt.meter.read(asked.duration(to: .now))
        turn.add(found, on: loop)
        return found
    }

    private var changesRequests: Bool { engine.policy.sites[site].rules.changesRequests }
}

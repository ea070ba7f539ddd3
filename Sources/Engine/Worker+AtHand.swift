internal import CacheModel
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

    func find(_ key: UnsafeRawBufferPointer) -> StoredResponse? {
        responses.first { $0.key.sameBytes(as: key) }
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
            let response = responseAtHand(prompt)
        else { return .begin }
        // A flight finds the variants of a URL, and what may be done with a stale response.
        if response.selection.isEmpty {
            let decision = decide(head, response, prompt.tier.name, now)
            if case .begin = decision {
            } else {
                prompt.meter.lookedUp(isHit: true)
                return decision
            }
        }
        // Both are of what memory has.
        candidate = nil
        isFalseHit = false
        return .begin
    }

    private func responseAtHand(_ prompt: PromptHits) -> StoredResponse? {
        if let known = key.withUnsafeBytes({ turn.find($0) }) { return known }
        let asked = ContinuousClock.now
        guard let response = prompt.tier.responseAtHand(TierKey(primary: CacheKey(bytes: key))) else { return nil }
        prompt.meter.read(asked.duration(to: .now))
        turn.add(response, on: loop)
        return response
    }
}

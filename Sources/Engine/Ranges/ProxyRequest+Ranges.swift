internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import MemoryTier

/// A part of a body that is not fresh in memory. The whole is fetched, in a flight that others share, where it is known
/// to be of a size that a tier takes; where nothing is known, the request goes to the origin as it is, so that one byte
/// of a large body is not paid with all of it (attacks.md 20).
extension ProxyRequest {
    func lookUpRange() {
        if answerFromParts() { return }
        // A flight under way brings the whole anyway: its head says how much that is.
        if !isMarkedUncacheable, let flight = engine.flights.running(flightKey), flight.isUsable(arrival: arrival) {
            self.flight = flight
            isFollower = true
            return flight.add(self)
        }
        if let candidate = memoryCandidate(), partition.takesBody(ofLength: candidate.response.bodyLength) {
            return lookUp()
        }
        let flight = Flight(
            key: TierKey(primary: request.key), request: request, engine: engine, loop: loop, isSolo: true,
            tiersOnly: true)
        self.flight = flight
        isFollower = false
        flight.add(self, leads: true)
        flight.start()
    }

    /// No tier has a fresh response for a range; a stale one tells the size at least.
    func rangeNotCached() {
        // Safe to read here: a flight that was made for one request runs on its loop.
        let candidate = flight?.candidate
        flight = nil
        if let candidate, partition.takesBody(ofLength: candidate.response.bodyLength) {
            lookUp(known: candidate)
        } else {
            fetchAsAsked()
        }
    }

    /// Whether an answer of another's flight is of no use: of unknown length, or not kept, it can't be cut.
    func cannotCut(_ answer: FlightAnswer) -> Bool {
        plan.isRange && isFollower && answer.status == 200 && (answer.length == nil || answer.stored == nil)
    }
}

internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation

/// Answers to POST that later GETs may get (RFC 9110 §9.3.3).
extension Flight {
    /// First what the POST changed is made invalid, in all tiers of all instances, then its answer is stored.
    func sharePost(_ answer: FlightAnswer, _ stored: StoredHead, _ transfer: any OriginTransfer) {
        isInvalidating = true
        state = .streaming(transfer, answer)
        takeBeginning()
        UnsafeMethodInvalidation.run(request, fields: answer.fields, engine: engine, loop: loop) { appended in
            self.isInvalidating = false
            // It failed meanwhile: the client sees the break.
            guard case .streaming(_, var answer) = self.state else { return self.resolve(.passing(answer)) }
            answer.stored = self.current(stored, appended: appended)
            self.state = .streaming(transfer, answer)
            if answer.stored == nil {
                self.body.pass(on: self.loop) { [weak self] in self?.drained() }
                self.resolve(.passing(answer))
            } else {
                self.resolve(.shared(answer))
            }
            if self.endedWhileInvalidating { self.didFinish() }
        }
    }

    /// The head with a position that its own invalidation does not select; nil where another may have come with it.
    private func current(_ stored: StoredHead, appended: Bool) -> StoredHead? {
        let (asOf, now) = (stored.meta.asOf, engine.table.position)
        if engine.judge(
            request.key, tags: stored.tags, tagsCut: stored.meta.tagsCut, asOf: asOf, localNumber: localNumber)
            == .valid
        {
            return stored
        }
        guard appended, now.epoch == asOf.epoch, now.n > asOf.n, now.n - asOf.n == 1 else { return nil }
        var current = stored
        current.meta.asOf = now
        return current
    }
}

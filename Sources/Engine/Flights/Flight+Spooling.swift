internal import CacheModel
internal import NIOCore

/// Bodies that are too long to be kept in memory while they arrive.
extension Flight {
    func appendToSpool(_ bytes: ByteBuffer) {
        guard let spool, case .streaming(let transfer, _) = state else { return }
        spool.append(bytes)
        if spool.hasFailed {
            // The readers go on at their own pace: first with what the spool has, then with what memory has.
            self.spool = nil
            loseBody(ofLength: body.total)
        } else if spool.backlog > BodySpoolLimits.high, !isPausedForSpool {
            pauseForSpool(spool, transfer)
        }
    }

    private func pauseForSpool(_ spool: any BodySpool, _ transfer: any OriginTransfer) {
        isPausedForSpool = true
        transfer.pause()
        spool.whenDrained(on: loop) {
            self.isPausedForSpool = false
            transfer.resume()
        }
    }

    /// The body is too long to be kept in memory. It goes to the disk tier's spool if that tier is to have it, else to
    /// another, from which the other tiers get it. Without room for either it is passed on and not stored.
    func beginSpooling(expected: Int?) {
        var made: (any BodySpool)?
        if isForDisk(expected: expected) {
            made = partition.spoolingTier?.makeSpool(expectedLength: expected)
            diskPart = made == nil ? .lost : .spooled
            if made == nil { partition.spooling?.meter.lostBody() }
        }
        guard let made = made ?? partition.spools.makeSpool(expectedLength: expected) else {
            return loseBody(ofLength: expected ?? body.total)
        }
        spool = made
        for chunk in body.allBytes() { made.append(chunk) }
        body.spool(into: made)
    }

    /// Whether the disk tier takes a body of that length; of an unknown one, whether no other tier would take a longer one.
    private func isForDisk(expected: Int?) -> Bool {
        guard let disk = partition.spooling, writes.mode(of: disk) != .off else { return false }
        if let expected { return expected <= disk.tier.maxObject }
        return !takes(bytes: disk.tier.maxObject + 1, partition.slower[...])
    }

    /// It will not be stored. Each tier is told why: one that would have taken it has lost it.
    private func loseBody(ofLength length: Int) {
        for setup in partition.slower {
            switch diskPart {
            case .lost where setup.tier === partition.spoolingTier: break
            // The tier has counted why its spool failed.
            case .spooled where setup.tier === partition.spoolingTier: setup.meter.lostBody()
            case .lost, .spooled, .notAsked: if mayWrite(bytes: length, to: setup) { setup.meter.lostBody() }
            }
        }
        countRefusalOfMemory(bytes: length)
        stopStoring()
    }

    private func stopStoring() {
        releaseLease()
        guard case .streaming(let transfer, var answer) = state else { return }
        answer.stored = nil
        state = .streaming(transfer, answer)
        body.pass(on: loop) { [weak self] in self?.drained() }
        // The body's beginning goes as it is read: nobody can join any more.
        if resolution != nil { resolution = .fetchYourself }
        if !isSolo { engine.flights.remove(self)?.start() }
    }
}

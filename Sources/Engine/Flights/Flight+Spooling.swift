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
            countLostBody(ofLength: nil)
            stopStoring()
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

    /// The body is too long to be kept in memory. Without room for a spool it is passed on and not stored.
    func beginSpooling(expected: Int?) {
        guard let made = partition.spools.makeSpool(expectedLength: expected) else {
            countLostBody(ofLength: expected)
            stopStoring()
            return
        }
        spool = made
        for chunk in body.allBytes() { made.append(chunk) }
        body.spool(into: made)
    }

    /// What the disk tier would have got.
    private func countLostBody(ofLength length: Int?) {
        for setup in partition.slower where setup.tier === partition.spoolingTier && writes.mode(of: setup) != .off {
            if length ?? body.total > setup.tier.maxObject {
                setup.meter.rejected(.tooLarge)
            } else {
                setup.meter.lostBody()
            }
        }
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

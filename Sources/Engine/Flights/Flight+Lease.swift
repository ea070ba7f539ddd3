internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation

/// One instance of a fleet fills, the others wait for the entry where all can see it (invalidation.md rule 8).
extension Flight {
    /// Asks the origin, unless another instance is at it already; then waits for what that one files. Waits once: what
    /// brought nothing valid is followed by a fetch of its own.
    func fetchUnderLease() {
        guard let tier = partition.leasingTier, mayLease else { return fetch() }
        let key = leased?.key ?? TierKey(primary: request.key)
        tier.lease(key, seen: leased?.seen, asOf: engine.table.position, on: loop) { answer in
            guard case .walking = self.state else {
                if case .granted(let lease) = answer { tier.release(lease, on: self.loop) }
                return
            }
            switch answer {
            case .granted(let lease):
                self.lease = lease
                self.fetch()
            case .held(let lease): self.wait(for: lease, in: tier)
            case .filled: self.readAgain(key, in: tier)
            case .unavailable: self.fetch()
            }
        }
    }

    /// What is not for sharing, or won't be in the tier, is nobody's to wait for.
    private var mayLease: Bool {
        !isSolo && !skipsTiers && request.method == .get && request.upload == .none && !request.isForwardedWhole
            && request.caching.cacheable
            && partition.slower.contains { $0.tier === partition.leasingTier && $0.write != .off }
    }

    /// Remembers what the leasing tier has, so that the lease is of just that entry.
    func noteForLease(_ read: TierRead, key: TierKey, tier: any Tier) {
        guard tier === partition.leasingTier else { return }
        switch read {
        case .hit(.response(let response)): leased = (key, response.meta.entryID)
        case .hit(.variants(let index)): leased = (key, index.entryID)
        case .miss, .unavailable: leased = (key, nil)
        }
    }

    private func wait(for lease: HeldLease, in tier: any LeasingTier) {
        guard isWorthWaiting(for: lease) else { return fetch() }
        tier.wait(for: lease, on: loop, while: { self.isWorthWaiting(for: lease) }) { outcome in
            guard case .walking = self.state else { return }
            switch outcome {
            case .over: self.readAgain(lease.key, in: tier)
            case .timeout, .unwanted: self.fetch()
            }
        }
    }

    /// Not when it was purged after the holder may have asked the origin, or when that can't be told.
    private func isWorthWaiting(for lease: HeldLease) -> Bool {
        engine.judge(request.key, tags: [], tagsCut: false, asOf: lease.asOf, localNumber: 0) == .valid
    }

    private func readAgain(_ key: TierKey, in tier: any LeasingTier, others: ArraySlice<TierKey> = []) {
        tier.read(key, on: loop) { read in
            guard case .walking = self.state else { return }
            switch read {
            case .hit(.variants(let index)):
                let keys = key.selection.isEmpty ? self.variantKeys(of: index) : []
                guard let first = keys.first else { return self.fetch() }
                self.readAgain(first, in: tier, others: keys.dropFirst())
            case .miss where !others.isEmpty:
                self.readAgain(others[others.startIndex], in: tier, others: others.dropFirst())
            case .hit(.response(let response)) where self.isFreshMatch(response):
                if let index = self.partition.slower.firstIndex(where: { $0.tier === tier }) {
                    self.partition.slower[index].meter.lookedUp(isHit: true)
                    self.promote(response, from: index)
                }
                self.finish(.stored(response, .tier(tier.name)))
            case .hit, .miss, .unavailable: self.fetch()
            }
        }
    }

    /// The entry is not coming, or not from this fill: nobody shall wait for it any more.
    func releaseLease() {
        guard let lease = lease.take() else { return }
        partition.leasingTier?.release(lease, on: loop)
    }

    /// A body above what the leasing tier takes.
    func releaseLease(ifLongerThanTier length: Int) {
        if lease != nil, let tier = partition.leasingTier, length > tier.maxObject { releaseLease() }
    }
}

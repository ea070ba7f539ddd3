package import CacheModel
package import Invalidation

extension RedisTier: LeasingTier {
    package func lease(
        _ key: TierKey, seen: UInt64?, asOf: Position, on loop: any EngineLoop,
        _ done: @escaping @Sendable (LeaseAnswer) -> Void
    ) {
        let slot = slot(for: loop)
        let value = LeaseValue(token: 0, holder: holder, nonce: .random(in: 1 ... .max), asOf: asOf)
        slot.run { deadline in
            slot.lease(key, seen: seen, value: value, deadline: deadline) { result in answer(result, on: loop, done) }
        }
    }

    package func isLeased(_ key: TierKey, on loop: any EngineLoop, _ done: @escaping @Sendable (Bool?) -> Void) {
        let slot = slot(for: loop)
        slot.run { deadline in
            slot.isLeased(key, deadline: deadline) { result in answer(result, on: loop, done) }
        }
    }

    /// Waits no longer than a lease lives.
    package func wait(
        for lease: HeldLease, on loop: any EngineLoop, while isWanted: @escaping @Sendable () -> Bool,
        _ done: @escaping @Sendable (LeaseWait) -> Void
    ) {
        let slot = slot(for: loop)
        slot.run { _ in
            let end = Link.now + (self.configuration.leaseMilliseconds ?? 0)
            slot.wait(for: lease, until: end, while: isWanted) { result in answer(result, on: loop, done) }
        }
    }

    package func release(_ lease: FillLease, on loop: any EngineLoop) {
        let slot = slot(for: loop)
        slot.run { _ in slot.release(lease.key, nonce: lease.nonce) }
    }
}

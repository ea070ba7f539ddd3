package import Invalidation

/// A tier that all instances of a fleet share, in which one of them takes on a fill for all (invalidation.md rule 8):
/// whoever holds the lease of an entry asks the origin, the others wait for the entry in the tier. A lease only saves
/// work: without an answer, or when the holder dies, everyone may fill.
package protocol LeasingTier: Tier {
    /// Asks to do the fill of that entry. Calls back on `loop` within the tier's time budget.
    /// - Parameters:
    ///   - seen: the entry id of the record that the caller found under the key; nil: none.
    ///   - asOf: the position at which the origin will be asked, or an earlier one.
    func lease(
        _ key: TierKey, seen: UInt64?, asOf: Position, on loop: any EngineLoop,
        _ done: @escaping @Sendable (LeaseAnswer) -> Void)

    /// Whether anyone fills that entry; nil: the tier can't tell. Calls back on `loop` within the tier's time budget.
    func isLeased(_ key: TierKey, on loop: any EngineLoop, _ done: @escaping @Sendable (Bool?) -> Void)

    /// Waits until another's lease is given back or has run out. Calls back on `loop`, once.
    /// - Parameter isWanted: asked on `loop` again and again; false ends the waiting.
    func wait(
        for lease: HeldLease, on loop: any EngineLoop, while isWanted: @escaping @Sendable () -> Bool,
        _ done: @escaping @Sendable (LeaseWait) -> Void)

    /// Gives a lease back: the entry is in the tier, or won't come. Any thread.
    func release(_ lease: FillLease, on loop: any EngineLoop)
}

package enum LeaseAnswer: Sendable, Equatable {
    /// The caller fills, and releases.
    case granted(FillLease)
    /// Another instance is at it.
    case held(HeldLease)
    /// Since the caller looked, another record has come under the key.
    case filled
    /// The tier can't tell: fill without.
    case unavailable
}

package enum LeaseWait: Sendable, Equatable {
    /// The holder has given it back or lost it: the entry may be there.
    case over
    /// The holder took longer than anyone waits.
    case timeout
    case unwanted
}

/// One's own lease.
package struct FillLease: Sendable, Equatable {
    package let key: TierKey
    /// Higher with each lease of the key.
    package let token: UInt64
    /// Random; names this lease.
    package let nonce: UInt64

    package init(key: TierKey, token: UInt64, nonce: UInt64) {
        self.key = key
        self.token = token
        self.nonce = nonce
    }
}

/// Another instance's lease.
package struct HeldLease: Sendable, Equatable {
    package let key: TierKey
    package let holder: UInt64
    package let token: UInt64
    package let nonce: UInt64
    /// Where the log stood for the holder when it asked: what it fills is no older.
    package let asOf: Position

    package init(key: TierKey, holder: UInt64, token: UInt64, nonce: UInt64, asOf: Position) {
        self.key = key
        self.holder = holder
        self.token = token
        self.nonce = nonce
        self.asOf = asOf
    }
}

internal import CacheModel
package import Invalidation

/// What stands under a lease's key: `token holder nonce epoch n`, in decimal and four times in hex, for an operator to
/// read. Untrusted.
package struct LeaseValue: Sendable, Equatable {
    package var token: UInt64
    package var holder: UInt64
    package var nonce: UInt64
    package var asOf: Position

    package init(token: UInt64, holder: UInt64, nonce: UInt64, asOf: Position) {
        self.token = token
        self.holder = holder
        self.nonce = nonce
        self.asOf = asOf
    }

    package init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 5, let token = UInt64(words[0]), let holder = UInt64(words[1], radix: 16),
            let nonce = UInt64(words[2], radix: 16), let epoch = UInt64(words[3], radix: 16),
            let n = UInt64(words[4], radix: 16)
        else { return nil }
        self.init(token: token, holder: holder, nonce: nonce, asOf: Position(epoch: epoch, n: n))
    }

    /// All but the token, which Redis puts in front.
    var tail: String {
        [holder, nonce, asOf.epoch, asOf.n].map { String($0, radix: 16) }.joined(separator: " ")
    }

    func held(_ key: TierKey) -> HeldLease {
        HeldLease(key: key, holder: holder, token: token, nonce: nonce, asOf: asOf)
    }
}

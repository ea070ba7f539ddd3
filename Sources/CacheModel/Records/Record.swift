internal import Invalidation

/// What Redis and disk keep under a `TierKey`.
package enum Record: Sendable {
    case response(StoredResponse)
    case variants(VariantIndex)

    /// The position that decides which of two records is newer.
    package var asOfEpoch: UInt64 {
        switch self {
        case .response(let response): response.meta.asOf.epoch
        case .variants(let index): index.asOf.epoch
        }
    }
    package var asOfN: UInt64 {
        switch self {
        case .response(let response): response.meta.asOf.n
        case .variants(let index): index.asOf.n
        }
    }
}

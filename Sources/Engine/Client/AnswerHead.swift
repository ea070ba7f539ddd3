package import CacheModel
package import HTTPCaching
package import HTTPMessage

/// The head of an answer to a client, free of any protocol version. The listener adds framing, `Age`, `Cache-Status`,
/// `Via` and `Connection`.
package struct AnswerHead: Sendable {
    package enum Fields: Sendable {
        /// As stored, byte for byte.
        case stored(StoredResponse)
        case block(FieldBlock)
    }

    package enum Length: Sendable, Equatable {
        /// No body and no framing field: 204, 304.
        case none
        case exactly(Int)
        /// Known only at its end.
        case unknown
        /// The answer to a HEAD: what a GET would get, nil when that is not known.
        case ofHead(Int?)

        /// A body follows.
        var isOfBody: Bool {
            switch self {
            case .exactly(let length): length > 0
            case .unknown: true
            case .none, .ofHead: false
            }
        }
    }

    package var status: Int
    /// The origin's reason phrase; empty: the standard one of the status.
    package var reason: [UInt8]
    package var fields: Fields
    package var length: Length
    /// Only on answers from the store.
    package var age: Int64?
    /// Nil where the cache had no part: refusals of the listener, purges.
    package var cacheStatus: CacheStatus?
    package var result: CacheResult
    package var tier: TierName?
    /// For who asked with `Strata-Debug` and may: written after all other fields.
    package var debug: FieldBlock?

    package init(
        status: Int, reason: [UInt8] = [], fields: Fields, length: Length, age: Int64? = nil,
        cacheStatus: CacheStatus?, result: CacheResult, tier: TierName? = nil
    ) {
        self.status = status
        self.reason = reason
        self.fields = fields
        self.length = length
        self.age = age
        self.cacheStatus = cacheStatus
        self.result = result
        self.tier = tier
    }
}

package import HTTPCaching
package import HTTPMessage
package import Invalidation

/// The facts of a stored response that are not bytes. Fixed size, no references.
package struct ResponseMeta: Sendable, Equatable {
    package var status: UInt16
    package var freshness: Freshness
    /// When the request that brought it was sent (RFC 9111 §4.2.3 `request_time`).
    package var requestTime: Timestamp
    /// The position that this instance had applied when it sent that request (invalidation.md rule 1).
    package var asOf: Position
    /// Random; names this entry in conditional deletes and writes (invalidation.md rules 6 and 7).
    package var entryID: UInt64
    /// Random per process: who requested it, and the local number of the request (invalidation.md rule 17).
    package var instance: UInt64
    package var localNumber: UInt64
    /// More tags came than are kept: every tag record selects it (invalidation.md rule 2).
    package var tagsCut: Bool
    /// The value of `Last-Modified` when it is a valid date; whole seconds.
    package var lastModified: Timestamp?

    package init(
        status: UInt16, freshness: Freshness, requestTime: Timestamp, asOf: Position, entryID: UInt64,
        instance: UInt64, localNumber: UInt64, tagsCut: Bool = false, lastModified: Timestamp? = nil
    ) {
        self.status = status
        self.freshness = freshness
        self.requestTime = requestTime
        self.asOf = asOf
        self.entryID = entryID
        self.instance = instance
        self.localNumber = localNumber
        self.tagsCut = tagsCut
        self.lastModified = lastModified
    }
}

extension ResponseMeta {
    /// The entry id of a request's response: another for each request of a process (the steps are a bijection of the
    /// number), and as good as random between processes: SplitMix64 (Steele, Lea & Flood, OOPSLA 2014) without a system
    /// call a response. Never 0. An entry whose id is this one does not keep it.
    package static func entryID(instance: UInt64, localNumber: UInt64) -> UInt64 {
        var word = instance &+ localNumber &* 0x9e37_79b9_7f4a_7c15
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        word ^= word >> 31
        return max(word, 1)
    }
}

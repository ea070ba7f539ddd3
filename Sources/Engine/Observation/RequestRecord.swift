package import CacheModel
package import HTTPMessage

/// How a request was answered: the words of the access log and of the counters.
package enum CacheResult: String, Sendable, CaseIterable {
    /// From a tier, fresh or freshened by the request's own rules.
    case hit
    /// From a tier, stale (stale-while-revalidate, stale-if-error).
    case stale
    /// From a tier after the origin confirmed it with a 304.
    case revalidated
    /// From the origin, and the origin's answer may be stored.
    case miss
    /// From the origin, by a request that joined another's flight.
    case collapsed
    /// From the origin, not to be stored.
    case pass
    /// Made by Strata: errors, 421, refused purges.
    case synthetic
    /// A purge that was accepted.
    case purge

    /// Its place in `allCases`, without making that array: counters are found by it on every hit.
    package var index: Int {
        switch self {
        case .hit: 0
        case .stale: 1
        case .revalidated: 2
        case .miss: 3
        case .collapsed: 4
        case .pass: 5
        case .synthetic: 6
        case .purge: 7
        }
    }
}

/// One answered request, as the access log gets it. Valid during the call only: it points into the connection's memory.
package struct RequestRecord: ~Copyable {
    package var client: UnsafeRawBufferPointer
    /// The request line's bytes as received, without CRLF.
    package var requestLine: UnsafeRawBufferPointer
    /// The `Host` field's bytes.
    package var host: UnsafeRawBufferPointer
    package var status: Int
    /// Body bytes sent to the client.
    package var bodyBytes: Int
    package var referer: UnsafeRawBufferPointer
    package var userAgent: UnsafeRawBufferPointer
    package var result: CacheResult
    /// Which tier answered; nil when none did.
    package var tier: TierName?
    package var now: Timestamp
    /// From the head's last byte to the answer's last byte handed to the socket.
    package var durationMicroseconds: Int64

    package init(
        client: UnsafeRawBufferPointer, requestLine: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer,
        status: Int, bodyBytes: Int, referer: UnsafeRawBufferPointer, userAgent: UnsafeRawBufferPointer,
        result: CacheResult, tier: TierName?,
        now: Timestamp, durationMicroseconds: Int64
    ) {
        self.client = client
        self.requestLine = requestLine
        self.host = host
        self.status = status
        self.bodyBytes = bodyBytes
        self.referer = referer
        self.userAgent = userAgent
        self.result = result
        self.tier = tier
        self.now = now
        self.durationMicroseconds = durationMicroseconds
    }
}

/// Where answered requests are told, one object a loop, called on that loop only. Must not block or call out: it is on
/// the path of every hit.
package protocol RequestLog: AnyObject, Sendable {
    func record(_ request: borrowing RequestRecord)
}

internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
package import NIOCore

/// A fresh response, in memory with its whole body, that answers a request with `Range`: all that the listener writes. An object, so that
/// `Worker.Decision` stays as small as it is for hits without one.
package final class PartialHit: Sendable {
    package let head: AnswerHead
    /// The body, in order; parts of a large stored body share its storage.
    package let pieces: [ByteBuffer]
    package let length: Int

    /// Nil: the request gets the whole.
    init?(
        _ response: StoredResponse, _ tier: TierName, request: borrowing RequestHead, age: Int64, ttl: Int64,
        now: Timestamp
    ) {
        guard let ranged = RangedAnswer(response, requestFields: request.fields, method: request.method, now: now)
        else { return nil }
        var head = AnswerHead(
            status: ranged.status, fields: .block(ranged.fields), length: .none, age: age,
            cacheStatus: CacheStatus(hit: true, ttl: ttl, detail: tier.rawValue), result: .hit,
            tier: tier)
        ranged.apply(to: &head)
        self.head = head
        length = ranged.length
        pieces = ranged.segments.map { segment in
            switch segment {
            case .bytes(let bytes): bytes
            case .body(let range): response.part(range)
            }
        }
    }
}

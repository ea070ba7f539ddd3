internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation

/// A stored response as one request sees it at one moment.
struct StoredView {
    let response: StoredResponse
    let age: Int64
    let ttl: Int64
    private let now: Timestamp

    init(_ response: StoredResponse, engine: Engine, now: Timestamp) {
        self.response = response
        self.now = now
        let freshness = response.meta.freshness
        // What a record made stale must not look fresh to a cache in front of us (invalidation.md rule 9).
        let age = freshness.age(at: now)
        let isValid = engine.judgeByRecords(response) == .valid
        self.age = isValid ? age : max(age, Int64(freshness.lifetime))
        let ttl = freshness.timeToLive(at: now)
        self.ttl = isValid ? ttl : min(ttl, 0)
    }

    /// The head with `Cache-Status` still to be set: the stored one, or a 304 to a conditional request.
    func head(isHead: Bool, requestFields: FieldBlock, method: Method) -> AnswerHead {
        var head = AnswerHead(
            status: Int(response.meta.status), fields: .stored(response),
            length: isHead ? .ofHead(response.bodyLength) : .exactly(response.bodyLength), age: age,
            cacheStatus: CacheStatus(hit: true, ttl: ttl), result: .hit)
        guard response.meta.status == 200,
            Conditional.evaluate(
                method: method, requestFields: requestFields, etag: response.etag,
                lastModified: response.meta.lastModified, date: response.meta.freshness.responseTime, status: 200,
                now: now) == .notModified
        else {
            if response.meta.status == 204 { head.length = .none }
            return head
        }
        head.status = 304
        head.length = .none
        head.fields = .block(Conditional.notModifiedFields(FieldBlock(lines: response.fields)))
        return head
    }
}

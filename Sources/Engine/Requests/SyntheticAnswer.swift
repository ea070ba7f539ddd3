internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
package import NIOCore

/// An answer that Strata makes itself. Never stored, anywhere.
package struct SyntheticAnswer: Sendable {
    package var status: Int
    /// For people: one sentence without a full stop.
    package var text: String
    /// `detail` in `Cache-Status`; nil: no such field, because the cache had no part in it.
    package var detail: String?
    /// JSON instead of text.
    package var json: String?
    package var result: CacheResult

    package init(
        status: Int, text: String, detail: String? = nil, json: String? = nil, result: CacheResult = .synthetic
    ) {
        self.status = status
        self.text = text
        self.detail = detail
        self.json = json
        self.result = result
    }

    package var body: ByteBuffer {
        ByteBuffer(string: json.map { $0 + "\n" } ?? "\(status) \(StatusText.phrase(status))\n\(text)\n")
    }

    package func head(isHead: Bool) -> AnswerHead {
        var fields = FieldBlock()
        fields.append(.contentType, json == nil ? "text/plain; charset=utf-8" : "application/json")
        fields.append(.cacheControl, "no-store")
        if status == 405 { fields.append(.allow, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, PURGE") }
        if status == 429 { fields.append(.retryAfter, "1") }
        return AnswerHead(
            status: status, fields: .block(fields),
            length: isHead ? .ofHead(body.readableBytes) : .exactly(body.readableBytes),
            cacheStatus: detail.map { CacheStatus(fwd: .uriMiss, detail: $0) },
            result: result)
    }
}

/// What goes back for one request: steps in order, then the connection stays open or closes.
struct Answer: Sendable {
    enum Step: Sendable {
        case bytes([UInt8])
        case wait(milliseconds: Int64)
        /// Part of a body, at a rate or as fast as the peer reads; chunked: each piece is a chunk.
        case body(PageBody, Range<Int64>, bytesPerSecond: Int64?, chunked: Bool)
        /// Never goes on; only the peer ends the connection.
        case hang
        /// Ends the connection by a TCP reset.
        case reset
    }

    var steps: [Step]
    var closes: Bool

    init(_ steps: [Step], closes: Bool = false) {
        self.steps = steps
        self.closes = closes
    }

    /// A small answer for the origin's own pages: never cacheable.
    static func text(
        _ body: String, status: Int = 200, type: String = "text/plain; charset=utf-8", isHead: Bool = false
    ) -> Answer {
        var head = ResponseHead(status: status)
        head.append("Content-Type", type)
        head.append("Cache-Control", "no-store")
        head.append("Content-Length", String(body.utf8.count))
        return Answer([.bytes(head.bytes + (isHead ? [] : Array(body.utf8)))])
    }
}

/// A response head that writes whatever it is given.
struct ResponseHead: Sendable {
    var version = "HTTP/1.1"
    var status: Int
    var reason: String?
    private(set) var fields: [(name: String, value: String)] = []

    init(status: Int, reason: String? = nil) {
        self.status = status
        self.reason = reason
    }

    mutating func append(_ name: String, _ value: String) { fields.append((name, value)) }

    var bytes: [UInt8] {
        var text = "\(version) \(status) \(reason ?? Self.reasons[status] ?? "Status")\r\n"
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    private static let reasons: [Int: String] = [
        103: "Early Hints", 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
        301: "Moved Permanently", 302: "Found", 304: "Not Modified", 307: "Temporary Redirect",
        308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 410: "Gone", 416: "Range Not Satisfiable", 429: "Too Many Requests",
        500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]
}

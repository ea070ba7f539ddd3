package import HTTPMessage
package import NIOCore

/// The origin side, as the engine sees it. `OriginFetch` implements it with libcurl.
package protocol Upstream: AnyObject, Sendable {
    /// Starts a fetch. Every event goes to `handler` on `loop`, in order, and ends with exactly one of `didFinish` and
    /// `didFail` (none after `cancel()`). Called on `loop`.
    func fetch(_ request: OriginRequest, on loop: any EngineLoop, handler: any OriginHandler) -> any OriginTransfer
}

/// One fetch under way. Every method may be called from any thread and returns at once.
package protocol OriginTransfer: AnyObject, Sendable {
    /// Stops reading from the origin until `resume()`. What is under way may still arrive: up to 1 MB.
    func pause()
    func resume()
    /// Ends it; no event follows once this returns on the handler's loop.
    func cancel()
    /// A piece of the request body; only with a body other than `.none`.
    func send(_ bytes: ByteBuffer)
    func finishBody()
}

/// Who hears of a fetch. All calls on the loop that was given to `fetch`.
package protocol OriginHandler: AnyObject, Sendable {
    /// A 1xx answer but 100 and 101.
    func didReceiveInterim(status: Int, fields: FieldBlock)
    func didReceiveHead(_ head: OriginHead)
    /// A head with the first bytes of its body, where they came together: one answer to the client instead of two.
    /// Without an implementation it is the two calls.
    func didReceiveHead(_ head: OriginHead, beginning: ByteBuffer)
    /// Never empty.
    func didReceiveBody(_ bytes: ByteBuffer)
    /// The response is complete as its framing says. Trailers were checked and dropped.
    func didFinish()
    func didFail(_ failure: OriginFailure)
    /// All but `OriginRequest.uploadWindow` bytes of the request body were taken: send more.
    func canSendMore()
}

extension OriginHandler {
    package func didReceiveHead(_ head: OriginHead, beginning: ByteBuffer) {
        didReceiveHead(head)
        didReceiveBody(beginning)
    }
}

/// A request to an origin server, complete but for framing.
package struct OriginRequest: Sendable {
    package enum Body: Sendable, Equatable {
        case none
        case length(Int64)
        case chunked
    }

    package var server: OriginServer
    /// As it goes on the wire.
    package var method: [UInt8]
    /// Path and query as they go on the wire.
    package var target: [UInt8]
    /// Every field, `Host` included, except `Content-Length` and `Transfer-Encoding`, which follow from `body`.
    package var fields: FieldBlock
    package var body: Body
    /// The request may be sent again, once, if a kept connection turns out closed before any byte of an answer
    /// (`retry: idempotent`, bodyless idempotent methods only). Never true with a body.
    package var mayRetry: Bool

    /// Request-body bytes that may wait for the origin: above it the client is not read.
    package static let uploadWindow = 256 << 10

    package init(
        server: OriginServer, method: [UInt8], target: [UInt8], fields: FieldBlock, body: Body = .none,
        mayRetry: Bool = false
    ) {
        self.server = server
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.mayRetry = mayRetry
    }
}

/// One origin server and how it is spoken to. Durations are milliseconds.
package struct OriginServer: Sendable, Hashable {
    package enum Scheme: String, Sendable {
        case http, https
    }

    package var scheme: Scheme
    /// A name or an IP address, IPv6 without brackets.
    package var host: String
    package var port: Int
    package var connectTimeout: Int64
    /// To the first byte of the answer's head.
    package var timeout: Int64
    /// Between bytes, not counted while we pause.
    package var idleTimeout: Int64
    /// Idle connections kept.
    package var keepalive: Int

    package init(
        scheme: Scheme, host: String, port: Int, connectTimeout: Int64 = 2_000, timeout: Int64 = 30_000,
        idleTimeout: Int64 = 30_000, keepalive: Int = 64
    ) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        self.keepalive = keepalive
    }

    /// `http://host:port`, IPv6 in brackets.
    package var url: String {
        "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

/// A final response head that passed the strict parser. `fields` are the origin's, untouched, framing included.
package struct OriginHead: Sendable {
    package enum Framing: Sendable, Equatable {
        /// No body by definition: HEAD, 204, 304.
        case none
        case length(Int64)
        case chunked
        /// Until the connection closes.
        case close
    }

    package var status: Int
    package var reason: [UInt8]
    package var fields: FieldBlock
    package var framing: Framing

    package init(status: Int, reason: [UInt8], fields: FieldBlock, framing: Framing) {
        self.status = status
        self.reason = reason
        self.fields = fields
        self.framing = framing
    }
}

/// Why a fetch came to nothing or broke off.
package struct OriginFailure: Error, Sendable, Equatable {
    /// The raw values are log words, and `detail` in `Cache-Status`.
    package enum Kind: String, Sendable, CaseIterable {
        case connectFailed = "connect_failed"
        case connectTimeout = "connect_timeout"
        case nameNotResolved = "name_not_resolved"
        case tlsFailed = "tls_failed"
        case headTimeout = "head_timeout"
        case idleTimeout = "idle_timeout"
        /// The connection ended before a head came.
        case closedBeforeHead = "closed_before_head"
        /// The connection ended inside the body.
        case truncatedBody = "truncated_body"
        case malformedHead = "malformed_head"
        case headTooLarge = "head_too_large"
        case malformedBody = "malformed_body"
        case unaskedUpgrade = "unasked_upgrade"
        case internalError = "internal_error"
    }

    package var kind: Kind
    /// For people: what was wrong, in a few words of ASCII.
    package var text: String

    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    /// Answered with 504 instead of 502.
    package var isTimeout: Bool { kind == .connectTimeout || kind == .headTimeout || kind == .idleTimeout }
}

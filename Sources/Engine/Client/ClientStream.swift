internal import CacheModel
package import HTTPMessage
package import NIOCore

/// The client's side of one request, as the engine sees it. The listener implements it for each protocol. All calls on
/// the client's loop; after `finish`, `abort` or `RequestTask.clientGone` none is made.
package protocol ClientStream: AnyObject, Sendable {
    func sendInterim(status: Int, fields: FieldBlock)
    /// Once, before any body.
    func sendHead(_ head: AnswerHead)
    /// Returns whether more may be sent now; if not, `RequestTask.clientCanTakeMore` tells when.
    func sendBody(_ bytes: ByteBuffer) -> Bool
    /// Puts what was written on the wire; called when nothing more comes for now.
    func flush()
    func finish()
    /// Breaks the connection so that the client sees an incomplete answer.
    func abort()
    /// Asks for the request's body: the listener then answers an `Expect: 100-continue` and feeds
    /// `RequestTask.clientBody`. Without this call the body is read and dropped.
    func wantBody()
    /// Stops and resumes reading the request's body.
    func pauseBody()
    func resumeBody()
}

/// The engine's side of one request. All calls on the client's loop.
package protocol RequestTask: AnyObject, Sendable {
    func clientCanTakeMore()
    func clientBody(_ bytes: ByteBuffer)
    func clientBodyEnded()
    /// The connection is gone. No call follows in either direction.
    func clientGone()
}

/// Who sent a request. One value a connection.
package struct ClientAddress: Sendable {
    /// The peer's address as text, without port; `unix` for a unix socket.
    package var text: [UInt8]
    /// 4 or 16 bytes, empty for a unix socket.
    package var packed: [UInt8]
    /// The connection came in over TLS.
    package var secure: Bool

    package init(text: [UInt8], packed: [UInt8], secure: Bool) {
        self.text = text
        self.packed = packed
        self.secure = secure
    }
}

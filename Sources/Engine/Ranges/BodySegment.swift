package import NIOCore

/// A stretch of the body of an answer that is no whole stored body.
package enum BodySegment: Sendable {
    /// At hand: heads of a multipart answer, or a part that is stored.
    case bytes(ByteBuffer)
    /// This part of the body that the answer is made of.
    case body(Range<Int>)
}

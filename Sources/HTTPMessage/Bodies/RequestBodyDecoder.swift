/// Finds the body's bytes in what a connection delivers after a head (RFC 9112 §6, §7.1). Feed it the unconsumed
/// bytes, act on the step, drop what it consumed, and go on until `.end` or `.needMore`. It copies nothing and keeps no
/// bytes.
package struct RequestBodyDecoder: Sendable {
    package enum Step: Sendable, Equatable {
        /// Body bytes at this range of the input, never empty; all up to its end is consumed. Call again with the rest.
        case data(Range<Int>)
        /// This many bytes are consumed: all of the input. Call again when there is more.
        case needMore(consumed: Int)
        /// The body is complete; this many bytes are consumed, the rest belongs to the next request.
        case end(consumed: Int)
    }

    private enum State: Sendable {
        case length(remaining: Int64)
        case chunked(ChunkedDecoder)
        case ended
    }

    private var state: State
    private var failure: RequestError?

    /// Throws `bodyTooLarge` at once when Content-Length is above the limit.
    package init(framing: RequestFraming, limits: MessageLimits) throws(RequestError) {
        switch framing {
        case .none, .length(0): state = .ended
        case .length(let length):
            if let most = limits.body, length > most { throw .bodyTooLarge }
            state = .length(remaining: max(length, 0))
        case .chunked: state = .chunked(ChunkedDecoder(limits: limits))
        }
    }

    /// Whether the whole body has been read: `decode` would return `.end(consumed: 0)`.
    package var isEnded: Bool {
        if case .ended = state { true } else { false }
    }

    /// Body bytes still to come, when that is known.
    package var remaining: Int64? {
        switch state {
        case .length(let remaining): remaining
        case .chunked: nil
        case .ended: 0
        }
    }

    /// The next step. After an error every call throws it again.
    package mutating func decode(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> Step {
        if let failure { throw failure }
        switch state {
        case .ended: return .end(consumed: 0)
        case .length(let remaining):
            if bytes.isEmpty { return .needMore(consumed: 0) }
            let count = Int(min(remaining, Int64(bytes.count)))
            let left = remaining - Int64(count)
            state = left == 0 ? .ended : .length(remaining: left)
            return .data(0..<count)
        case .chunked(var decoder):
            do throws(RequestError) {
                let step = try decoder.decode(bytes)
                if case .end = step { state = .ended } else { state = .chunked(decoder) }
                return step
            } catch {
                failure = error
                throw error
            }
        }
    }
}

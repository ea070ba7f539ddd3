internal import CacheModel
internal import Engine
internal import HTTPMessage
internal import NIOCore

/// Answers that are made at once.
extension ConnectionHandler {
    /// How the connection goes on, as the answer tells it.
    var connectionField: ConnectionField {
        if closesAfterAnswer { return .close }
        return parser.head.minorVersion == 0 ? .keepAlive : .silent
    }

    func answerHit(
        _ response: StoredResponse, _ tier: TierName, notModified: Bool, age: Int64, ttl: Int64, now: Timestamp
    ) {
        let isHead = parser.head.method == .head
        // A body that we won't read whole: say so in the head.
        if bodyDecoder != nil, bodyOutlastsAnswer { closesAfterAnswer = true }
        HeadWriter.writeHit(
            response, tier, notModified: notModified, isHead: isHead, age: age, ttl: ttl, via: shared.via,
            connection: connectionField, to: &out)
        var sent = 0
        if !notModified, !isHead {
            switch response.body {
            case .inline: sent = response.bodyLength
            case .chunk(let bytes):
                sent = bytes.readableBytes
                write(bytes)
            case .external: preconditionFailure("a hit at hand has its body in memory")
            }
        }
        log(
            status: notModified ? 304 : Int(response.status), bodyBytes: sent, result: .hit, tier: tier,
            now: now)
        answered()
    }

    /// A part of a response that is at hand.
    func answerPartial(_ hit: PartialHit, now: Timestamp) {
        if bodyDecoder != nil, bodyOutlastsAnswer { closesAfterAnswer = true }
        HeadWriter.write(
            hit.head, framing: .length(hit.length), via: shared.via, date: shared.dateLine(now),
            connection: connectionField, to: &out)
        for piece in hit.pieces {
            // Small pieces go into the buffer of the head; large ones are written from where they are stored.
            if piece.readableBytes <= StoredResponse.inlineLimit {
                out.writeImmutableBuffer(piece)
            } else {
                write(piece)
            }
        }
        log(status: hit.head.status, bodyBytes: hit.length, result: .hit, tier: hit.head.tier, now: now)
        answered()
    }

    /// Whether a body that is still to come makes the connection useless after the answer.
    private var bodyOutlastsAnswer: Bool {
        guard parser.head.expect != .continue100 else { return true }
        return (bodyDecoder?.remaining ?? 0) > Int64(Self.maxDropped)
    }

    func answerSynthetic(_ answer: SyntheticAnswer) {
        if bodyDecoder != nil, bodyOutlastsAnswer { closesAfterAnswer = true }
        let isHead = parser.head.method == .head
        let body = answer.body
        HeadWriter.write(
            answer.head(isHead: isHead), framing: .length(body.readableBytes), via: shared.via,
            date: shared.dateLine(Clocks.wall()), connection: connectionField, to: &out)
        if !isHead { out.writeImmutableBuffer(body) }
        log(
            status: answer.status, bodyBytes: isHead ? 0 : body.readableBytes, result: answer.result, tier: nil,
            now: Clocks.wall())
        answered()
    }

    /// Answers a request that can't be read, and closes: what else came is never parsed (attacks.md 2).
    func refuse(_ error: RequestError) {
        closesAfterAnswer = true
        began = began == 0 ? Clocks.monotonicMicroseconds() : began
        let body = SyntheticAnswer(status: error.status, text: error.text, detail: nil)
        HeadWriter.write(
            body.head(isHead: false), framing: .length(body.body.readableBytes), via: shared.via,
            date: shared.dateLine(Clocks.wall()), connection: .close, to: &out)
        out.writeImmutableBuffer(body.body)
        log(
            status: error.status, bodyBytes: body.body.readableBytes, result: .synthetic, tier: nil, now: Clocks.wall())
        finishConnection()
    }

    func log(status: Int, bodyBytes: Int, result: CacheResult, tier: TierName?, now: Timestamp) {
        ended = Clocks.monotonicMicroseconds()
        // Not the whole head, whose copy would retain all that is in it.
        let (fields, requestLine) = (parser.head.fields, parser.head.requestLineRange)
        fields.bytes.withUnsafeBytes { bytes in
            address.text.withUnsafeBytes { client in
                let empty = UnsafeRawBufferPointer(start: nil, count: 0)
                var referer = empty
                var userAgent = empty
                var host = empty
                // A head that never became whole has fields without bytes.
                for line in fields.lines where line.valueRange.upperBound <= bytes.count {
                    if line.name == .userAgent { userAgent = UnsafeRawBufferPointer(rebasing: bytes[line.valueRange]) }
                    if line.name == .host { host = UnsafeRawBufferPointer(rebasing: bytes[line.valueRange]) }
                    if line.name == .referer { referer = UnsafeRawBufferPointer(rebasing: bytes[line.valueRange]) }
                }
                shared.log.record(
                    RequestRecord(
                        client: client,
                        requestLine: UnsafeRawBufferPointer(
                            rebasing: bytes[
                                min(requestLine.lowerBound, bytes.count)..<min(requestLine.upperBound, bytes.count)]),
                        host: host, status: status, bodyBytes: bodyBytes, referer: referer, userAgent: userAgent,
                        result: result, tier: tier, now: now, durationMicroseconds: max(0, ended - began)))
            }
        }
    }
}

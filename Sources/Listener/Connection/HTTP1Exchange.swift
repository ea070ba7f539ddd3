internal import CacheModel
internal import Engine
internal import HTTPMessage
internal import NIOCore

/// One request on its way through the engine: the engine's `ClientStream` on an HTTP/1 connection.
final class HTTP1Exchange: ClientStream, @unchecked Sendable {
    // Safe because it is touched on the connection's loop only: both sides promise to call there.

    private weak var connection: ConnectionHandler?
    private var task: (any RequestTask)?
    private let isHead: Bool
    private let minorVersion: UInt8
    private var framing: AnswerFraming = .none
    private var result: CacheResult = .synthetic
    private var tier: TierName?
    private var status = 0
    private var sent = 0
    private var isFinished = false
    private var headIsOut = false
    private var requestHasEnded = false
    /// Body pieces that came before the engine had the task.
    private(set) var wantsBody = false
    private(set) var bodyIsPaused = false

    init(_ connection: ConnectionHandler, head: borrowing RequestHead) {
        self.connection = connection
        isHead = head.method == .head
        minorVersion = head.minorVersion
    }

    // MARK: From the connection

    func started(_ task: any RequestTask) {
        guard !isFinished else { return }
        self.task = task
    }

    func received(_ bytes: ByteBuffer) { task?.clientBody(bytes) }

    func requestEnded() {
        guard !requestHasEnded else { return }
        requestHasEnded = true
        task?.clientBodyEnded()
    }

    func becameWritable() { task?.clientCanTakeMore() }

    func connectionLost() {
        guard !isFinished else { return }
        isFinished = true
        task?.clientGone()
        task = nil
        logAnswer(cut: true)
    }

    /// The request's body can't be read: no whole request reaches the origin.
    func requestBroken(_ error: RequestError) {
        guard !isFinished, let connection else { return }
        isFinished = true
        task?.clientGone()
        task = nil
        if headIsOut { connection.closeNow() } else { connection.refuse(error) }
    }

    func requestCutShort() {
        guard wantsBody else { return }
        connectionLost()
        connection?.closeNow()
    }

    // MARK: ClientStream

    func sendInterim(status: Int, fields: FieldBlock) {
        guard !isFinished, !headIsOut, minorVersion > 0, let connection else { return }
        HeadWriter.writeInterim(status, fields, to: &connection.out)
        connection.flush()
    }

    func sendHead(_ head: AnswerHead) {
        guard !isFinished, let connection else { return }
        headIsOut = true
        result = head.result
        tier = head.tier
        status = head.status
        switch head.length {
        case .none: framing = .none
        case .exactly(let length): framing = .length(length)
        case .ofHead(let length): framing = length.map { .length($0) } ?? .none
        case .unknown: framing = minorVersion == 0 ? .close : .chunked
        }
        if framing == .close { connection.closesAfterAnswer = true }
        // An answer that comes before the request's end: what follows can't be told from a next request (attacks.md 7).
        if connection.bodyDecoder != nil, wantsBody || connection.parser.head.expect == .continue100 {
            connection.closesAfterAnswer = true
        }
        HeadWriter.write(
            head, framing: framing, via: connection.shared.via, date: connection.shared.dateLine(Clocks.wall()),
            connection: connection.connectionField, to: &connection.out)
    }

    func sendBody(_ bytes: ByteBuffer) -> Bool {
        guard !isFinished, let connection, let context = connection.context, bytes.readableBytes > 0 else {
            return true
        }
        sent += bytes.readableBytes
        if framing == .chunked {
            connection.out.writeString(String(bytes.readableBytes, radix: 16) + "\r\n")
            connection.write(bytes)
            connection.out.writeStaticString("\r\n")
        } else if bytes.readableBytes <= 4096 {
            connection.out.writeImmutableBuffer(bytes)
        } else {
            connection.write(bytes)
        }
        connection.flush()
        return context.channel.isWritable
    }

    func flush() { connection?.flush() }

    func finish() {
        guard !isFinished, let connection else { return }
        isFinished = true
        task = nil
        if framing == .chunked, !isHead { connection.out.writeStaticString("0\r\n\r\n") }
        logAnswer(cut: false)
        connection.flush()
        connection.answered()
    }

    func abort() {
        guard !isFinished, let connection else { return }
        isFinished = true
        task = nil
        logAnswer(cut: true)
        // What was written goes out first; then the connection ends before the body does.
        connection.flush()
        // Where the end of the connection is the end of the body, only a reset says that it came too early.
        if headIsOut, framing == .close { connection.resetOnClose() }
        connection.closeNow()
    }

    func wantBody() {
        guard !isFinished, let connection else { return }
        wantsBody = true
        if connection.parser.head.expect == .continue100, minorVersion > 0, connection.bodyDecoder != nil,
            connection.inbound.readableBytes == 0
        {
            connection.out.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
            connection.flush()
        }
    }

    func pauseBody() { bodyIsPaused = true }

    func resumeBody() {
        guard bodyIsPaused else { return }
        bodyIsPaused = false
        connection?.process()
    }

    private func logAnswer(cut: Bool) {
        // 499: the client went away before an answer, as nginx has it.
        connection?.log(
            status: headIsOut ? status : 499, bodyBytes: sent, result: result, tier: tier, now: Clocks.wall())
    }
}

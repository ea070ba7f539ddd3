internal import CacheModel
internal import Engine
internal import HTTPMessage
internal import NIOCore

/// One client connection: bytes in, requests to the worker, answers out. The only handler of its channel.
///
/// A hit that is at hand runs start to end inside one `channelRead`. Requests are served one at a time, in order; what a
/// client sends ahead waits in `inbound`, and reading stops while much of it waits.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Waits for a request, or for the rest of its head.
        case head
        /// A request is being answered.
        case exchange(HTTP1Exchange)
        /// The answer is out; the rest of the request's body is read and dropped.
        case draining
        /// The answer was the last; what still comes is dropped until the client closes (attacks.md: "close").
        case lingering
        case closed
    }

    let shared: LoopContext
    let address: ClientAddress
    let isTrusted: Bool
    var parser: RequestParser
    var phase: Phase = .head
    var context: ChannelHandlerContext?
    /// Received and not consumed.
    var inbound = ByteBuffer()
    /// Written and not flushed.
    var out = ByteBuffer()
    /// A body piece was handed to the channel and not flushed.
    var hasUnflushedBody = false
    /// Finds the body of the present request; nil: it has none, or all of it came.
    var bodyDecoder: RequestBodyDecoder?
    /// The client has sent its FIN.
    var inputClosed = false
    /// The connection ends after the present answer.
    var closesAfterAnswer = false
    /// Our side's end has been sent.
    private var isOutputEnded = false
    /// Body bytes dropped of the present request.
    var dropped = 0
    private var isProcessing = false
    private var isReadPaused = false
    /// The next request waits until the client has taken more of the answers.
    private var isHeldBack = false

    /// When the connection's time is over, by the monotonic clock; 0: nobody waits for the client.
    var deadline: Int64 = 0
    /// That time is an idle connection's: the first byte of a head replaces it.
    var deadlineIsIdle = false
    /// When the present request's head was complete.
    var began: Int64 = 0
    /// When the last answer was written, by the same clock.
    var ended: Int64 = 0
    /// What NIO last said of room for writing.
    private var isWritable = true
    /// Bytes that waited for the client at the last look, to tell a slow one from a stuck one.
    var waitingBytes = 0
    var stalledSince: Int64 = 0

    /// A body that nobody wants is dropped up to here; a longer one ends the connection.
    static let maxDropped = 64 << 10
    /// Milliseconds that a client has to close after we did.
    static let lingerTime: Int64 = 2000
    /// Bytes that a client may send ahead of its turn.
    static let maxAhead = 64 << 10

    init(_ shared: LoopContext, address: ClientAddress) {
        self.shared = shared
        self.address = address
        isTrusted = address.packed.withUnsafeBytes { shared.worker.engine.policy.trustedProxies.contains($0) }
        parser = RequestParser(limits: shared.configuration.limits)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        shared.add(self)
        expect(within: shared.configuration.headerTimeout)
        if shared.isDraining { closeNow() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        shared.remove(self)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .exchange(let exchange) = phase { exchange.connectionLost() }
        phase = .closed
        shared.remove(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch phase {
        case .lingering, .closed: return
        case .head, .exchange, .draining: break
        }
        if inbound.readableBytes == 0 { inbound = bytes } else { inbound.writeBuffer(&bytes) }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) { flush() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        guard isWritable else { return }
        stalledSince = 0
        if case .exchange(let exchange) = phase { exchange.becameWritable() } else { process() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else { return }
        inputClosed = true
        switch phase {
        case .head:
            // Requests that were sent ahead are answered first.
            if inbound.readableBytes == 0 { finishConnection() } else { process() }
        case .draining: finishConnection()
        case .exchange:
            if inbound.readableBytes > 0 { return }
            closesAfterAnswer = true
            if bodyDecoder != nil { bodyWasCut() }
        case .lingering: if isOutputEnded { closeNow() }
        case .closed: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { closeNow() }

    // MARK: Requests

    /// Works through what has been received, as far as it goes.
    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        repeat {
            isHeldBack = false
            while step() {}
            // Not all calls come from a read, whose end would flush. What NIO says meanwhile of room is not heard here.
            flush()
        } while isHeldBack && context?.channel.isWritable == true
        if inputClosed, inbound.readableBytes == 0, let bodyDecoder, !bodyDecoder.isEnded { bodyWasCut() }
        // Lets go of NIO's read buffer, which is used again only when nobody else holds it.
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
        adjustReading()
    }

    /// The rest of this request's body will never come: half of it can't be passed on as a whole one.
    private func bodyWasCut() {
        closesAfterAnswer = true
        switch phase {
        case .exchange(let exchange): exchange.requestCutShort()
        case .draining: finishConnection()
        case .head, .lingering, .closed: break
        }
    }

    /// One step; false when nothing more can be done now.
    private func step() -> Bool {
        switch phase {
        case .head:
            guard inbound.readableBytes > 0 else { return false }
            isHeldBack = !isWritable
            return isHeldBack ? false : readHead()
        case .exchange, .draining:
            guard let bodyDecoder, inbound.readableBytes > 0 || bodyDecoder.isEnded else { return false }
            return readBody()
        case .lingering, .closed:
            return false
        }
    }

    private func readHead() -> Bool {
        do throws(RequestError) {
            let taken = try inbound.withUnsafeReadableBytes { (bytes) throws(RequestError) in try parser.parse(bytes) }
            guard let taken else {
                // The rest of this head will never come.
                if inputClosed {
                    finishConnection()
                    return false
                }
                if deadlineIsIdle { expect(within: shared.configuration.headerTimeout) }
                return false
            }
            inbound.moveReaderIndex(forwardBy: taken)
        } catch {
            refuse(error)
            return false
        }
        return handleHead()
    }

    private func handleHead() -> Bool {
        began = Clocks.monotonicMicroseconds()
        deadline = 0
        dropped = 0
        closesAfterAnswer = !parser.head.keepAlive || shared.isDraining || inputClosed && inbound.readableBytes == 0
        if parser.head.expect == .unknown {
            refuse(.unknownExpectation)
            return false
        }
        bodyDecoder = nil
        if parser.head.framing != .none {
            do throws(RequestError) {
                let decoder = try RequestBodyDecoder(
                    framing: parser.head.framing, limits: shared.configuration.limits)
                if !decoder.isEnded { bodyDecoder = decoder }
            } catch {
                refuse(error)
                return false
            }
        }
        let now = Clocks.wall()
        switch shared.worker.decide(
            parser.head, scheme: address.secure ? .https : .http, isTrusted: isTrusted, now: now)
        {
        case .hit(let response, let tier, let age, let ttl):
            answerHit(response, tier, notModified: false, age: age, ttl: ttl, now: now)
        case .notModified(let response, let tier, let age, let ttl):
            answerHit(response, tier, notModified: true, age: age, ttl: ttl, now: now)
        case .partial(let hit):
            answerPartial(hit, now: now)
        case .refuse(let answer, let closes):
            if closes { closesAfterAnswer = true }
            answerSynthetic(answer)
        case .begin:
            begin()
        }
        return true
    }

    private func begin() {
        let exchange = HTTP1Exchange(self, head: parser.head)
        phase = .exchange(exchange)
        let requestID: [UInt8]
        if isTrusted, let line = parser.head.fields.first(.xRequestID), line.valueLength > 0, line.valueLength <= 128 {
            requestID = Array(parser.head.fields.value(line))
        } else {
            requestID = shared.makeRequestID()
        }
        let task = shared.worker.begin(
            parser.head, from: address, isTrusted: isTrusted, requestID: requestID, client: exchange)
        exchange.started(task)
        if bodyDecoder == nil { exchange.requestEnded() } else if exchange.wantsBody { expectBody() }
    }

    private func readBody() -> Bool {
        guard var decoder = bodyDecoder else { return false }
        let step: RequestBodyDecoder.Step
        do throws(RequestError) {
            step = try inbound.withUnsafeReadableBytes { (bytes) throws(RequestError) in try decoder.decode(bytes) }
        } catch {
            bodyDecoder = nil
            if case .exchange(let exchange) = phase {
                exchange.requestBroken(error)
            } else {
                finishConnection()
            }
            return false
        }
        bodyDecoder = decoder
        switch step {
        case .needMore(let consumed):
            inbound.moveReaderIndex(forwardBy: consumed)
            expectBody()
            return false
        case .data(let range):
            inbound.moveReaderIndex(forwardBy: range.lowerBound)
            let bytes = inbound.readSlice(length: range.count)!
            expectBody()
            if case .exchange(let exchange) = phase, exchange.wantsBody {
                exchange.received(bytes)
                return !exchange.bodyIsPaused
            }
            return drop(bytes.readableBytes)
        case .end(let consumed):
            inbound.moveReaderIndex(forwardBy: consumed)
            bodyDecoder = nil
            deadline = 0
            switch phase {
            case .exchange(let exchange): exchange.requestEnded()
            case .draining: nextRequest()
            case .head, .lingering, .closed: break
            }
            return true
        }
    }

    private func drop(_ count: Int) -> Bool {
        dropped += count
        guard dropped > Self.maxDropped else { return true }
        closesAfterAnswer = true
        if case .draining = phase { finishConnection() }
        // An answer that is under way ends first; what comes meanwhile is not read.
        return false
    }

    // MARK: After an answer

    /// The answer is written whole. Goes on with the next request, drains the body of this one, or closes.
    func answered() {
        guard bodyDecoder == nil || !closesAfterAnswer else { return finishConnection() }
        if bodyDecoder != nil {
            // A client that waits for 100 (Continue) may or may not send its body now: nobody can tell what follows.
            if parser.head.expect == .continue100 { return finishConnection() }
            phase = .draining
            expectBody()
        } else if closesAfterAnswer {
            return finishConnection()
        } else {
            nextRequest()
        }
        process()
    }

    private func nextRequest() {
        phase = .head
        deadline = ended + shared.configuration.idleTimeout * 1000
        deadlineIsIdle = true
        if inputClosed, inbound.readableBytes == 0 { finishConnection() }
    }

    /// Sends what is written, however long the client takes for it (`write` bounds that), then closes: first our side,
    /// the whole once the client closes or a while has passed, so that a reset does not overtake the answer
    /// (RFC 9112 §9.6).
    func finishConnection() {
        guard let context else { return }
        switch phase {
        case .lingering, .closed: return
        case .head, .exchange, .draining: break
        }
        phase = .lingering
        inbound = ByteBuffer()
        bodyDecoder = nil
        deadline = 0
        flush()
        if inputClosed {
            // With the other direction gone, NIO would close both and drop what is written: wait for it.
            let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer()))
            written.assumeIsolated().whenComplete { _ in self.closeNow() }
        } else {
            let ended = context.eventLoop.makePromise(of: Void.self)
            ended.futureResult.assumeIsolated().whenComplete { _ in self.outputEnded() }
            context.close(mode: .output, promise: ended)
        }
    }

    private func outputEnded() {
        isOutputEnded = true
        if inputClosed { closeNow() } else { expect(within: Self.lingerTime) }
    }

    func closeNow() {
        guard let context else { return }
        if case .exchange(let exchange) = phase { exchange.connectionLost() }
        phase = .closed
        context.close(promise: nil)
    }

    /// Shutting down: idle connections close at once, the others after their answer.
    func drain() {
        switch phase {
        case .head where !parser.isWithinHead && inbound.readableBytes == 0:
            if unwrittenBytes == 0 { closeNow() } else { finishConnection() }
        case .head, .exchange, .draining: closesAfterAnswer = true
        case .lingering, .closed: break
        }
    }

    // MARK: Reading

    private func adjustReading() {
        guard let context else { return }
        let pause: Bool
        switch phase {
        case .exchange(let exchange): pause = inbound.readableBytes > Self.maxAhead || exchange.bodyIsPaused
        case .head: pause = inbound.readableBytes > Self.maxAhead && !context.channel.isWritable
        case .draining, .lingering, .closed: pause = false
        }
        guard pause != isReadPaused else { return }
        isReadPaused = pause
        try? context.channel.syncOptions?.setOption(.autoRead, value: !pause)
        if !pause { context.read() }
    }
}

internal import CacheModel
internal import NIOCore
internal import RedisLocation
internal import Synchronization

/// A lasting way to one server for one event loop and one role: a connection, the next one after it is lost, and the
/// breaker in front. Everything but `state` is used on `eventLoop` only.
final class Link: ReplyReceiver, @unchecked Sendable {
    // Safe because every stored `var` is touched on `eventLoop` only (each entry point checks it in debug builds), the
    // rest are `let`s of Sendable values, and `published` and `tally` are synchronised themselves.

    /// `own`: of one user alone, who sends what it likes.
    enum Role: String, Sendable { case read, write, own }

    struct Operation {
        let done: (Outcome) -> Void
    }

    enum Outcome: Sendable {
        case reply(Reply)
        case failure(TierFailure)
    }

    let eventLoop: any EventLoop
    let address: RedisAddress
    private let role: Role
    private let settings: LinkSettings
    private let health: NodeHealth
    private let published = Atomic<UInt8>(LinkState.down.rawValue)

    private var machine: ConnectionMachine<Operation>
    private var breaker: CircuitBreaker
    private var backoff = Backoff()
    private var channel: (any Channel)?
    /// Numbers connection attempts: what an earlier attempt's channel still says is not listened to.
    private var attempt: UInt64 = 0
    private var isOpen = false
    private var readySince: Int64?
    private var handshakeDeadline: Int64?
    private var handshakeLeft = 0
    /// Small commands since the last flush, in one piece.
    private var outgoing = ByteBuffer()
    private var flushScheduled = false
    private var timer: Scheduled<Void>?
    private var timerAt: Int64?
    private var reconnect: Scheduled<Void>?
    private var onStopped: (@Sendable () -> Void)?
    private var stopping = false
    /// Told on this loop when a connection came to stand (nil) and when it was lost, or did not come to stand.
    var onChange: ((LinkFault?) -> Void)?

    init(_ role: Role, to address: RedisAddress, eventLoop: any EventLoop, settings: LinkSettings, health: NodeHealth) {
        self.role = role
        self.address = address
        self.eventLoop = eventLoop
        self.settings = settings
        self.health = health
        breaker = CircuitBreaker(threshold: settings.breakerThreshold)
        machine = ConnectionMachine(limits: settings.limits)
        _ = machine.fail()
    }

    /// Any thread.
    var state: LinkState { LinkState(rawValue: published.load(ordering: .relaxed)) ?? .down }

    /// Milliseconds by which a timer may be late on a busy machine.
    private static let stallTolerance: Int64 = 200

    /// Monotonic milliseconds.
    static var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    private func publish() {
        let state: LinkState =
            switch breaker.state {
            case _ where readySince == nil: .down
            case .closed: .up
            case .probing: .probing
            case .open: .down
            }
        published.store(state.rawValue, ordering: .relaxed)
    }

    // MARK: - Operations

    /// Sends the command. `done` runs on this loop exactly once: at the deadline at the latest, maybe before this
    /// returns.
    /// - Parameter again: the second command of an operation that was accepted: not refused for the breaker's or a
    ///   shutdown's sake.
    func submit(_ command: Command, deadline: Int64, again: Bool = false, _ done: @escaping (Outcome) -> Void) {
        eventLoop.assertInEventLoop()
        if !again, readySince != nil, !stopping, !breaker.isClosed { return done(.failure(.breakerOpen)) }
        send(command, deadline: deadline, again: again, done)
    }

    private func send(
        _ command: Command, deadline: Int64, again: Bool, _ done: @escaping (Outcome) -> Void
    ) {
        let count = command.bytes.readableBytes
        switch machine.submit(Operation(done: done), bytes: count, deadline: deadline, again: again) {
        case .send:
            write(command.bytes)
            if timerAt.map({ $0 > deadline }) ?? true { arm() }
        case .refuse(let operation, let refusal):
            let failure: TierFailure =
                switch refusal {
                case .disconnected: stopping ? .closed : .disconnected
                case .queueFull: .queueFull
                case .draining: .closed
                }
            operation.done(.failure(failure))
        }
    }

    /// A reply of the attempt's channel.
    func received(_ reply: Reply, _ attempt: UInt64) {
        eventLoop.assertInEventLoop()
        guard attempt == self.attempt, isOpen else { return }
        var error: String?
        if case .error(let text) = reply { error = text }
        if handshakeLeft > 0 {
            handshakeLeft -= 1
            // A user who may not PING is served all the same.
            if handshakeLeft == 0, error?.hasPrefix("NOPERM") == true { error = nil }
        }
        switch machine.received(error: error) {
        case .wait: break
        case .ready: becomeReady()
        case .discard: health.replyWasLate()
        case .complete(let operation):
            note(error)
            operation.done(.reply(reply))
        case .close(let fault): fail(fault)
        }
        if stopping, isOpen, machine.drain() == .close { fail(.shutdown) }
    }

    private func note(_ error: String?) {
        if let error, ErrorKind(error) == .notServing {
            breaker.failed(now: Self.now)
            arm()
        } else {
            breaker.succeeded()
        }
        publish()
    }

    // MARK: - Time

    /// Sees to it that `tick` runs when the next thing is due; one timer, which is left alone when it comes early.
    private func arm() {
        var wake = machine.nextDeadline
        for other in [handshakeDeadline, isOpen ? breaker.probeAt : nil] {
            if let other { wake = min(wake ?? other, other) }
        }
        guard var wake, timerAt.map({ $0 > wake }) ?? true else { return }
        timer?.cancel()
        wake = max(wake, Self.now)
        timerAt = wake
        timer = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, wake)) * 1_000_000)) { self.tick() }
    }

    private func tick() {
        let now = Self.now
        // A timer this late says that this process stood still, not the server: what was sent meanwhile may lie in the
        // socket. The operations' time is up all the same; the connection is judged after the next read.
        let stoodStill = now - (timerAt ?? now) > Self.stallTolerance
        timer = nil
        timerAt = nil
        if let handshakeDeadline, handshakeDeadline <= now, !stoodStill { return fail(.connectTimeout) }
        let expired = machine.expire(now: now)
        if !stoodStill { for _ in expired.operations { breaker.failed(now: now) } }
        publish()
        for operation in expired.operations { operation.done(.failure(.timeout)) }
        if let fault = expired.fault, !stoodStill { return fail(fault) }
        if isOpen, breaker.startProbe(now: now) { probe(now: now) }
        arm()
    }

    /// A PING in place of an operation: a server that came back is noticed without traffic, and no request pays for it.
    private func probe(now: Int64) {
        publish()
        send(Command("PING"), deadline: now + settings.timeout, again: false) { outcome in
            // A reply has been noted by `received`, silence by `tick`; only a full queue goes by both.
            if case .failure(.queueFull) = outcome { self.breaker.failed(now: Self.now) }
            self.publish()
            self.arm()
        }
    }

    // MARK: - Opening and closing

    func start() {
        eventLoop.assertInEventLoop()
        guard !stopping, !isOpen, reconnect == nil else { return }
        connect()
    }

    private func connect() {
        reconnect = nil
        attempt += 1
        isOpen = true
        machine = ConnectionMachine(limits: settings.limits)
        handshakeDeadline = Self.now + settings.connector.timeoutMilliseconds
        arm()
        settings.connector.connect(
            to: address, on: eventLoop, limits: settings.replyLimits, self, attempt: attempt)
    }

    /// The attempt's transport stands.
    func connected(_ channel: any Channel, _ attempt: UInt64) {
        eventLoop.assertInEventLoop()
        guard attempt == self.attempt, isOpen, !stopping else { return channel.close(promise: nil) }
        self.channel = channel
        let handshake = settings.handshake
        switch machine.connected(steps: handshake.count) {
        case .sendHandshake:
            handshakeLeft = handshake.count
            for command in handshake { write(command.bytes) }
        case .close: fail(.unexpectedReply)
        }
    }

    private func becomeReady() {
        handshakeDeadline = nil
        readySince = Self.now
        publish()
        health.linkIsUp()
        onChange?(nil)
    }

    /// Closes the connection and seeks another one: what answers is not the server that is wanted.
    func hangUp(_ reason: String) {
        eventLoop.assertInEventLoop()
        fail(.failed(reason))
    }

    /// The attempt came to nothing, or its channel is lost.
    func failed(_ fault: LinkFault, _ attempt: UInt64) {
        eventLoop.assertInEventLoop()
        guard attempt == self.attempt else { return }
        fail(fault)
    }

    /// Gives the connection up and, unless stopping, plans the next one.
    private func fail(_ fault: LinkFault) {
        guard isOpen else { return }
        isOpen = false
        let owed = machine.fail()
        channel?.close(promise: nil)
        channel = nil
        outgoing = ByteBuffer()
        handshakeDeadline = nil
        handshakeLeft = 0
        timer?.cancel()
        timer = nil
        timerAt = nil
        // A connection that is lost as soon as it stands must not be sought without pause.
        if let since = readySince, Self.now - since >= Backoff.last { backoff.reset() }
        health.linkIsDown(wasUp: readySince != nil, fault)
        readySince = nil
        // The next connection's handshake is the probe.
        breaker = CircuitBreaker(threshold: settings.breakerThreshold)
        publish()
        if !stopping {
            let pause = backoff.next(random: UInt64.random(in: .min ... .max))
            reconnect = eventLoop.scheduleTask(in: .milliseconds(pause)) { self.connect() }
        }
        for operation in owed { operation.done(.failure(stopping ? .closed : fault.failure)) }
        if stopping { stopped() } else { onChange?(fault) }
    }

    /// Takes nothing new, waits for what is in flight until the bound, closes. `done` runs on this loop.
    func shutdown(withinMilliseconds bound: Int64, _ done: @escaping @Sendable () -> Void) {
        eventLoop.assertInEventLoop()
        guard !stopping else { return done() }
        stopping = true
        onStopped = done
        reconnect?.cancel()
        reconnect = nil
        guard isOpen else { return stopped() }
        switch machine.drain() {
        case .close: fail(.shutdown)
        case .wait: eventLoop.scheduleTask(in: .milliseconds(max(0, bound))) { self.fail(.shutdown) }
        }
    }

    private func stopped() {
        let done = onStopped
        onStopped = nil
        done?()
    }

    // MARK: - Writing

    /// Commands of one turn of the loop leave in one system call: small ones are gathered, large ones go as they are.
    private func write(_ bytes: ByteBuffer) {
        guard let channel else { return }
        if bytes.readableBytes <= 4096 {
            // One alone, as most are, needs no copy.
            if outgoing.readableBytes == 0 { outgoing = bytes } else { outgoing.writeImmutableBuffer(bytes) }
        } else {
            writeGathered(to: channel)
            channel.write(bytes, promise: nil)
        }
        guard !flushScheduled else { return }
        flushScheduled = true
        eventLoop.execute { self.flush() }
    }

    private func writeGathered(to channel: any Channel) {
        guard outgoing.readableBytes > 0 else { return }
        channel.write(outgoing, promise: nil)
        outgoing = ByteBuffer()
    }

    private func flush() {
        flushScheduled = false
        guard let channel else { return }
        writeGathered(to: channel)
        channel.flush()
    }
}

/// What statistics say of one link, and of a server with several.
package enum LinkState: UInt8, Sendable, Comparable {
    case down, probing, up

    package static func < (a: LinkState, b: LinkState) -> Bool { a.rawValue < b.rawValue }
}

extension LinkFault {
    /// For the operations that the connection still owed.
    var failure: TierFailure {
        switch self {
        case .corrupt, .unexpectedReply: .corrupt
        case .overdue, .tooManyLate: .timeout
        case .shutdown: .closed
        case .connectFailed, .connectTimeout, .refused, .closedByServer, .failed: .disconnected
        }
    }
}

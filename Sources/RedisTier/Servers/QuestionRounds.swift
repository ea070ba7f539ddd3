internal import Logging
internal import NIOCore
internal import RedisLocation

/// Asks one question of servers in turn until one answers, again and again: one round at a time; a wanted round at once
/// after a quiet time, then at growing pauses up to a second, so that a failover is noticed within a fraction of one and
/// a server that stays away is asked about once a second; and a round every 30 s for what nobody told. Used on its loop
/// only.
final class QuestionRounds: @unchecked Sendable {
    // Safe because every stored `var` is touched on `eventLoop` only (each entry point checks it in debug builds).

    private static let quietInterval: Int64 = 30_000

    /// Whom to ask, what, and how.
    struct Question {
        var command: Command
        /// The servers of the next round, in the order in which they are asked.
        var candidates: () -> [RedisAddress]
        /// Takes an answer; why it is none, if it is none.
        var answer: (Reply, RedisAddress) -> String?
        /// Tells of a server that gave no answer; once while the reason stays the same.
        var complain: (RedisAddress, LinkFault) -> Void
    }

    private let eventLoop: any EventLoop
    private let login: RedisURL.Login?
    private let connector: Connector
    private var question: Question?
    private var asking: Conversation?
    private var waiting: Scheduled<Void>?
    private var isUrgent = false
    private var isOpen = false
    private var backoff = Backoff()
    private var lastAsked = Int64.min / 2
    private var lastFault: String?

    init(login: RedisURL.Login?, connector: Connector, on eventLoop: any EventLoop) {
        self.login = login
        self.connector = connector
        self.eventLoop = eventLoop
    }

    func start(_ question: Question) {
        eventLoop.assertInEventLoop()
        self.question = question
        begin()
    }

    func soon() {
        eventLoop.assertInEventLoop()
        guard !isUrgent, !isOpen else { return }
        isUrgent = true
        let now = Link.now
        if now - lastAsked > 2 * Backoff.last { backoff.reset() }
        plan(after: max(0, lastAsked + backoff.next(random: UInt64.random(in: .min ... .max)) - now))
    }

    func stop() {
        eventLoop.assertInEventLoop()
        question = nil
        waiting?.cancel()
        asking?.end()
    }

    private func plan(after pause: Int64) {
        guard question != nil else { return }
        waiting?.cancel()
        waiting = eventLoop.scheduleTask(in: .milliseconds(pause)) { self.begin() }
    }

    private func begin() {
        guard let question else { return }
        waiting?.cancel()
        waiting = nil
        isUrgent = false
        isOpen = true
        lastAsked = Link.now
        ask(question.candidates()[...])
    }

    /// Asks the first of these; the next when it knows nothing.
    private func ask(_ candidates: ArraySlice<RedisAddress>) {
        guard let question else { return }
        guard let address = candidates.first else { return ended(answered: false) }
        asking = Conversation(
            with: address, login: login, commands: [question.command], by: connector, on: eventLoop,
            withinMilliseconds: connector.timeoutMilliseconds,
            onReply: { [unowned self] _, reply in
                if let reason = question.answer(reply, address) {
                    asking?.end(.refused(reply.errorText ?? reason))
                } else {
                    lastFault = nil
                    asking?.end()
                }
            },
            onEnd: { fault in
                self.asking = nil
                guard fault != .shutdown else { return self.ended(answered: true) }
                if self.lastFault != fault.text {
                    self.lastFault = fault.text
                    question.complain(address, fault)
                }
                self.ask(candidates.dropFirst())
            })
    }

    private func ended(answered: Bool) {
        isOpen = false
        if answered { plan(after: Self.quietInterval) } else { soon() }
    }
}

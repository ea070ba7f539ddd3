internal import Logging
internal import NIOCore
internal import RedisLocation

/// Asks sentinels who is the master: at the start, when the master is lost or says that it is a replica, and every 30 s;
/// and listens to all of them for `+switch-master`.
final class SentinelWatch: ServerWatch, @unchecked Sendable {
    // Safe because every stored `var` is touched on `eventLoop` only (the entry points hop there).

    private var sentinels: [RedisAddress]
    private let master: String
    private let login: RedisURL.Login?
    private let connector: Connector
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let found: @Sendable (RedisAddress) -> Void
    private var listening: [RedisAddress: Conversation] = [:]
    private let rounds: QuestionRounds
    private var isStopped = false

    init(
        sentinels: [RedisAddress], master: String, login: RedisURL.Login?, connector: Connector,
        on eventLoop: any EventLoop, logger: Logger, found: @escaping @Sendable (RedisAddress) -> Void
    ) {
        self.sentinels = sentinels
        self.master = master
        self.login = login
        self.connector = connector
        self.eventLoop = eventLoop
        self.logger = logger
        self.found = found
        rounds = QuestionRounds(login: login, connector: connector, on: eventLoop)
    }

    func start() {
        eventLoop.execute {
            self.rounds.start(
                QuestionRounds.Question(
                    command: Command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.master),
                    candidates: { [weak self] in self?.nextInTurn() ?? [] },
                    answer: { [weak self] in self?.answered($0, by: $1) },
                    complain: { [logger = self.logger, master = self.master] sentinel, fault in
                        logger.warning(
                            "a sentinel does not name the redis master",
                            metadata: [
                                "sentinel": .string(sentinel.name), "master": .string(master),
                                "reason": .string(fault.text),
                            ])
                    }))
            for sentinel in self.sentinels { self.listen(to: sentinel, Backoff()) }
        }
    }

    func refresh() {
        eventLoop.execute { self.rounds.soon() }
    }

    func stop() {
        eventLoop.execute {
            self.isStopped = true
            self.rounds.stop()
            for conversation in self.listening.values { conversation.end() }
        }
    }

    // MARK: Asking

    /// Each round begins with another: one that is cut off from the rest goes on naming the old master.
    private func nextInTurn() -> [RedisAddress] {
        sentinels.append(sentinels.removeFirst())
        return sentinels
    }

    private func answered(_ reply: Reply, by sentinel: RedisAddress) -> String? {
        guard let address = Self.address(reply, asked: sentinel) else { return "it knows no master \(master)" }
        found(address)
        return nil
    }

    private static func address(_ reply: Reply, asked: RedisAddress) -> RedisAddress? {
        guard case .array(let parts) = reply, parts.count == 2, let host = parts[0].text,
            let port = parts[1].text.flatMap({ Int($0) })
        else { return nil }
        return RedisAddress(announced: host, port: port, asked: asked)
    }

    // MARK: Listening

    private func listen(to sentinel: RedisAddress, _ backoff: Backoff) {
        guard !isStopped else { return }
        var backoff = backoff
        var isSubscribed = false
        listening[sentinel] = Conversation(
            with: sentinel, login: login, commands: [Command("SUBSCRIBE", "+switch-master")], by: connector,
            on: eventLoop, withinMilliseconds: connector.timeoutMilliseconds,
            onReply: { [unowned self] number, reply in
                isSubscribed = number > 0 || reply.errorText == nil
                if number > 0 { heard(reply, from: sentinel) }
            },
            onEnd: { _ in
                self.listening[sentinel] = nil
                guard !self.isStopped else { return }
                if isSubscribed { backoff.reset() }
                let pause = backoff.next(random: UInt64.random(in: .min ... .max))
                let next = backoff
                self.eventLoop.scheduleTask(in: .milliseconds(pause)) { self.listen(to: sentinel, next) }
            })
    }

    /// `message +switch-master "NAME OLD-HOST OLD-PORT NEW-HOST NEW-PORT"`.
    private func heard(_ reply: Reply, from sentinel: RedisAddress) {
        guard case .array(let parts) = reply, parts.count == 3, parts[0].text == "message",
            let words = parts[2].text?.split(separator: " "), words.count == 5, words[0] == master,
            let port = Int(words[4]),
            let address = RedisAddress(announced: String(words[3]), port: port, asked: sentinel)
        else { return }
        found(address)
    }
}

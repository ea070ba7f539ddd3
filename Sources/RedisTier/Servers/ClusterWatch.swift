internal import Logging
internal import NIOCore
internal import RedisLocation

/// Asks a cluster who has which slots: at the start, when something speaks against what is known (MOVED, a lost
/// connection), and every 30 s for what nobody told.
final class ClusterWatch: ServerWatch, @unchecked Sendable {
    // Safe because every stored `var` is touched on `eventLoop` only (the entry points hop there).

    private let seeds: [RedisAddress]
    private let login: RedisURL.Login?
    private let connector: Connector
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let found: @Sendable (SlotRanges) -> Void
    /// Masters of the last answer.
    private var known: [RedisAddress] = []
    private var asking: Conversation?
    private let rounds: QuestionRounds
    private var isStopped = false
    private var lastFault: String?

    init(
        seeds: [RedisAddress], login: RedisURL.Login?, connector: Connector, on eventLoop: any EventLoop,
        logger: Logger, found: @escaping @Sendable (SlotRanges) -> Void
    ) {
        self.seeds = seeds
        self.login = login
        self.connector = connector
        self.eventLoop = eventLoop
        self.logger = logger
        self.found = found
        rounds = QuestionRounds(on: eventLoop)
    }

    func start() {
        eventLoop.execute {
            self.rounds.start { [weak self] in
                guard let self else { return }
                ask((known.shuffled() + seeds)[...])
            }
        }
    }

    func refresh() {
        eventLoop.execute { self.rounds.soon() }
    }

    func stop() {
        eventLoop.execute {
            self.isStopped = true
            self.rounds.stop()
            self.asking?.end()
        }
    }

    /// Asks the first of these; the next when it knows nothing.
    private func ask(_ candidates: ArraySlice<RedisAddress>) {
        guard !isStopped else { return }
        guard let address = candidates.first else { return rounds.ended(answered: false) }
        asking = Conversation(
            with: address, login: login, commands: [Command("CLUSTER", "SLOTS")], by: connector, on: eventLoop,
            withinMilliseconds: connector.timeoutMilliseconds,
            onReply: { [unowned self] _, reply in
                guard let ranges = SlotRanges(reply, asked: address) else {
                    asking?.end(.refused(reply.errorText ?? "no slots are served"))
                    return
                }
                known = Array(Set(ranges.ranges.map(\.master)))
                lastFault = nil
                asking?.end()
                found(ranges)
            },
            onEnd: { fault in
                self.asking = nil
                guard fault != .shutdown else { return self.rounds.ended(answered: true) }
                self.say(fault, of: address)
                self.ask(candidates.dropFirst())
            })
    }

    private func say(_ fault: LinkFault, of address: RedisAddress) {
        guard lastFault != fault.text else { return }
        lastFault = fault.text
        logger.warning(
            "a node of the redis cluster does not say where the slots are",
            metadata: ["node": .string(address.name), "reason": .string(fault.text)])
    }
}

extension Reply {
    var errorText: String? {
        if case .error(let text) = self { return text }
        return nil
    }
}

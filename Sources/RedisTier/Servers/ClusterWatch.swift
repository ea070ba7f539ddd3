internal import Logging
internal import NIOCore
internal import RedisLocation

/// Asks a cluster who has which slots: at the start, when something speaks against what is known (MOVED, a lost
/// connection), and every 30 s for what nobody told.
final class ClusterWatch: ServerWatch, @unchecked Sendable {
    // Safe because every stored `var` is touched on `eventLoop` only (the entry points hop there).

    private let seeds: [RedisAddress]
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let found: @Sendable (SlotRanges) -> Void
    /// Masters of the last answer.
    private var known: [RedisAddress] = []
    private let rounds: QuestionRounds

    init(
        seeds: [RedisAddress], login: RedisURL.Login?, connector: Connector, on eventLoop: any EventLoop,
        logger: Logger, found: @escaping @Sendable (SlotRanges) -> Void
    ) {
        self.seeds = seeds
        self.eventLoop = eventLoop
        self.logger = logger
        self.found = found
        rounds = QuestionRounds(login: login, connector: connector, on: eventLoop)
    }

    func start() {
        eventLoop.execute {
            self.rounds.start(
                QuestionRounds.Question(
                    command: Command("CLUSTER", "SLOTS"),
                    candidates: { [weak self] in self.map { $0.known.shuffled() + $0.seeds } ?? [] },
                    answer: { [weak self] in self?.heard($0, from: $1) },
                    complain: { [logger = self.logger] address, fault in
                        logger.warning(
                            "a node of the redis cluster does not say where the slots are",
                            metadata: ["node": .string(address.name), "reason": .string(fault.text)])
                    }))
        }
    }

    func refresh() {
        eventLoop.execute { self.rounds.soon() }
    }

    func stop() {
        eventLoop.execute { self.rounds.stop() }
    }

    private func heard(_ reply: Reply, from address: RedisAddress) -> String? {
        guard let ranges = SlotRanges(reply, asked: address) else { return "no slots are served" }
        known = Array(Set(ranges.ranges.map(\.master)))
        found(ranges)
        return nil
    }
}

extension Reply {
    var errorText: String? {
        if case .error(let text) = self { return text }
        return nil
    }
}

internal import Logging
internal import Synchronization

/// What all links to one server know together: says in the log when the server goes and comes, once and not for each
/// connection, and counts what happens to connections. Any thread.
final class NodeHealth: Sendable {
    struct Counts: Sendable {
        var connects: UInt64 = 0
        var losses: UInt64 = 0
        /// Connections given up because of what the server sent.
        var corruptConnections: UInt64 = 0
        var lateReplies: UInt64 = 0
    }

    private struct State {
        var linksUp = 0
        /// The reasons that the log has for the server's being away this time. Links may fail for different ones by
        /// turns: each is said once.
        var loggedReasons: [String] = []
        var counts = Counts()
    }

    private let state = Mutex(State())
    private let logger: Logger
    private let node: String

    init(node: String, logger: Logger) {
        self.node = node
        self.logger = logger
    }

    var counts: Counts { state.withLock { $0.counts } }

    func replyWasLate() { state.withLock { $0.counts.lateReplies += 1 } }

    func linkIsUp() {
        let isFirst = state.withLock { state in
            state.linksUp += 1
            state.counts.connects += 1
            guard state.linksUp == 1 else { return false }
            state.loggedReasons = []
            return true
        }
        if isFirst { logger.info("redis is up", metadata: ["node": .string(node)]) }
    }

    func linkIsDown(wasUp: Bool, _ fault: LinkFault) {
        let reason = fault.text
        let isNews = state.withLock { state in
            if wasUp {
                state.linksUp -= 1
                state.counts.losses += 1
            }
            switch fault {
            case .corrupt, .unexpectedReply: state.counts.corruptConnections += 1
            default: break
            }
            guard state.linksUp == 0, fault != .shutdown, state.loggedReasons.count < 8,
                !state.loggedReasons.contains(reason)
            else { return false }
            state.loggedReasons.append(reason)
            return true
        }
        if isNews { logger.warning("redis is down", metadata: ["node": .string(node), "reason": .string(reason)]) }
    }
}

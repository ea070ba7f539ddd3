internal import Logging
internal import Synchronization

/// What happened to connections; of all servers together, also of those that are no longer used. Any thread.
final class ConnectionTotals: Sendable {
    struct Counts: Sendable {
        var connects: UInt64 = 0
        var losses: UInt64 = 0
        /// Connections given up because of what the server sent.
        var corruptConnections: UInt64 = 0
        var lateReplies: UInt64 = 0
        /// MOVED and ASK.
        var redirections: UInt64 = 0
        /// Changes of the master, or of who has which slots.
        var moves: UInt64 = 0
    }

    private let counts = Mutex(Counts())

    var snapshot: Counts { counts.withLock { $0 } }
    func update(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }
}

/// What all links to one server know together: says in the log when the server goes and comes, once and not for each
/// connection. Any thread.
final class NodeHealth: Sendable {
    private struct State {
        var linksUp = 0
        /// The reasons that the log has for the server's being away this time. Links may fail for different ones by
        /// turns: each is said once.
        var loggedReasons: [String] = []
    }

    private let state = Mutex(State())
    /// Nil where somebody else says it.
    private let logger: Logger?
    private let node: String
    private let totals: ConnectionTotals
    private let onLoss: @Sendable () -> Void

    /// - Parameter onLoss: called whenever a connection is lost or does not come to stand. Any thread.
    init(node: String, totals: ConnectionTotals, logger: Logger?, onLoss: @escaping @Sendable () -> Void) {
        self.node = node
        self.totals = totals
        self.logger = logger
        self.onLoss = onLoss
    }

    func replyWasLate() { totals.update { $0.lateReplies += 1 } }

    func linkIsUp() {
        totals.update { $0.connects += 1 }
        let isFirst = state.withLock { state in
            state.linksUp += 1
            guard state.linksUp == 1 else { return false }
            state.loggedReasons = []
            return true
        }
        if isFirst { logger?.info("redis is up", metadata: ["node": .string(node)]) }
    }

    func linkIsDown(wasUp: Bool, _ fault: LinkFault) {
        let reason = fault.text
        totals.update { counts in
            if wasUp { counts.losses += 1 }
            switch fault {
            case .corrupt, .unexpectedReply: counts.corruptConnections += 1
            default: break
            }
        }
        let isNews = state.withLock { state in
            if wasUp { state.linksUp -= 1 }
            guard state.linksUp == 0, fault != .shutdown, state.loggedReasons.count < 8,
                !state.loggedReasons.contains(reason)
            else { return false }
            state.loggedReasons.append(reason)
            return true
        }
        if isNews { logger?.warning("redis is down", metadata: ["node": .string(node), "reason": .string(reason)]) }
        if fault != .shutdown { onLoss() }
    }
}

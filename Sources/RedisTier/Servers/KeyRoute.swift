internal import CacheModel
internal import NIOCore

/// One loop's way to the servers: sends a command to whoever holds its key, and follows MOVED and ASK. On its loop only.
struct KeyRoute: Sendable {
    let servers: RedisServers
    let loopIndex: Int
    let eventLoop: any EventLoop

    /// A command may be sent on so often: a cluster in motion settles, a broken one must not turn it in circles.
    private static let maxHops = 3

    /// Sends the command for that key. `done` runs on this loop exactly once: at the deadline at the latest, maybe
    /// before this returns.
    /// - Parameter again: the second command of an operation that was accepted: not refused for a breaker's sake.
    func submit(
        _ command: Command, slot: Int, _ role: Link.Role, deadline: Int64, again: Bool = false,
        _ done: @escaping (Link.Outcome) -> Void
    ) {
        guard let node = servers.node(slot: slot) else { return done(.failure(.disconnected)) }
        send(command, to: node, role, deadline: deadline, again: again, hops: Self.maxHops, done)
    }

    private func send(
        _ command: Command, to node: Node, _ role: Link.Role, deadline: Int64, again: Bool, hops: Int,
        _ done: @escaping (Link.Outcome) -> Void
    ) {
        let link = role == .read ? node.links[loopIndex].read : node.links[loopIndex].write
        link.submit(command, deadline: deadline, again: again) { outcome in
            guard case .reply(.error(let text)) = outcome, let redirection = Redirection(text, asked: node.address)
            else { return done(outcome) }
            let next = servers.follow(redirection)
            // A replica's refusal is an answer like any other; by the next operation the master may be known.
            if case .readOnly = redirection { return done(outcome) }
            guard let next, hops > 0, Link.now < deadline else { return done(.failure(.disconnected)) }
            if case .ask = redirection {
                let there = role == .read ? next.links[loopIndex].read : next.links[loopIndex].write
                there.submit(Command("ASKING"), deadline: deadline, again: true) { _ in }
            }
            send(command, to: next, role, deadline: deadline, again: true, hops: hops - 1, done)
        }
    }
}

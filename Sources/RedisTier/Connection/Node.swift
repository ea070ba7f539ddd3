internal import Logging
internal import NIOCore
internal import RedisLocation
internal import Synchronization

/// One Redis server as all event loops see it: on each loop a link for reads and one for writes, so that a large `SET`
/// never stands before a `GET`.
final class Node: Sendable {
    struct Links: Sendable {
        let read: Link
        let write: Link
        var eventLoop: any EventLoop { read.eventLoop }
    }

    let address: RedisAddress
    let links: [Links]
    let health: NodeHealth

    init(
        _ address: RedisAddress, settings: LinkSettings, eventLoops: [any EventLoop], totals: ConnectionTotals,
        logger: Logger, onLoss: @escaping @Sendable () -> Void
    ) {
        self.address = address
        let health = NodeHealth(node: address.name, totals: totals, logger: logger, onLoss: onLoss)
        self.health = health
        links = eventLoops.map {
            Links(
                read: Link(.read, to: address, eventLoop: $0, settings: settings, health: health),
                write: Link(.write, to: address, eventLoop: $0, settings: settings, health: health))
        }
    }

    func start() {
        for pair in links {
            pair.eventLoop.execute {
                pair.read.start()
                pair.write.start()
            }
        }
    }

    /// The better of the loops' states, and of the two roles the worse.
    var state: LinkState {
        let read = links.map(\.read.state).max() ?? .down
        let write = links.map(\.write.state).max() ?? .down
        return min(read, write)
    }

    func shutdown(withinMilliseconds bound: Int64, _ done: @escaping @Sendable () -> Void) {
        let open = Remaining(2 * links.count, done)
        for pair in links {
            pair.eventLoop.execute {
                pair.read.shutdown(withinMilliseconds: bound) { open.oneLess() }
                pair.write.shutdown(withinMilliseconds: bound) { open.oneLess() }
            }
        }
    }
}

/// Calls back when as many things have ended as there were.
final class Remaining: Sendable {
    private let left: Atomic<Int>
    private let done: @Sendable () -> Void

    init(_ count: Int, _ done: @escaping @Sendable () -> Void) {
        left = Atomic(count)
        self.done = done
        if count == 0 { done() }
    }

    func oneLess() {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { done() }
    }
}

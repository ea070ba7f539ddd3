/// Why a connection was given up.
package enum LinkFault: Error, Sendable, Equatable {
    case connectFailed(String)
    /// No connection, or no answer to the handshake, in time.
    case connectTimeout
    /// The server's error to AUTH, SELECT or PING.
    case refused(String)
    case closedByServer
    case failed(String)
    case corrupt(ReplyFault)
    case unexpectedReply
    /// A reply has been due for longer than a live server would take.
    case overdue
    case tooManyLate
    case shutdown

    /// For logs.
    package var text: String {
        switch self {
        case .connectFailed(let reason), .failed(let reason): reason
        case .connectTimeout: "no connection and handshake in time"
        case .refused(let reason): reason
        case .closedByServer: "closed by the server"
        case .corrupt(let fault): "bad reply: \(fault.rawValue)"
        case .unexpectedReply: "a reply that nothing asked for"
        case .overdue: "a reply is overdue"
        case .tooManyLate: "too many late replies"
        case .shutdown: "shut down"
        }
    }
}

package struct ConnectionLimits: Sendable, Equatable {
    package var maxOperations: Int
    package var maxBytes: Int
    /// Operations that ran out of time and whose replies are still to come.
    package var maxLate: Int
    /// How long past its deadline a reply may be before the connection counts as dead; milliseconds.
    package var maxOverdue: Int64

    package init(maxOperations: Int, maxBytes: Int, maxLate: Int = 1024, maxOverdue: Int64 = 1000) {
        self.maxOperations = maxOperations
        self.maxBytes = maxBytes
        self.maxLate = maxLate
        self.maxOverdue = maxOverdue
    }
}

/// One connection to a Redis server, without the connection: events in, actions out. Matches replies to operations in
/// order; an operation that ran out of time leaves its place in the queue, so that its late reply is known for what
/// it is. `now` and deadlines are monotonic milliseconds.
///
/// ```
/// connecting ─▶ authenticating ─▶ ready ─▶ draining        each ─▶ failed
/// ```
/// Every operation that `submit` accepted comes out exactly once: from `received`, `expire` or `fail`.
package struct ConnectionMachine<Operation>: ~Copyable {
    private enum State: ~Copyable {
        /// Next: authenticating, failed.
        case connecting
        /// The handshake is sent, so many replies to come. Next: ready, failed.
        case authenticating(Int)
        /// Next: draining, failed.
        case ready(InFlight<Operation>)
        /// Nothing new; what is in flight comes home. Next: failed.
        case draining(InFlight<Operation>)
        case failed
    }

    private var state: State
    private let limits: ConnectionLimits

    /// A connection attempt that begins.
    package init(limits: ConnectionLimits) { self.init(.connecting, limits) }

    private init(_ state: consuming State, _ limits: ConnectionLimits) {
        self.state = state
        self.limits = limits
    }

    // MARK: Opening

    package enum ConnectedAction: Equatable { case sendHandshake, close }

    /// The transport stands; the handshake has `steps` commands, at least one.
    package mutating func connected(steps: Int) -> ConnectedAction {
        switch consume state {
        case .connecting:
            self = Self(.authenticating(steps), limits)
            return .sendHandshake
        case .authenticating(let left): self = Self(.authenticating(left), limits)
        case .ready(let queue): self = Self(.ready(queue), limits)
        case .draining(let queue): self = Self(.draining(queue), limits)
        case .failed: self = Self(.failed, limits)
        }
        return .close
    }

    // MARK: Operations

    package enum SubmitAction {
        case send
        /// Not accepted; the operation is the caller's again.
        case refuse(Operation, Refusal)
    }

    package enum Refusal: Sendable, Equatable { case disconnected, queueFull, draining }

    /// - Parameter again: the second command of an operation that was accepted before: it passes the bounds and is
    ///   taken by a draining connection too.
    package mutating func submit(
        _ operation: Operation, bytes: Int, deadline: Int64, again: Bool = false
    ) -> SubmitAction {
        switch consume state {
        case .connecting: self = Self(.connecting, limits)
        case .authenticating(let left): self = Self(.authenticating(left), limits)
        case .failed: self = Self(.failed, limits)
        case .draining(var queue):
            if again { queue.append(operation, bytes: bytes, deadline: deadline) }
            self = Self(.draining(queue), limits)
            return again ? .send : .refuse(operation, .draining)
        case .ready(var queue):
            let hasRoom = queue.hasRoom(for: bytes, limits)
            guard hasRoom || again else {
                self = Self(.ready(queue), limits)
                return .refuse(operation, .queueFull)
            }
            queue.append(operation, bytes: bytes, deadline: deadline)
            self = Self(.ready(queue), limits)
            return .send
        }
        return .refuse(operation, .disconnected)
    }

    package enum ReceivedAction {
        case wait
        /// The handshake is through.
        case ready
        case complete(Operation)
        /// The reply of an operation that ran out of time.
        case discard
        case close(LinkFault)
    }

    /// A reply came; `error` is its text if it is an error.
    package mutating func received(error: String?) -> ReceivedAction {
        switch consume state {
        case .connecting:
            self = Self(.failed, limits)
            return .close(.unexpectedReply)
        case .authenticating(let left):
            if let error {
                self = Self(.failed, limits)
                return .close(.refused(error))
            }
            if left > 1 {
                self = Self(.authenticating(left - 1), limits)
                return .wait
            }
            self = Self(.ready(InFlight()), limits)
            return .ready
        case .ready(var queue):
            guard let place = queue.popFirst() else {
                self = Self(.failed, limits)
                return .close(.unexpectedReply)
            }
            self = Self(.ready(queue), limits)
            return place.operation.map { .complete($0) } ?? .discard
        case .draining(var queue):
            guard let place = queue.popFirst() else {
                self = Self(.failed, limits)
                return .close(.unexpectedReply)
            }
            self = Self(.draining(queue), limits)
            return place.operation.map { .complete($0) } ?? .discard
        case .failed:
            self = Self(.failed, limits)
            return .discard
        }
    }

    // MARK: Time

    package struct Expired {
        /// Their time is up.
        package var operations: [Operation] = []
        /// The connection is to be given up: call `fail`.
        package var fault: LinkFault?
    }

    package mutating func expire(now: Int64) -> Expired {
        switch consume state {
        case .connecting: self = Self(.connecting, limits)
        case .authenticating(let left): self = Self(.authenticating(left), limits)
        case .failed: self = Self(.failed, limits)
        case .ready(var queue):
            let expired = Self.expire(&queue, now: now, limits)
            self = Self(.ready(queue), limits)
            return expired
        case .draining(var queue):
            let expired = Self.expire(&queue, now: now, limits)
            self = Self(.draining(queue), limits)
            return expired
        }
        return Expired()
    }

    private static func expire(_ queue: inout InFlight<Operation>, now: Int64, _ limits: ConnectionLimits) -> Expired {
        var expired = Expired(operations: queue.expire(now: now))
        if let oldest = queue.firstDeadline, now >= oldest + limits.maxOverdue {
            expired.fault = .overdue
        } else if queue.late > limits.maxLate {
            expired.fault = .tooManyLate
        }
        return expired
    }

    /// When `expire` has something to do again.
    package var nextDeadline: Int64? {
        switch state {
        case .connecting: nil
        case .authenticating: nil
        case .failed: nil
        case .ready(let queue): queue.nextDeadline(limits)
        case .draining(let queue): queue.nextDeadline(limits)
        }
    }

    // MARK: Closing

    package enum DrainAction: Equatable { case close, wait }

    /// Nothing new is accepted; `close` if nothing is in flight. Ask again after each reply.
    package mutating func drain() -> DrainAction {
        switch consume state {
        case .ready(let queue):
            self = queue.isEmpty ? Self(.failed, limits) : Self(.draining(queue), limits)
            return queue.isEmpty ? .close : .wait
        case .draining(let queue):
            self = queue.isEmpty ? Self(.failed, limits) : Self(.draining(queue), limits)
            return queue.isEmpty ? .close : .wait
        case .connecting: self = Self(.failed, limits)
        case .authenticating: self = Self(.failed, limits)
        case .failed: self = Self(.failed, limits)
        }
        return .close
    }

    /// The connection is gone, or is to go. Returns what it still owed.
    package mutating func fail() -> [Operation] {
        switch consume state {
        case .ready(let queue):
            self = Self(.failed, limits)
            return queue.remaining
        case .draining(let queue):
            self = Self(.failed, limits)
            return queue.remaining
        case .connecting: self = Self(.failed, limits)
        case .authenticating: self = Self(.failed, limits)
        case .failed: self = Self(.failed, limits)
        }
        return []
    }

    /// The state's name, and in the brackets what it counts; for tests and debug logs.
    package var description: String {
        switch state {
        case .connecting: "connecting"
        case .authenticating(let left): "authenticating(\(left))"
        case .ready(let queue): "ready(\(queue.count), late \(queue.late))"
        case .draining(let queue): "draining(\(queue.count), late \(queue.late))"
        case .failed: "failed"
        }
    }
}

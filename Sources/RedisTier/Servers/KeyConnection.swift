package import CacheModel
package import NIOCore
package import RedisLocation

/// A connection of one's own to the server that holds a key: for what must not wait behind others (a blocking read) or
/// counts on the order of its commands. Follows the key to another server, and connects again whenever it is lost, with
/// pauses of 50 ms to 1 s. On its loop only, but for `init`.
///
/// ```
/// let connection = KeyConnection(to: "strata:{log}:feed", servers, on: loop) { event in … }
/// connection.start()
/// connection.send(Command("XREAD", …), withinMilliseconds: 3000) { result in … }
/// ```
/// Whoever made one closes it. There is no circuit breaker in front: a command that gets no answer in time fails with `.timeout`, and one whose
/// answer is overdue by a second more ends the connection.
package final class KeyConnection: @unchecked Sendable {
    // Safe because every stored `var` is touched on `eventLoop` only (each entry point checks it in debug builds).

    package enum Event: Sendable, Equatable {
        /// A connection stands, the first or another one, maybe to another server: whoever needs to know whether it
        /// is the same life of the same server asks it (`INFO`, `ROLE`).
        case up(RedisAddress)
        /// What was in flight has failed. The reason is for logs.
        case down(String)
    }

    private let key: ByteBuffer
    private let servers: RedisServers
    private let eventLoop: any EventLoop
    private let settings: LinkSettings
    private let onEvent: (Event) -> Void
    private var link: Link?
    private var observer: UInt64?
    private var isClosed = false

    /// - Parameters:
    ///   - key: decides which server; need not exist.
    ///   - onEvent: called on the loop.
    package convenience init(
        to key: String, _ servers: RedisServers, on eventLoop: any EventLoop, onEvent: @escaping (Event) -> Void
    ) {
        self.init(to: key, servers, on: eventLoop, adjust: { _ in }, onEvent: onEvent)
    }

    /// - Parameter adjust: bounds other than those of a tier's values.
    init(
        to key: String, _ servers: RedisServers, on eventLoop: any EventLoop,
        adjust: (inout LinkSettings) -> Void, onEvent: @escaping (Event) -> Void
    ) {
        self.key = ByteBuffer(string: key)
        self.servers = servers
        self.eventLoop = eventLoop
        self.onEvent = onEvent
        var settings = servers.settings
        settings.breakerThreshold = .max
        adjust(&settings)
        self.settings = settings
    }

    package func start() {
        eventLoop.assertInEventLoop()
        guard observer == nil, !isClosed else { return }
        observer = servers.observe { [weak self] in
            guard let self else { return }
            eventLoop.execute { self.follow() }
        }
        follow()
    }

    /// Goes to whoever holds the key now. Without anyone it stays where it is.
    private func follow() {
        guard !isClosed, let address = servers.node(slot: servers.slot(of: key))?.address, link?.address != address
        else { return }
        let old = link
        let health = NodeHealth(
            node: address.name, totals: ConnectionTotals(), logger: nil, onLoss: { [servers] in servers.refresh() })
        let new = Link(.own, to: address, eventLoop: eventLoop, settings: settings, health: health)
        new.onChange = { [weak self, weak new] fault in
            guard let self, let new, link === new else { return }
            onEvent(fault.map { .down($0.text) } ?? .up(new.address))
        }
        link = new
        if let old {
            old.shutdown(withinMilliseconds: 0) {}
            onEvent(.down("the key moved to \(address.name)"))
        }
        new.start()
    }

    /// Sends a command; commands are answered in order. `done` runs on the loop, exactly once and within the time.
    /// A server that no longer holds the key or is no longer the master counts as `.disconnected`.
    package func send(
        _ command: Command, withinMilliseconds milliseconds: Int64,
        _ done: @escaping (Result<Reply, TierFailure>) -> Void
    ) {
        eventLoop.assertInEventLoop()
        guard !isClosed else { return done(.failure(.closed)) }
        guard let link else { return done(.failure(.disconnected)) }
        link.submit(command, deadline: Link.now + milliseconds) { [weak self] outcome in
            switch outcome {
            case .failure(let failure): done(.failure(failure))
            case .reply(.error(let text)):
                guard let self, let redirection = Redirection(text, asked: link.address) else {
                    return done(.success(.error(text)))
                }
                _ = self.servers.follow(redirection)
                done(.failure(.disconnected))
            case .reply(let reply): done(.success(reply))
            }
        }
    }

    /// Closes the connection and seeks another one, maybe elsewhere: what answers is not the server that is wanted.
    func hangUp(_ reason: String) {
        eventLoop.assertInEventLoop()
        servers.refresh()
        link?.hangUp(reason)
    }

    /// Fails what is in flight with `.closed` and closes for good.
    package func close() {
        eventLoop.assertInEventLoop()
        guard !isClosed else { return }
        isClosed = true
        if let observer { servers.forget(observer) }
        link?.shutdown(withinMilliseconds: 0) {}
        link = nil
    }
}

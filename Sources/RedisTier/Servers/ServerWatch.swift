internal import NIOCore

/// Knows by asking where the servers are, and tells `RedisServers` when that changes.
protocol ServerWatch: AnyObject, Sendable {
    /// Begins to look, and goes on until `stop`. Any thread.
    func start()
    /// Something does not fit what was found: looks again soon. Any thread, at any rate.
    func refresh()
    func stop()
}

/// When a watch asks: one round at a time; a wanted round at once after a quiet time, then at growing pauses up to a
/// second, so that a failover is noticed within a fraction of one and a server that stays away is asked about once a
/// second; and a round every 30 s for what nobody told. Used on its loop only.
final class QuestionRounds: @unchecked Sendable {
    // Safe because every stored `var` is touched on `eventLoop` only (each entry point checks it in debug builds).

    private static let quietInterval: Int64 = 30_000

    private let eventLoop: any EventLoop
    private var ask: (() -> Void)?
    private var waiting: Scheduled<Void>?
    private var isUrgent = false
    private var isOpen = false
    private var backoff = Backoff()
    private var lastAsked = Int64.min / 2

    init(on eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// - Parameter ask: begins a round, whose end `ended` is told.
    func start(_ ask: @escaping () -> Void) {
        self.ask = ask
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

    func ended(answered: Bool) {
        eventLoop.assertInEventLoop()
        isOpen = false
        if answered { plan(after: Self.quietInterval) } else { soon() }
    }

    func stop() {
        eventLoop.assertInEventLoop()
        ask = nil
        waiting?.cancel()
    }

    private func plan(after pause: Int64) {
        guard ask != nil else { return }
        waiting?.cancel()
        waiting = eventLoop.scheduleTask(in: .milliseconds(pause)) { self.begin() }
    }

    private func begin() {
        waiting?.cancel()
        waiting = nil
        isUrgent = false
        isOpen = true
        lastAsked = Link.now
        ask?()
    }
}

internal import NIOCore

/// Knows by asking where the servers are, and tells `RedisServers` when that changes.
protocol ServerWatch: AnyObject, Sendable {
    /// Begins to look, and goes on until `stop`. Any thread.
    func start()
    /// Something does not fit what was found: looks again soon. Any thread, at any rate.
    func refresh()
    func stop()
}

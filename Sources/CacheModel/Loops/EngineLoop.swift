/// One event loop, as the floors below the listener see it: a thread with an inbox. Whatever belongs to a loop is
/// touched on that loop only. `Listener` makes these from NIO's loops; nothing else knows what is behind one.
package protocol EngineLoop: AnyObject, Sendable {
    /// 0 ..< number of loops; tiers keep one connection or queue a loop under this number.
    var index: Int { get }
    /// Whether the caller runs on this loop.
    var isCurrent: Bool { get }
    /// Runs the work on this loop, soon, in the order of the calls of one thread. Any thread may call it.
    func execute(_ work: @escaping @Sendable () -> Void)
    /// Runs the work on this loop after the delay unless cancelled. Any thread may call it.
    func schedule(afterMilliseconds delay: Int64, _ work: @escaping @Sendable () -> Void) -> any LoopTimer
}

package protocol LoopTimer: Sendable {
    /// Cancels the work unless it ran or runs. Any thread.
    func cancel()
}

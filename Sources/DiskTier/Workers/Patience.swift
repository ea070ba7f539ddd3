internal import CacheModel
internal import NIOCore
internal import Synchronization

/// A time budget that many calls have: one timer for all that wait, where one each would cost more than the calls. Any
/// thread.
final class Patience<Value: Sendable>: Sendable {
    private struct Waiting {
        var end: Int64
        weak var reply: Reply<Value>?

        var isOver: Bool { reply?.isOpen != true }
    }

    private struct State {
        /// In the order of their ends.
        var waiting = CircularBuffer<Waiting>()
        var isTimed = false
    }

    private let state = Mutex(State())
    private let milliseconds: Int64
    private let late: Value
    private let counting: @Sendable () -> Void

    /// - Parameters:
    ///   - late: the answer of a call whose time is over.
    ///   - counting: run for each that gets it.
    init(milliseconds: Int64, _ late: Value, counting: @escaping @Sendable () -> Void) {
        self.milliseconds = milliseconds
        self.late = late
        self.counting = counting
    }

    /// Answers for the worker if it does not in time.
    func limit(_ reply: Reply<Value>, on loop: any EngineLoop) {
        let end = Clock.monotonic() + milliseconds
        let isTimed = state.withLock { state in
            while state.waiting.first?.isOver == true { state.waiting.removeFirst() }
            state.waiting.append(Waiting(end: end, reply: reply))
            defer { state.isTimed = true }
            return state.isTimed
        }
        if !isTimed { look(after: milliseconds, on: loop) }
    }

    private func look(after delay: Int64, on loop: any EngineLoop) {
        _ = loop.schedule(afterMilliseconds: delay) { [weak self] in self?.look(on: loop) }
    }

    private func look(on loop: any EngineLoop) {
        let now = Clock.monotonic()
        let (late, next) = state.withLock { state -> ([Reply<Value>], Int64?) in
            var late: [Reply<Value>] = []
            while let first = state.waiting.first, first.isOver || first.end <= now {
                if let reply = first.reply { late.append(reply) }
                state.waiting.removeFirst()
            }
            state.isTimed = !state.waiting.isEmpty
            return (late, state.waiting.first?.end)
        }
        for reply in late { reply.finish(self.late, counting: counting) }
        if let next { look(after: max(1, next - now), on: loop) }
    }
}

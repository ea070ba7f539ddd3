/// Calls back once, when everything that was added has finished, and the one that it starts with.
final class Countdown: @unchecked Sendable {
    // Safe because a flight uses it on its own loop only.
    private var count = 1
    private let done: @Sendable () -> Void

    init(_ done: @escaping @Sendable () -> Void) { self.done = done }

    func add() { count += 1 }

    func finishOne() {
        count -= 1
        if count == 0 { done() }
    }
}

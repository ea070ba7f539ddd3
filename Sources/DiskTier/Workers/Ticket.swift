/// Work that was let in and is not done, counted by the lives of tickets: whoever carries a ticket has not finished.
final class Ticket: Sendable {
    private let count: Monitor<Int>

    init(_ count: Monitor<Int>) {
        self.count = count
        count.withLock { $0 += 1 }
    }

    deinit { count.change { $0 -= 1 } }
}

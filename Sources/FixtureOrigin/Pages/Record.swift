import Synchronization

/// What reached this origin, and the version that its pages may show.
final class Record: Sendable {
    struct Count: Sendable {
        var requests = 0
        /// Answers whose last byte went out.
        var completed = 0
        /// Connections that ended under their answer.
        var aborted = 0
        var methods: [String: Int] = [:]
    }

    private struct State {
        var counts: [String: Count] = [:]
        var connections = 0
        var version = 1
    }

    private let state = Mutex(State())

    func connectionAccepted() { state.withLock { $0.connections += 1 } }

    /// Counts it, and says which request for its target it is: 1 for the first.
    func received(_ request: Request) -> Int {
        change(request) {
            $0.requests += 1
            $0.methods[request.method, default: 0] += 1
            return $0.requests
        } ?? 1
    }

    func completed(_ request: Request) { _ = change(request) { $0.completed += 1 } }
    func aborted(_ request: Request) { _ = change(request) { $0.aborted += 1 } }

    /// The origin's own pages (`/_…`) don't count.
    private func change<Result: Sendable>(_ request: Request, _ body: (inout Count) -> Result) -> Result? {
        guard !request.target.hasPrefix("/_") else { return nil }
        return state.withLock { body(&$0.counts[request.target, default: Count()]) }
    }

    func count(_ target: String) -> Count { state.withLock { $0.counts[target] } ?? Count() }
    var counts: [String: Count] { state.withLock { $0.counts } }
    var connections: Int { state.withLock { $0.connections } }
    var version: Int { state.withLock { $0.version } }

    func bump() -> Int {
        state.withLock {
            $0.version += 1
            return $0.version
        }
    }

    func reset() { state.withLock { $0 = State() } }
}

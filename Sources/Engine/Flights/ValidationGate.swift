internal import CacheModel
internal import Synchronization

/// How many responses that may have been purged are validated with one origin at a time: after a while out of contact
/// with the log, or in a new life of it, that is everything that is stored (invalidation.md rule 15). As many as there
/// are connections kept to that origin; the others take their turn in the order in which they came. Any thread.
final class ValidationGate: Sendable {
    private struct Line {
        var running = 0
        /// Those that wait, from `first` on.
        var waiting: [@Sendable () -> Void] = []
        var first = 0
    }

    private let lines = Mutex<[OriginServer: Line]>([:])

    /// Calls back, at once or later on any thread, when it is this one's turn. `leave` ends it.
    func enter(_ origin: OriginServer, _ turn: @escaping @Sendable () -> Void) {
        let isFree = lines.withLock { lines in
            var line = lines[origin] ?? Line()
            let isFree = line.running < max(1, origin.keepalive)
            if isFree { line.running += 1 } else { line.waiting.append(turn) }
            lines[origin] = line
            return isFree
        }
        if isFree { turn() }
    }

    /// The origin has answered, or won't.
    func leave(_ origin: OriginServer) {
        let next = lines.withLock { lines -> (@Sendable () -> Void)? in
            guard var line = lines[origin] else { return nil }
            guard line.first < line.waiting.count else {
                line.running -= 1
                lines[origin] = line.running == 0 ? nil : line
                return nil
            }
            let next = line.waiting[line.first]
            line.first += 1
            if line.first == line.waiting.count {
                (line.waiting, line.first) = ([], 0)
            } else if line.first >= 1024 {
                line.waiting.removeFirst(line.first)
                line.first = 0
            }
            lines[origin] = line
            return next
        }
        next?()
    }
}

internal import NIOCore

/// The commands of one connection that wait for their replies, in the order of sending.
struct InFlight<Operation> {
    struct Place {
        /// Nil once its time was up.
        var operation: Operation?
        var deadline: Int64
        var bytes: Int
    }

    private var places = CircularBuffer<Place>()
    private var bytes = 0
    /// Places whose time was up.
    private(set) var late = 0
    /// Deadlines rise from front to back, as long as no operation came with less time than the one before it: then the
    /// late places are the first ones, and looking for more stops at the first that is in time.
    private var isOrdered = true

    var count: Int { places.count }
    var isEmpty: Bool { places.isEmpty }
    var remaining: [Operation] { places.compactMap(\.operation) }

    func hasRoom(for more: Int, _ limits: ConnectionLimits) -> Bool {
        places.isEmpty || (places.count < limits.maxOperations && bytes + more <= limits.maxBytes)
    }

    mutating func append(_ operation: Operation, bytes more: Int, deadline: Int64) {
        if let last = places.last, last.deadline > deadline { isOrdered = false }
        places.append(Place(operation: operation, deadline: deadline, bytes: more))
        bytes += more
    }

    mutating func popFirst() -> Place? {
        guard let place = places.popFirst() else { return nil }
        bytes -= place.bytes
        if place.operation == nil { late -= 1 }
        if places.isEmpty { isOrdered = true }
        return place
    }

    /// Takes the operations whose deadline has come out of their places.
    mutating func expire(now: Int64) -> [Operation] {
        var expired: [Operation] = []
        for offset in (isOrdered ? late : 0)..<places.count {
            let index = places.index(places.startIndex, offsetBy: offset)
            guard places[index].deadline <= now else {
                if isOrdered { break }
                continue
            }
            guard let operation = places[index].operation else { continue }
            places[index].operation = nil
            expired.append(operation)
        }
        late += expired.count
        return expired
    }

    /// Of the place whose reply comes next.
    var firstDeadline: Int64? { places.first?.deadline }

    /// When the next operation runs out of time, or the next reply is overdue.
    func nextDeadline(_ limits: ConnectionLimits) -> Int64? {
        guard let first = places.first else { return nil }
        let overdue = first.deadline + limits.maxOverdue
        if isOrdered {
            guard late < places.count else { return overdue }
            return min(overdue, places[places.index(places.startIndex, offsetBy: late)].deadline)
        }
        let live = places.lazy.filter { $0.operation != nil }.map(\.deadline).min()
        return live.map { min($0, overdue) } ?? overdue
    }
}

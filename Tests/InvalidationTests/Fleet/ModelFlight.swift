import Invalidation

/// A client's request on its way through an instance. Each look that a loop takes is a step of its own.
final class ModelReader {
    enum Stage {
        case arrived
        /// It has looked up an entry and loaded the stamp.
        case looking(ModelStored, stamp: UInt64)
        case judged(ModelStored, Verdict, upTo: UInt64)
        case waiting
        case answered
    }

    let key: Int
    /// What it must get at least.
    let least: Int
    /// The table's stamp when it arrived (rule 3).
    let arrival: UInt64
    var stage = Stage.arrived
    var tries = 0
    var version: Int?
    /// From a tier, without a word of the origin.
    var isHit = false

    /// Not waiting for a flight.
    var isMoving: Bool {
        switch stage {
        case .waiting, .answered: false
        default: true
        }
    }

    init(_ key: Int, least: Int, arrival: UInt64) {
        self.key = key
        self.least = least
        self.arrival = arrival
    }
}

/// A fill under way.
final class ModelFlight {
    enum Stage {
        case waiting, shared, disk, lease
        /// For the holder of a lease, once.
        case held(ModelLease, until: Int64)
        case again
        /// What is read before the request is sent, in this order (rule 1).
        case stamp, number, position
        case sent
        case answered(Answer)
        case storing(ModelEntry, left: [Layer])
        case ended
    }

    struct Answer {
        var version: Int
        var tags: [String]
        var isConfirmation = false
        var isFailure = false
    }

    struct Outcome {
        var version: Int
        var isHit: Bool
        var isValid: (ModelReader) -> Bool
    }

    enum Layer { case memory, disk, shared }

    let key: Int
    /// Made for one request: nobody joins it, and no tier is asked.
    let isSolo: Bool
    var stage = Stage.waiting
    var followers: [ModelReader] = []
    var leader: ModelReader?
    /// A stored response that the origin may confirm.
    var candidate: ModelEntry?
    var stamp: UInt64 = 0
    var localNumber: UInt64 = 0
    var asOf: Position?
    /// When the origin was asked.
    var time: Int64 = 0
    var lease: ModelLease?
    var hasWaited = false
    /// Settled for all who wait and all who will come.
    var outcome: Outcome?
    var hasRefetched = false

    init(_ key: Int, isSolo: Bool = false, candidate: ModelEntry? = nil) {
        self.key = key
        self.isSolo = isSolo
        self.candidate = candidate
    }

    var isAsking: Bool {
        switch stage {
        case .sent, .answered: true
        default: false
        }
    }
}

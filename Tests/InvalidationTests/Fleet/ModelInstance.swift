import Invalidation
import TestSupport

/// One process of the model, and what its disk keeps.
final class ModelInstance {
    enum Reply {
        case contact((reply: ContactReply, members: [UInt64: String], age: Int64))
        case items([FeedItem])
        case scan(ScanReply)
        case replaced
    }

    /// On its way to the disk; `kill -9` loses it.
    enum Write {
        case own(InvalidationRecord)
        case confirmed(UInt64, Position)
    }

    struct Append {
        var record: InvalidationRecord
        var isDone: Bool
    }

    let name: Int
    var isRunning = true
    var isPaused = false
    var isConnected = true
    /// It followed another log before it is started again (rule 19).
    var changesHome = false
    // Survive kill -9.
    var disk: [Int: ModelEntry] = [:]
    var remembered = RememberedLog(home: nil, isSettled: true)
    // Do not.
    var table = InvalidationTable(epoch: 1, contactEnd: .min)
    var follower: LogFollower
    var outbox = Outbox(window: 2)
    var members: Members
    var member: UInt64
    var predecessor: UInt64?
    var memory: [Int: ModelStored] = [:]
    var isReachable = false
    var contacts: UInt64 = 0
    var command: LogCommand?
    var commandContact: (number: UInt64, sent: Int64) = (0, 0)
    var reply: Reply?
    var step: LogFollower.Step?
    var writes: [Write] = []
    var appends: [Append] = []
    var readers: [ModelReader] = []
    /// At most two of a key: the running one, and the next (rule 4).
    var flights: [Int: [ModelFlight]] = [:]
    var solos: [ModelFlight] = []
    var retryAt: Int64?
    var callers: [UInt64: ModelPurge] = [:]

    init(_ name: Int, random: inout SplitMix) {
        self.name = name
        member = random.next() | 1
        follower = LogFollower(
            remembered: nil, replaces: false, heartbeat: 500, random: SplitMix(state: random.next()))
        members = Members(own: member, maxBlind: FleetModel.maxBlind, hadEarlierLife: false)
    }

    /// A new process on the same disk.
    func begin(random: inout SplitMix) {
        isRunning = true
        table = InvalidationTable(epoch: random.next() | 1, contactEnd: .min)
        follower = LogFollower(
            remembered: changesHome ? nil : remembered.applied, left: remembered.left, replaces: changesHome,
            heartbeat: 500, random: SplitMix(state: random.next()))
        changesHome = false
        predecessor = remembered.member
        member = random.next() | 1
        members = Members(own: member, maxBlind: FleetModel.maxBlind, hadEarlierLife: remembered.home != nil)
        outbox = Outbox(window: 2)
        outbox.restore(remembered.own, followed: remembered.applied?.epoch, table: table)
        remembered.home = "log"
        remembered.member = member
        memory = [:]
        isReachable = false
        contacts = 0
        (command, reply, step, retryAt) = (nil, nil, nil, nil)
        (writes, appends, readers, flights, solos, callers) = ([], [], [], [:], [], [:])
    }

    /// Whether all that it ever accepted is in that life of the log, as far as its disk knows. A record whose caller still
    /// waits is not pending in the table: it becomes so when the caller is told that the log did not say.
    func isRidOfAll(in epoch: UInt64?) -> Bool {
        table.pendingCount == 0 && writes.isEmpty && appends.isEmpty
            && remembered.own.allSatisfy { $0.position != nil && $0.position?.epoch == epoch }
    }

    /// Those that run.
    var allFlights: [ModelFlight] { flights.sorted { $0.key < $1.key }.compactMap { $0.value.first } + solos }
}

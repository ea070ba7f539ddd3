import Synchronization
import TestSupport

/// What was promised, and what was seen. Any thread.
final class FleetPromise: Sendable {
    static let pages = 5

    private struct State {
        /// By page: no instance serves less.
        var everywhere = [Int](repeating: 0, count: FleetPromise.pages)
        /// By instance and page: what it accepted itself.
        var here: [[Int]]
        /// By instance and page: what an unsafe method changed through it, in this life of the process. Nobody else need
        /// know of it, and the process may forget it with the log away (invalidation.md rule 21).
        var changed: [[Int]]
        /// By instance: raised when it goes away.
        var lives: [Int]
        /// By page: accepted by anyone.
        var accepted = [Int](repeating: 0, count: FleetPromise.pages)
        /// Not to be used: it is dead, stands still, or is about to.
        var isAway: [Bool]
        var history: [String] = []
        var violations: [String] = []
        var reads = 0
        var hits = 0
        var answered = 0
        var keptEverywhere = 0
        var sorts: Set<FleetPurger.Sort> = []
        var troubles = 0
    }

    private let purges: Int
    private let state: Mutex<State>

    init(instances: Int, purges: Int) {
        self.purges = purges
        state = Mutex(
            State(
                here: Array(repeating: Array(repeating: 0, count: Self.pages), count: instances),
                changed: Array(repeating: Array(repeating: 0, count: Self.pages), count: instances),
                lives: Array(repeating: 0, count: instances),
                isAway: Array(repeating: false, count: instances)))
    }

    // MARK: How far it is

    var violations: [String] { state.withLock { $0.violations } }
    var keptEverywhere: Int { state.withLock { $0.keptEverywhere } }
    var hits: Int { state.withLock { $0.hits } }
    var answered: Int { state.withLock { $0.answered } }
    var sortsEverywhere: Set<FleetPurger.Sort> { state.withLock { $0.sorts } }
    var isOver: Bool { state.withLock { $0.answered >= purges || !$0.violations.isEmpty } }
    var summary: String {
        state.withLock {
            "\($0.reads) reads, \($0.hits) of them hits, \($0.answered) purges, \($0.keptEverywhere) of them applied "
                + "everywhere, \($0.troubles) troubles, \($0.violations.count) violations"
        }
    }

    // MARK: Who is there

    func setAway(_ index: Int, _ isAway: Bool) {
        state.withLock { state in
            state.isAway[index] = isAway
            guard isAway else { return }
            state.lives[index] += 1
            state.changed[index] = Array(repeating: 0, count: Self.pages)
        }
    }
    func life(_ index: Int) -> Int { state.withLock { $0.lives[index] } }
    func isAway(_ index: Int) -> Bool { state.withLock { $0.isAway[index] } }
    var present: [Int] { state.withLock { state in state.isAway.indices.filter { !state.isAway[$0] } } }

    // MARK: What happened

    func note(_ text: String) { state.withLock { Self.note(text, &$0) } }

    func trouble(_ text: String) {
        state.withLock { state in
            state.troubles += 1
            Self.note(text, &state)
        }
    }

    private static func note(_ text: String, _ state: inout State) {
        state.history.append(text)
        if state.history.count > 120 { state.history.removeFirst() }
    }

    func answered(
        _ sort: FleetPurger.Sort, of pages: [Int], to version: Int, at index: Int, _ answer: RunningFleet.PurgeAnswer
    ) {
        state.withLock { state in
            let told = "\(answer.status) \(answer.text.suffix(90))"
            Self.note("\(sort) of \(pages) to \(version) at \(index): \(told)", &state)
            state.answered += 1
            guard answer.status == 200 || answer.status == 202 else { return }
            for page in pages {
                state.accepted[page] = max(state.accepted[page], version)
                state.here[index][page] = max(state.here[index][page], version)
            }
            guard answer.isEverywhere else { return }
            state.keptEverywhere += 1
            state.sorts.insert(sort)
            for page in pages { state.everywhere[page] = max(state.everywhere[page], version) }
        }
    }

    /// An unsafe method was answered by that instance in that life.
    func changed(_ page: Int, to version: Int, at index: Int, life: Int) {
        state.withLock { state in
            guard state.lives[index] == life else { return }
            Self.note("POST to \(page) at \(index): \(version)", &state)
            state.changed[index][page] = max(state.changed[index][page], version)
        }
    }

    /// What a request that is sent now to that instance must get at least.
    func least(_ page: Int, at index: Int) -> Int {
        state.withLock { max($0.everywhere[page], $0.here[index][page], $0.changed[index][page]) }
    }

    func accepted(_ page: Int) -> Int { state.withLock { $0.accepted[page] } }

    func check(_ page: Int, _ version: Int, least: Int, at index: Int, _ response: RawResponse) {
        state.withLock { state in
            state.reads += 1
            if response.hitTier != nil { state.hits += 1 }
            guard version < least else { return }
            state.violations.append(
                "instance \(index) served version \(version) of page \(page), \(least) was promised: "
                    + response.cacheStatus + "\n" + state.history.joined(separator: "\n"))
        }
    }

    func fail(_ text: String) {
        state.withLock { $0.violations.append(text + "\n" + $0.history.joined(separator: "\n")) }
    }
}

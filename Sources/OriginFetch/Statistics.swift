package import CacheModel
import Synchronization

/// What the origin side did since the start.
package struct OriginStatistics: Sendable, Equatable {
    /// Fetches under way.
    package var active = 0
    package var started = 0
    package var finished = 0
    package var cancelled = 0
    /// No entry for a kind that never happened.
    package var failedByKind: [OriginFailure.Kind: Int] = [:]
    /// TCP connections made (the rest of the requests went over kept ones), counted when their first fetch ends.
    package var connectionsOpened = 0

    package init() {}
}

/// Written by the curl thread, read by anyone.
final class OriginCounters: Sendable {
    private let state = Mutex(OriginStatistics())

    var snapshot: OriginStatistics { state.withLock { $0 } }

    func begin() {
        state.withLock {
            $0.started += 1
            $0.active += 1
        }
    }

    func end(_ ending: Ending, connections: Int) {
        state.withLock {
            $0.active -= 1
            $0.connectionsOpened += connections
            switch ending {
            case .finished: $0.finished += 1
            case .cancelled: $0.cancelled += 1
            case .failed(let kind): $0.failedByKind[kind, default: 0] += 1
            }
        }
    }

    enum Ending {
        case finished
        case cancelled
        case failed(OriginFailure.Kind)
    }
}

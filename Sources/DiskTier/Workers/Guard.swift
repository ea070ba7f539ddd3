internal import CacheModel
internal import Logging
internal import Synchronization

/// The circuit breaker of one direction, with its clock, and what is wrong with it, which is logged when it begins and
/// when it ends. Any thread.
final class Guard: Sendable {
    private struct State {
        var breaker = CircuitBreaker()
        var trouble: TierFailure?
        /// When it was last seen; milliseconds of `Clock.monotonic`.
        var seen: Int64 = 0
    }

    private let state = Mutex(State())
    private let what: String
    private let path: String
    private let hold: Int64
    private let logger: Logger?

    /// - Parameters:
    ///   - what: "read" or "write", for the log.
    ///   - hold: milliseconds without a failure after which a success ends the trouble: a disk that is full now and
    ///     again is full, and not worth a line each time.
    init(_ what: String, path: String, holdMilliseconds hold: Int64, logger: Logger?) {
        self.what = what
        self.path = path
        self.hold = hold
        self.logger = logger
    }

    func admit() -> Bool { state.withLock { $0.breaker.admit(now: Clock.monotonic()) } }
    var breaker: CircuitBreaker.State { state.withLock { $0.breaker.state } }
    /// Nothing is wrong, as far as anybody knows.
    var isQuiet: Bool { state.withLock { $0.breaker.isClosed && $0.trouble == nil } }
    /// Why work comes to nothing, while it does; `.full` is no fault for the breaker.
    var trouble: TierFailure? { state.withLock { $0.trouble } }

    func timedOut() { failed(.timeout, "it does not answer in time", isFault: true) }

    /// It came to nothing for want of something that is no fault of the device either.
    func failed(_ failure: FileFailure, _ text: String) {
        failed(failure.tierFailure, failure.troubleText ?? text, isFault: failure.isDeviceFault)
    }

    /// What came of a piece of work that was let in. Only the device's faults count against it.
    func came(_ failure: FileFailure?) {
        guard let failure, let text = failure.troubleText else { return succeeded() }
        failed(failure.tierFailure, text, isFault: failure.isDeviceFault)
    }

    private func succeeded() {
        let ended = state.withLock { state -> TierFailure? in
            state.breaker.succeeded()
            guard let trouble = state.trouble, Clock.monotonic() - state.seen >= hold else { return nil }
            state.trouble = nil
            return trouble
        }
        guard let ended else { return }
        logger?.notice("the disk tier can \(what) again", metadata: ["path": "\(path)", "was": "\(ended.rawValue)"])
    }

    private func failed(_ failure: TierFailure, _ text: String, isFault: Bool) {
        let isNew = state.withLock { state -> Bool in
            let now = Clock.monotonic()
            if isFault { state.breaker.failed(now: now) } else { state.breaker.succeeded() }
            state.seen = now
            defer { state.trouble = failure }
            return state.trouble != failure
        }
        guard isNew else { return }
        logger?.warning(
            "the disk tier can't \(what): \(text)", metadata: ["path": "\(path)", "reason": "\(failure.rawValue)"])
    }
}

extension FileFailure {
    /// What people are told of it, when it speaks against the device or the file system and not against a record.
    fileprivate var troubleText: String? {
        guard case .system(let code) = self else { return nil }
        return "\(DiskError.text(ofErrno: code)) (errno \(code))"
    }
}

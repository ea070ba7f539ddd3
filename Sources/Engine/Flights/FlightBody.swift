package import CacheModel
package import NIOCore
internal import Synchronization

/// The body of a fetch on its way to everyone who reads it. One writer (the flight, on its loop), any number of
/// readers on any loop, each at its own offset. A lock guards it; no call goes out while it is held.
///
/// Memory is bounded in each of its three modes:
/// - *retained*: the whole body so far is kept; the flight changes the mode before it passes the window;
/// - *spooled*: everything is also in a file, the newest `tail` bytes are kept here for readers that keep up;
/// - *passing*: what every reader has taken is dropped, and the writer is told to pause above `window`. After a spool
///   that failed its beginning may still be read from there.
package final class FlightBody: Sendable {
    package enum Piece: Sendable {
        case bytes(ByteBuffer)
        /// Read it from the spool at the same offset.
        case spooled(any BodySpool)
        /// Nothing new yet; the waiter is called once there is.
        case wait
        case end
        case failed(OriginFailure)
    }

    /// In passing mode the fetch pauses above this many buffered bytes.
    static let window = 256 << 10
    /// Bytes kept in memory behind the newest in spooled mode.
    static let tail = 1 << 20

    struct Waiter: Sendable {
        var loop: any EngineLoop
        var wake: @Sendable () -> Void
    }

    private enum Mode {
        case retained
        case spooled(any BodySpool)
        case passing(behind: (any BodySpool)?)

        var spool: (any BodySpool)? {
            switch self {
            case .retained: nil
            case .spooled(let spool): spool
            case .passing(let spool): spool
            }
        }
    }

    private enum Ending {
        case running
        case complete
        case failed(OriginFailure)
    }

    private struct State {
        var mode: Mode = .retained
        var chunks: [ByteBuffer] = []
        /// Offset of the first byte of `chunks`.
        var base = 0
        var total = 0
        var ending: Ending = .running
        var waiters: [Waiter] = []
        /// Where each reader stands; only kept in passing mode.
        var offsets: [Int: Int] = [:]
        var nextReader = 0
        /// The writer was told to pause.
        var paused = false
        var whenDrained: Waiter?
    }

    private let state = Mutex(State())

    // MARK: The writer

    /// Adds bytes and wakes who waits. Returns whether the writer shall pause (passing mode only); `onDrained` then
    /// tells when to go on.
    func append(_ bytes: ByteBuffer) -> Bool {
        let (waiters, pause) = state.withLock { state -> ([Waiter], Bool) in
            state.chunks.append(bytes)
            state.total += bytes.readableBytes
            switch state.mode {
            case .retained: break
            case .spooled: Self.trim(&state, keeping: Self.tail)
            case .passing:
                // A pause holds until `drop` ends it: what still arrives must not take it back unnoticed.
                if state.total - state.base > Self.window { state.paused = true }
            }
            defer { state.waiters = [] }
            return (state.waiters, state.paused)
        }
        for waiter in waiters { waiter.loop.execute(waiter.wake) }
        return pause
    }

    func end() { close(.complete) }

    func fail(_ failure: OriginFailure) { close(.failed(failure)) }

    private func close(_ ending: Ending) {
        let waiters = state.withLock { state -> [Waiter] in
            state.ending = ending
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.loop.execute(waiter.wake) }
    }

    /// From now on everything is in the spool: the flight has appended `allBytes()` to it and appends what follows.
    func spool(into spool: any BodySpool) {
        state.withLock { state in
            state.mode = .spooled(spool)
            Self.trim(&state, keeping: Self.tail)
        }
    }

    /// From now on what every present reader has taken is dropped; nobody else may begin to read. `onDrained` is
    /// called, on the loop, each time the buffer has emptied to half after a pause, or the last reader left.
    func pass(on loop: any EngineLoop, onDrained: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.mode = .passing(behind: state.mode.spool)
            state.whenDrained = Waiter(loop: loop, wake: onDrained)
        }
    }

    var total: Int { state.withLock { $0.total } }

    /// Nobody reads, in passing mode.
    var isAbandoned: Bool {
        state.withLock { if case .passing = $0.mode { $0.offsets.isEmpty } else { false } }
    }

    /// Every byte so far. Only in retained mode.
    func allBytes() -> [ByteBuffer] { state.withLock { $0.chunks } }

    // MARK: Readers

    /// Registers a reader that starts at the first byte; nil when that is neither here nor in a spool any more.
    func join() -> Int? {
        state.withLock { state in
            guard state.base == 0 || state.mode.spool != nil else { return nil }
            state.nextReader += 1
            state.offsets[state.nextReader] = 0
            return state.nextReader
        }
    }

    func removeReader(_ reader: Int) {
        let drained = state.withLock { state -> Waiter? in
            state.offsets[reader] = nil
            return Self.drop(&state)
        }
        drained.map { $0.loop.execute($0.wake) }
    }

    /// The next piece from `offset`, which is where the reader stands. With `.wait`, `waiter` is called once, on its
    /// loop, when it is worth asking again.
    func read(_ reader: Int, from offset: Int, waiter: @autoclosure () -> Waiter) -> Piece {
        let (piece, drained) = state.withLock { state -> (Piece, Waiter?) in
            state.offsets[reader] = offset
            let drained = Self.drop(&state)
            return (Self.piece(&state, offset, waiter), drained)
        }
        drained.map { $0.loop.execute($0.wake) }
        return piece
    }

    private static func piece(_ state: inout State, _ offset: Int, _ waiter: () -> Waiter) -> Piece {
        if offset < state.total {
            if offset < state.base, let spool = state.mode.spool { return .spooled(spool) }
            // It came after the body stopped being kept (no room for a spool).
            guard offset >= state.base else {
                return .failed(OriginFailure(.internalError, "the body could not be kept for a late reader"))
            }
            var start = state.base
            for chunk in state.chunks {
                let end = start + chunk.readableBytes
                if offset < end {
                    let skip = offset - start
                    return .bytes(
                        skip == 0 ? chunk : chunk.getSlice(at: chunk.readerIndex + skip, length: end - offset)!)
                }
                start = end
            }
        }
        switch state.ending {
        case .complete: return .end
        case .failed(let failure): return .failed(failure)
        case .running:
            state.waiters.append(waiter())
            return .wait
        }
    }

    /// Drops what all readers have taken, in passing mode, and says whom to tell that there is room.
    private static func drop(_ state: inout State) -> Waiter? {
        guard case .passing = state.mode else { return nil }
        let least = state.offsets.values.min() ?? state.total
        trim(&state, keeping: state.total - least)
        let abandoned = state.offsets.isEmpty
        guard abandoned || (state.paused && state.total - state.base <= window / 2) else { return nil }
        state.paused = false
        return state.whenDrained
    }

    /// Drops whole chunks from the front while at least `keeping` bytes stay.
    private static func trim(_ state: inout State, keeping: Int) {
        var count = 0
        while count < state.chunks.count, state.total - state.base - state.chunks[count].readableBytes >= keeping {
            state.base += state.chunks[count].readableBytes
            count += 1
        }
        state.chunks.removeFirst(count)
    }
}

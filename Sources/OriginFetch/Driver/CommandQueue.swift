import CPlatform
import Glibc
import NIOCore
import Synchronization

/// What event loops ask of the curl thread.
enum Command: Sendable {
    case start(CurlTransfer)
    case pause(CurlTransfer)
    case resume(CurlTransfer)
    case cancel(CurlTransfer)
    case send(CurlTransfer, ByteBuffer)
    case finishBody(CurlTransfer)
    /// What the loop had not yet taken has shrunk: read on.
    case drained(CurlTransfer)
}

/// The way to the curl thread. The first command after a `take` wakes it; those behind it cost no system call.
final class CommandQueue: Sendable {
    private struct State {
        var commands: [Command] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    /// An event counter that the curl thread watches, edge-triggered.
    let event: Int32

    init() throws(CurlUpstream.SetupError) {
        event = cplatform_event_create()
        guard event >= 0 else { throw CurlUpstream.SetupError(description: "no event descriptor: error \(errno)") }
    }

    deinit { Glibc.close(event) }

    /// False once closed. Any thread.
    @discardableResult
    func push(_ command: Command) -> Bool {
        let (accepted, wakes) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.commands.append(command)
            return (true, state.commands.count == 1)
        }
        if wakes { cplatform_event_signal(event) }
        return accepted
    }

    /// Asks the thread to end after what is queued now. Any thread.
    func close() {
        state.withLock { $0.isClosed = true }
        cplatform_event_signal(event)
    }

    /// Swaps what is queued against the emptied `commands`; true once closed. The curl thread.
    func take(into commands: inout [Command]) -> Bool {
        commands.removeAll(keepingCapacity: true)
        return state.withLock { state in
            swap(&state.commands, &commands)
            return state.isClosed
        }
    }
}

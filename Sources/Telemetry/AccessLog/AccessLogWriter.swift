internal import Dispatch
internal import Glibc
package import Logging
package import NIOCore
internal import Synchronization

/// Why the access log can't be opened. The text names the path.
package struct AccessLogError: Error, Sendable, CustomStringConvertible {
    package var description: String
}

/// The access log's file, or standard output. Whole lines come in buffers from the loops and go out in one write each,
/// on a thread of its own; nobody waits for it. When it can't keep up, lines are dropped and counted.
package final class AccessLogWriter: Sendable {
    /// Bytes that may wait.
    static let maxWaiting = 16 << 20

    private let path: String?
    private let logger: Logger
    private let queue = DispatchQueue(label: "strata.access-log")
    private let waiting = Atomic<Int>(0)
    private let dropped = Atomic<UInt64>(0)
    private let state: Mutex<State>

    private struct State {
        var descriptor: Int32
        /// When a failure was last told, in seconds of the monotonic clock.
        var lastComplaint: Int = .min
    }

    /// - Parameter path: nil is standard output.
    package init(path: String?, logger: Logger) throws(AccessLogError) {
        self.path = path
        self.logger = logger
        state = Mutex(State(descriptor: try Self.open(path)))
    }

    private static func open(_ path: String?) throws(AccessLogError) -> Int32 {
        guard let path else { return STDOUT_FILENO }
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw AccessLogError(description: "log.access.path: \(path): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// Buffers that were dropped.
    package var drops: UInt64 { dropped.load(ordering: .relaxed) }

    /// Takes a buffer of whole lines. Any thread; returns at once.
    package func submit(_ lines: ByteBuffer) {
        let count = lines.readableBytes
        guard waiting.add(count, ordering: .relaxed).newValue <= Self.maxWaiting else {
            waiting.subtract(count, ordering: .relaxed)
            dropped.add(1, ordering: .relaxed)
            return
        }
        queue.async {
            self.write(lines)
            self.waiting.subtract(count, ordering: .relaxed)
        }
    }

    /// Opens the path anew, after what was submitted before: for logrotate. Any thread.
    package func reopen() {
        guard path != nil else { return }
        queue.async {
            do throws(AccessLogError) {
                let fresh = try Self.open(self.path)
                self.state.withLock { state in
                    Glibc.close(state.descriptor)
                    state.descriptor = fresh
                }
            } catch {
                self.logger.error("the access log could not be reopened", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Waits until everything submitted is written.
    package func close() { queue.sync {} }

    private func write(_ lines: ByteBuffer) {
        let descriptor = state.withLock { $0.descriptor }
        lines.withUnsafeReadableBytes { bytes in
            var done = 0
            while done < bytes.count {
                let wrote = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
                if wrote > 0 {
                    done += wrote
                    continue
                }
                switch errno {
                case EINTR: continue
                case EAGAIN: waitUntilWritable(descriptor)
                default: return complain(errno)
                }
            }
        }
    }

    private func waitUntilWritable(_ descriptor: Int32) {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = Glibc.poll(&poll, 1, 1000)
    }

    private func complain(_ error: Int32) {
        dropped.add(1, ordering: .relaxed)
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let isDue = state.withLock { state in
            guard state.lastComplaint == .min || time.tv_sec - state.lastComplaint >= 60 else { return false }
            state.lastComplaint = time.tv_sec
            return true
        }
        if isDue {
            logger.error(
                "the access log can't be written: lines are lost",
                metadata: ["path": "\(path ?? "-")", "error": "\(String(cString: strerror(error)))"])
        }
    }
}

internal import CacheModel
internal import Dispatch
package import Engine
internal import Glibc
package import Logging
internal import Synchronization

/// Writes the access log, and the audit log, on a thread of its own, so that no loop waits for a disk or a pipe. Loops hand over whole lines;
/// when 16 MB of them wait, further ones are dropped and counted. Any thread may call it. `close` must be called: until
/// then the thread keeps the writer.
package final class AccessLogWriter: Sendable {
    /// Buffers that may wait.
    private static let queueLimit = (16 << 20) / LogBuffer.capacity
    /// Empty buffers that are kept for the loops.
    private static let spareLimit = 32

    private struct Queue {
        var waiting: [LogBuffer] = []
        var spare: [LogBuffer] = []
        var wantsReopen = false
        var isClosing = false
    }

    /// What the writer's thread does next.
    enum Step {
        case write(LogBuffer)
        case reopen
        case wait
        case end
    }

    private let queue = Mutex(Queue())
    /// Signalled at each change of the queue.
    private let wake = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private let droppedLines = Atomic<UInt64>(0)
    private let failedWrites = Atomic<UInt64>(0)

    /// Opens the file (made with mode 0640 if there is none) and starts the thread.
    /// - Parameter path: nil is standard output.
    /// - Parameter what: the log's name for people.
    /// - Parameter setting: the key of proxy.conf that names the file.
    package init(
        path: String?, what: String = "access log", setting: String = "log.access.path",
        logger: Logger = Logger(label: "strata.access")
    ) throws(AccessLogError) {
        let file = if let path { try LogFile(path: path, setting: setting) } else { LogFile.standardOutput() }
        let isStarted = DetachedThread.start { [self] in
            var work = WriterWork(writer: self, what: what, path: path, file: file, logger: logger)
            work.run()
            finished.signal()
        }
        guard isStarted else {
            file.close()
            throw AccessLogError(setting: setting, path: path ?? "-", code: EAGAIN)
        }
    }

    package var statistics: AccessLogStatistics {
        AccessLogStatistics(
            droppedLines: droppedLines.load(ordering: .relaxed), failedWrites: failedWrites.load(ordering: .relaxed))
    }

    /// Closes the file and opens its path again, soon, between two lines: for logrotate. When it can't be opened, the old
    /// file goes on. Standard output stays as it is.
    package func reopen() {
        queue.withLock { $0.wantsReopen = true }
        wake.signal()
    }

    /// Writes what was handed over, closes the file and ends the thread; lines that come later are dropped and counted.
    /// Waits for it, but no longer than the bound: a pipe that nobody reads can't be waited for. Returns whether the
    /// thread ended. Only the first call does something.
    @discardableResult
    package func close(withinMilliseconds bound: Int = 5000) -> Bool {
        let isFirst = queue.withLock { queue in
            defer { queue.isClosing = true }
            return !queue.isClosing
        }
        guard isFirst else { return false }
        wake.signal()
        return finished.wait(timeout: .now() + .milliseconds(bound)) == .success
    }

    // MARK: - For a loop

    /// Takes a buffer with lines and gives an empty one. Behind a slow file the lines join those that wait already, so
    /// that buffers wait full; when too many wait, the lines are dropped.
    func exchange(_ buffer: LogBuffer) -> LogBuffer {
        let empty: LogBuffer? = queue.withLock { queue in
            if queue.isClosing { return nil }
            if let last = queue.waiting.last, last.room >= buffer.count {
                last.append(buffer)
                buffer.clear()
                return buffer
            }
            guard queue.waiting.count < Self.queueLimit else { return nil }
            queue.waiting.append(buffer)
            return queue.spare.popLast() ?? LogBuffer()
        }
        guard let empty else {
            countDrop(lines: buffer.lines)
            buffer.clear()
            return buffer
        }
        wake.signal()
        return empty
    }

    // MARK: - For the writer's thread

    func nextStep() -> Step {
        queue.withLock { queue in
            if queue.wantsReopen {
                queue.wantsReopen = false
                return .reopen
            }
            if !queue.waiting.isEmpty { return .write(queue.waiting.removeFirst()) }
            return queue.isClosing ? .end : .wait
        }
    }

    var isClosing: Bool { queue.withLock { $0.isClosing } }

    /// Whether the file is to be opened again; the wish is then taken.
    func takeReopen() -> Bool {
        queue.withLock { queue in
            defer { queue.wantsReopen = false }
            return queue.wantsReopen
        }
    }

    /// Waits for a change of the queue, or until the time is over.
    func waitForChange(milliseconds: Int? = nil) {
        guard let milliseconds else { return wake.wait() }
        _ = wake.wait(timeout: .now() + .milliseconds(milliseconds))
    }

    func recycle(_ buffer: LogBuffer) {
        buffer.clear()
        queue.withLock { if $0.spare.count < Self.spareLimit { $0.spare.append(buffer) } }
    }

    /// Any thread.
    func countDrop(lines: Int) { droppedLines.wrappingAdd(UInt64(lines), ordering: .relaxed) }
    func countFailure() { failedWrites.wrappingAdd(1, ordering: .relaxed) }
}

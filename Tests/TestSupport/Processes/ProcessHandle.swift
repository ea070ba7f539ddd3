internal import Foundation
internal import Synchronization

/// A process that a test started: its output line by line, signals, its end. It is killed when the last reference goes
/// and when the test process dies, so that no test leaves one behind.
package final class ProcessHandle: Sendable {
    package enum Stream: Sendable { case output, errors }

    /// How it ended: `exit` code, or the `signal` that killed it.
    package enum Exit: Sendable, Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    private struct State {
        var text: [Stream: [UInt8]] = [.output: [], .errors: []]
        var openStreams = 2
        var exit: Exit?
    }

    package let pid: Int32
    private let name: String
    private let state = Mutex(State())

    private init(_ child: Spawner.Child, name: String) {
        pid = child.pid
        self.name = name
    }

    /// Starts an executable: a name with a slash is a path, any other one stands in the build folder of these tests.
    package static func start(
        _ name: String, _ arguments: [String] = [], environment: [String: String] = [:]
    ) async throws -> ProcessHandle {
        let path = name.contains("/") ? name : buildFolder + "/" + name
        let child = try await Spawner.start(path, arguments, environment: environment)
        let handle = ProcessHandle(child, name: name)
        for (stream, descriptor) in [(Stream.output, child.output), (.errors, child.errors)] {
            Thread.detachNewThread { [weak handle] in
                Self.read(descriptor) { handle?.append($0, to: stream) }
                handle?.state.withLock { $0.openStreams -= 1 }
            }
        }
        // The threads keep no reference: the handle's end kills the process, and the process's end ends them.
        Thread.detachNewThread { [weak handle, pid = child.pid] in
            let exit = Self.wait(pid)
            handle?.state.withLock { $0.exit = exit }
        }
        return handle
    }

    deinit {
        if state.withLock({ $0.exit == nil }) { Foundation.kill(pid, SIGKILL) }
    }

    /// Where the test bundle stands, and beside it the executables that were built with it.
    package static let buildFolder: String = {
        if let folder = ProcessInfo.processInfo.environment["STRATA_BINARIES"] { return folder }
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().path
    }()

    // MARK: - Output

    /// Everything that it wrote so far.
    package func text(_ stream: Stream = .output) -> String {
        state.withLock { String(decoding: $0.text[stream] ?? [], as: UTF8.self) }
    }

    package func lines(_ stream: Stream = .output) -> [Substring] { text(stream).split(separator: "\n") }

    /// The first complete line that begins with `prefix`, waiting for it. Throws at the deadline, and at once when the
    /// process ends without it; the error carries all output.
    package func line(
        startingWith prefix: String, on stream: Stream = .output, within deadline: Duration = .seconds(30)
    ) async throws -> String {
        var found: String?
        _ = await eventually(within: deadline) {
            let isOver = hasEnded
            let text = text(stream)
            let complete = text[..<(text.lastIndex(of: "\n") ?? text.startIndex)]
            found = complete.split(separator: "\n").first { $0.hasPrefix(prefix) }.map(String.init)
            return found != nil || isOver
        }
        guard let found else { throw failure("no line \"\(prefix)…\"") }
        return found
    }

    func failure(_ reason: String) -> TestFailure {
        TestFailure("\(name) (pid \(pid)): \(reason)\nstdout:\n\(text())\nstderr:\n\(text(.errors))")
    }

    // MARK: - End

    /// Over, and all of its output is read.
    private var hasEnded: Bool { state.withLock { $0.exit != nil && $0.openStreams == 0 } }

    package var isRunning: Bool { state.withLock { $0.exit == nil } }

    package func send(signal number: Int32) {
        if isRunning { Foundation.kill(pid, number) }
    }

    /// Waits for its end. Throws at the deadline.
    @discardableResult
    package func exit(within deadline: Duration = .seconds(30)) async throws -> Exit {
        guard await eventually(within: deadline, { hasEnded }), let exit = state.withLock({ $0.exit }) else {
            throw failure("still runs")
        }
        return exit
    }

    /// SIGTERM, then waits for its end.
    @discardableResult
    package func stop(within deadline: Duration = .seconds(30)) async throws -> Exit {
        send(signal: SIGTERM)
        return try await exit(within: deadline)
    }

    /// SIGKILL, then waits for its end.
    package func kill() async throws {
        send(signal: SIGKILL)
        try await exit()
    }

    // MARK: - Measures

    /// Resident memory in bytes, from /proc.
    package var residentBytes: Int {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) << 10
    }

    /// Open descriptors, from /proc.
    package var descriptorCount: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? 0
    }

    // MARK: - Threads

    private func append(_ bytes: ArraySlice<UInt8>, to stream: Stream) {
        state.withLock { $0.text[stream]?.append(contentsOf: bytes) }
    }

    private static func read(_ descriptor: Int32, _ receive: (ArraySlice<UInt8>) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count > 0 { receive(buffer[..<count]) } else if count == 0 || errno != EINTR { break }
        }
        close(descriptor)
    }

    private static func wait(_ pid: pid_t) -> Exit {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let number = status & 0x7f
        return number == 0 ? .exit((status >> 8) & 0xff) : .signal(number)
    }
}

/// Whether a process of that id exists.
package func processRuns(_ pid: Int32) -> Bool { kill(pid, 0) == 0 || errno == EPERM }

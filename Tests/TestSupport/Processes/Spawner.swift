internal import Foundation
internal import Synchronization

/// Starts processes from one thread that lives as long as the tests. A child asks the kernel to be killed when its
/// parent dies (`setpriv --pdeathsig`), and "parent" there means the thread that started it: a thread of the task pool
/// may end at any time and would take the child with it.
enum Spawner {
    struct Child: Sendable {
        let pid: pid_t
        let output: Int32
        let errors: Int32
    }

    private static let queue: WorkThread = WorkThread()

    /// Starts the executable with stdin from /dev/null and streams of ours on its outputs.
    static func start(_ path: String, _ arguments: [String], environment: [String: String]) async throws -> Child {
        try await queue.run { try spawn(path, arguments, environment) }
    }

    private static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String: String]
    ) throws -> Child {
        guard access(path, X_OK) == 0 else { throw TestFailure("no executable at \(path)") }
        var words = [path] + arguments
        if access("/usr/bin/setpriv", X_OK) == 0 {
            words = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"] + words
        }
        let output = try pipePair()
        let errors = try pipePair()
        defer {
            close(output.write)
            close(errors.write)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.write, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.write, 2)

        // The tests' own mask and ignored signals are not the child's business.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
        var pid = pid_t()
        let failure = withCStrings(words) { argv in
            withCStrings(variables) { envp in posix_spawn(&pid, words[0], &actions, &attributes, argv, envp) }
        }
        guard failure == 0 else {
            close(output.read)
            close(errors.read)
            throw TestFailure("posix_spawn \(path): errno \(failure)")
        }
        return Child(pid: pid, output: output.read, errors: errors.read)
    }

    /// A socket pair in place of a pipe: it can be made close-on-exec in one step, so that no process that some other
    /// code starts meanwhile inherits an end and keeps the stream open.
    private static func pipePair() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestFailure("socketpair: errno \(errno)")
        }
        return (ends[0], ends[1])
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}

/// A thread that runs what it is given, one piece after another, until the process ends.
private final class WorkThread: Sendable {
    private let work = Mutex<[@Sendable () -> Void]>([])
    private let ready = DispatchSemaphore(value: 0)

    init() {
        Thread.detachNewThread { [self] in
            while true {
                ready.wait()
                work.withLock { $0.removeFirst() }()
            }
        }
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            work.withLock { $0.append { continuation.resume(with: Result { try body() }) } }
            ready.signal()
        }
    }
}

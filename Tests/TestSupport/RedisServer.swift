internal import Glibc
internal import Synchronization

/// A real redis-server for a test: on a free loopback port, or on a unix socket, in a temporary folder. Killed when the
/// last reference goes. All calls block, for some milliseconds.
package final class RedisServer: Sendable {
    package enum Listening: Sendable { case tcp, unixSocket }

    package enum Failure: Error {
        case notStarted(String)
        case connection(String)
    }

    package let folder: String
    /// 0 on a unix socket.
    package let port: Int
    /// Nil on TCP.
    package let socketPath: String?
    private let arguments: [String]
    /// Of a sentinel, which keeps its state in its configuration file.
    private let sentinelConfiguration: String?
    /// Nil while stopped.
    private let process: Mutex<pid_t?>

    /// Starts a server and waits until it answers PING.
    /// - Parameter arguments: options for the command line, such as `["--requirepass", "secret"]`.
    package static func start(_ listening: Listening = .tcp, arguments: [String] = []) throws -> RedisServer {
        // Another process may take the free port before the server does: then the server ends, and we try again.
        for _ in 0..<4 {
            if let server = try? RedisServer(listening, arguments) { return server }
        }
        return try RedisServer(listening, arguments)
    }

    /// Starts a sentinel with these lines of configuration.
    package static func startSentinel(_ lines: [String]) throws -> RedisServer {
        for _ in 0..<4 {
            if let server = try? RedisServer(.tcp, [], sentinel: lines) { return server }
        }
        return try RedisServer(.tcp, [], sentinel: lines)
    }

    private init(_ listening: Listening, _ arguments: [String], sentinel: [String]? = nil) throws {
        var template = Array("/tmp/strata-redis-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.notStarted("no temporary folder") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        port = listening == .tcp ? try Self.freePort() : 0
        socketPath = listening == .unixSocket ? folder + "/redis.sock" : nil
        self.arguments = arguments
        sentinelConfiguration = sentinel?.joined(separator: "\n")
        process = Mutex(nil)
        try launch()
    }

    deinit {
        kill()
        Self.removeFolder(folder)
    }

    private static func removeFolder(_ folder: String) {
        for file in ["redis.log", "redis.sock", "dump.rdb", "nodes.conf", "sentinel.conf"] {
            unlink(folder + "/" + file)
        }
        rmdir(folder)
    }

    /// Running servers and their folders. One that a `static let` holds is ended when the process exits.
    private static let running: Mutex<[pid_t: String]> = {
        atexit {
            for (child, folder) in RedisServer.running.withLock({ $0 }) {
                _ = Glibc.kill(child, SIGKILL)
                var status: Int32 = 0
                waitpid(child, &status, 0)
                RedisServer.removeFolder(folder)
            }
        }
        return Mutex([:])
    }()

    /// Waits for the end of the process, which is on its way.
    private static func reap(_ child: inout pid_t?) {
        guard let ending = child else { return }
        var status: Int32 = 0
        waitpid(ending, &status, 0)
        running.withLock { _ = $0.removeValue(forKey: ending) }
        child = nil
    }

    /// As `proxy.conf` has it.
    package var url: String { socketPath.map { "unix:\($0)" } ?? "redis://127.0.0.1:\(port)" }

    /// Starts it again, on the same port or socket and empty, and waits until it answers.
    package func restart() throws {
        // While it was away the port was free: a client that looks for it there may hold it for a moment (as the source
        // of its connection, even of one to itself).
        for _ in 0..<20 {
            do { return try launch() } catch Failure.notStarted { usleep(100_000) }
        }
        try launch()
    }

    private func launch() throws {
        kill()
        let child = try Self.spawn(try options())
        process.withLock { $0 = child }
        Self.running.withLock { $0[child] = folder }
        try waitUntilItAnswers()
    }

    private func options() throws -> [String] {
        let common = [
            "--port", "\(port)", "--bind", "127.0.0.1", "--daemonize", "no", "--dir", folder, "--logfile",
            folder + "/redis.log",
        ]
        guard let sentinelConfiguration else {
            return ["/usr/bin/redis-server"] + common + ["--save", "", "--appendonly", "no"]
                + (socketPath.map { ["--unixsocket", $0] } ?? []) + arguments
        }
        let path = folder + "/sentinel.conf"
        guard let file = fopen(path, "w") else { throw Failure.notStarted("no \(path)") }
        fputs(sentinelConfiguration + "\n", file)
        fclose(file)
        return ["/usr/bin/redis-server", path, "--sentinel"] + common
    }

    private static func spawn(_ arguments: [String]) throws -> pid_t {
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in argv { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, argv[0]!, nil, nil, &argv, environ)
        guard code == 0 else { throw Failure.notStarted("posix_spawn: \(code)") }
        return child
    }

    private func waitUntilItAnswers() throws {
        let deadline = Self.seconds + 10
        while Self.seconds < deadline {
            // Any reply will do: with a password set it is an error. A loading server is not there yet.
            switch try? command("PING") {
            case nil: break
            case .error(let text) where text.hasPrefix("LOADING"): break
            default: return
            }
            var status: Int32 = 0
            let ended = process.withLock { child -> Bool in
                guard let running = child, waitpid(running, &status, WNOHANG) == running else { return false }
                Self.running.withLock { _ = $0.removeValue(forKey: running) }
                child = nil
                return true
            }
            if ended { throw Failure.notStarted("redis-server ended at once: see \(folder)/redis.log") }
            usleep(5000)
        }
        throw Failure.notStarted("redis-server does not answer")
    }

    package enum Signal: Sendable { case stop, cont, kill }

    /// SIGSTOP and SIGCONT pause and resume it; `kill` is `kill -9`, without waiting for the end.
    package func signal(_ signal: Signal) {
        let number =
            switch signal {
            case .stop: SIGSTOP
            case .cont: SIGCONT
            case .kill: SIGKILL
            }
        process.withLock { child in
            if let child { _ = Glibc.kill(child, number) }
        }
    }

    /// `kill -9`, and waits until it is gone.
    package func kill() {
        process.withLock { child in
            if let running = child { _ = Glibc.kill(running, SIGKILL) }
            Self.reap(&child)
        }
    }

    /// `SHUTDOWN NOSAVE`, and waits until it is gone.
    package func shutdown() {
        _ = try? command("SHUTDOWN", "NOSAVE")
        process.withLock { Self.reap(&$0) }
    }

    /// Sends one command over a connection of its own and waits for the reply, 5 s at most.
    @discardableResult
    package func command(_ arguments: String...) throws -> RedisReply {
        try command(bytes: arguments.map { Array($0.utf8) })
    }

    @discardableResult
    package func command(bytes arguments: [[UInt8]]) throws -> RedisReply {
        try commands([arguments])[0]
    }

    /// Sends the commands over one connection, such as AUTH and then another. The replies, in order.
    @discardableResult
    package func commands(_ commands: [[[UInt8]]]) throws -> [RedisReply] {
        let client = try socketPath.map { try RedisClient(path: $0) } ?? RedisClient(port: port)
        return try commands.map { try client.command($0) }
    }

    package static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw Failure.notStarted("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static var seconds: Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}

/// What the test's own client was told.
package enum RedisReply: Sendable, Equatable {
    case null
    case status(String)
    case error(String)
    case integer(Int)
    case bulk([UInt8])
    case array([RedisReply])

    /// The text of a status or string, nil for all else.
    package var text: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }
}

/// A blocking connection for assertions; knows nothing of the code under test.
private final class RedisClient {
    private let descriptor: Int32
    private var input: [UInt8] = []
    private var at = 0

    init(port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        descriptor = try Self.connect(AF_INET, &address)
    }

    init(path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        descriptor = try Self.connect(AF_UNIX, &address)
    }

    deinit { close(descriptor) }

    private static func connect<Address>(_ family: Int32, _ address: inout Address) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw RedisServer.Failure.connection("connect: \(errno)")
        }
        return descriptor
    }

    func command(_ arguments: [[UInt8]]) throws -> RedisReply {
        var bytes = Array("*\(arguments.count)\r\n".utf8)
        for argument in arguments { bytes += Array("$\(argument.count)\r\n".utf8) + argument + [13, 10] }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw RedisServer.Failure.connection("send: \(errno)") }
            sent += count
        }
        return try reply()
    }

    private func reply() throws -> RedisReply {
        let line = try self.line()
        let rest = String(decoding: line.dropFirst(), as: UTF8.self)
        switch line.first {
        case UInt8(ascii: "+"): return .status(rest)
        case UInt8(ascii: "-"): return .error(rest)
        case UInt8(ascii: ":"): return .integer(Int(rest) ?? 0)
        case UInt8(ascii: "$"):
            guard let count = Int(rest), count >= 0 else { return .null }
            while input.count - at < count + 2 { try more() }
            defer { at += count + 2 }
            return .bulk(Array(input[at..<at + count]))
        default:
            guard let count = Int(rest), count >= 0 else { return .null }
            return .array(try (0..<count).map { _ in try reply() })
        }
    }

    private func line() throws -> [UInt8] {
        while true {
            if let end = input[at...].firstIndex(of: 10) {
                defer { at = end + 1 }
                return Array(input[at..<end - 1])
            }
            try more()
        }
    }

    private func more() throws {
        var part = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &part, part.count, 0)
        guard count > 0 else { throw RedisServer.Failure.connection("recv: \(count == 0 ? "closed" : "\(errno)")") }
        input += part[..<count]
    }
}

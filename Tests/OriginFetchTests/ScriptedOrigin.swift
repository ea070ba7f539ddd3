import Dispatch
import Glibc
import Synchronization

/// A real origin on loopback that does what the test says, byte for byte: each connection runs the script on a thread
/// of its own, over a blocking socket. Nothing in it knows HTTP beyond the blank line that ends a head.
final class ScriptedOrigin: Sendable {
    typealias Script = @Sendable (Connection) -> Void

    private struct State {
        var connections = 0
        var requests: [String] = []
        var isStopped = false
    }

    let port: Int
    private let listener: Int32
    private let state = Mutex(State())
    private let script: Script

    init(backlog: Int32 = 4096, _ script: @escaping Script) {
        self.script = script
        listener = Self.listen(backlog)
        port = Self.port(of: listener)
        Self.thread { [self] in accept() }
    }

    /// Answers every request of every connection with the same bytes.
    static func answering(_ bytes: String) -> ScriptedOrigin {
        ScriptedOrigin { connection in
            while connection.readHead() != nil { connection.write(bytes) }
        }
    }

    /// Answers one request with the bytes and closes.
    static func answeringOnce(_ bytes: String) -> ScriptedOrigin {
        ScriptedOrigin { connection in
            guard connection.readHead() != nil else { return }
            connection.write(bytes)
        }
    }

    var connections: Int { state.withLock { $0.connections } }
    /// The heads of all requests, in the order of their arrival.
    var requests: [String] { state.withLock { $0.requests } }

    func stop() {
        let first = state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
        // Wakes `accept`, which closes the descriptor: closing it here could hit another's.
        if first { shutdown(listener, Int32(SHUT_RDWR)) }
    }

    private func accept() {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            guard socket >= 0 else { break }
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            let number = state.withLock { state in
                state.connections += 1
                return state.connections
            }
            Self.thread { [self] in
                let connection = Connection(socket, number: number, origin: self)
                script(connection)
                connection.close()
            }
        }
        Glibc.close(listener)
    }

    private func note(_ head: String) { state.withLock { $0.requests.append(head) } }

    static func listen(_ backlog: Int32) -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // A child of another test that held it would keep it open.
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(bound == 0 && Glibc.listen(socket, backlog) == 0, "no listening socket")
        return socket
    }

    static func port(of socket: Int32) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    static func thread(_ work: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, 256 << 10)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(work))
        let code = pthread_create(
            &thread, &attributes,
            { context in
                Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().work()
                return nil
            }, box.toOpaque())
        precondition(code == 0, "no thread")
    }

    private final class Box: Sendable {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
}

extension ScriptedOrigin {
    /// The origin's end of one connection; its script's thread only.
    final class Connection {
        /// From 1, in the order of their acceptance.
        let number: Int
        private let socket: Int32
        private let origin: ScriptedOrigin
        private var unread: [UInt8] = []
        private var isClosed = false

        fileprivate init(_ socket: Int32, number: Int, origin: ScriptedOrigin) {
            self.socket = socket
            self.number = number
            self.origin = origin
            // A test that went wrong ends by itself.
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            var one: Int32 = 1
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        }

        /// The next request's head with its blank line; nil at the end of the connection.
        func readHead() -> String? {
            let end = Array("\r\n\r\n".utf8)
            while true {
                if let at = unread.firstRange(of: end) {
                    let head = String(decoding: unread[..<at.upperBound], as: UTF8.self)
                    unread.removeFirst(at.upperBound)
                    origin.note(head)
                    return head
                }
                guard fill() else { return nil }
            }
        }

        /// Exactly that many bytes, or fewer at the end of the connection.
        func read(_ count: Int) -> String {
            while unread.count < count, fill() {}
            let part = String(decoding: unread.prefix(count), as: UTF8.self)
            unread.removeFirst(min(count, unread.count))
            return part
        }

        /// Up to and including the bytes.
        func read(through end: String) -> String? {
            let end = Array(end.utf8)
            while true {
                if let at = unread.firstRange(of: end) {
                    let part = String(decoding: unread[..<at.upperBound], as: UTF8.self)
                    unread.removeFirst(at.upperBound)
                    return part
                }
                guard fill() else { return nil }
            }
        }

        /// Waits until the other side closes, and counts what comes until then.
        @discardableResult
        func drain() -> Int {
            var count = unread.count
            unread.removeAll()
            while fill() {
                count += unread.count
                unread.removeAll()
            }
            return count
        }

        private func fill() -> Bool {
            withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { memory in
                let count = recv(socket, memory.baseAddress, memory.count, 0)
                guard count > 0 else { return false }
                unread.append(contentsOf: memory.prefix(count))
                return true
            }
        }

        /// False once the other side is gone.
        @discardableResult
        func write(_ text: String) -> Bool { write(Array(text.utf8)) }

        @discardableResult
        func write(_ bytes: [UInt8]) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    send(socket, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }

        /// Closes with a FIN.
        func close() {
            guard !isClosed else { return }
            isClosed = true
            Glibc.close(socket)
        }

        /// Closes with a RST.
        func reset() {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            close()
        }
    }
}

/// What an origin's script waits for.
final class Signal: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func fire() { semaphore.signal() }
    /// False when nobody fired within 20 s.
    @discardableResult
    func wait() -> Bool { semaphore.wait(timeout: .now() + 20) == .success }
}

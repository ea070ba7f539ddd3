internal import Foundation
internal import Synchronization

/// One TCP connection, byte for byte: sends exactly what it is told and reads what comes, with a deadline on each call.
/// Reads and writes block a thread of their own, never the task pool. One task at a time uses a client.
package final class RawClient: Sendable {
    private let descriptor: Int32
    private let deadline: Duration
    /// Bytes that arrived and belong to no response yet.
    private let pending = Mutex<[UInt8]>([])

    /// Connects. `deadline` holds for each later call.
    package init(_ address: Address, deadline: Duration = .seconds(30)) throws {
        self.deadline = deadline
        _ = Self.fileLimit
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, String(address.port), &hints, &list) == 0, let first = list?.pointee else {
            throw TestFailure("no address: \(address)")
        }
        defer { freeaddrinfo(list) }
        // Into a variable first: an object that is whole when its `init` throws runs `deinit`, and a second close would
        // be of a descriptor that is somebody else's by then.
        let opened = socket(first.ai_family, first.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard connect(opened, first.ai_addr, first.ai_addrlen) == 0 else {
            let code = errno
            close(opened)
            throw TestFailure("connect \(address): errno \(code)")
        }
        descriptor = opened
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Raises the soft limit of open files, once: a thousand clients want more than the usual 1024.
    private static let fileLimit: Void = {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }()

    // MARK: - Bytes

    package func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) async throws {
        let end = ContinuousClock.now + deadline
        try await onThread { [descriptor] in
            var sent = 0
            while sent < bytes.count {
                try Self.wait(descriptor, for: POLLOUT, until: end)
                let count = bytes[sent...].withUnsafeBytes {
                    Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                }
                if count > 0 {
                    sent += count
                } else if errno != EINTR && errno != EAGAIN {
                    throw TestFailure("send: errno \(errno) after \(sent) bytes")
                }
            }
        }
    }

    /// Sends FIN; the other direction stays open.
    package func closeWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes both directions now, without waiting for the object's end.
    package func disconnect() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Ends the connection with a reset: the peer sees ECONNRESET, not FIN. Nothing may be called afterwards.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        // A socket of family AF_UNSPEC dissolves the association (connect(2)); with linger 0 the kernel sends RST.
        var none = sockaddr(sa_family: sa_family_t(AF_UNSPEC), sa_data: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        connect(descriptor, &none, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// A small receive window: set it before `send` for a client that reads slowly.
    package func setReceiveBuffer(_ bytes: Int32) {
        var size = bytes
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// At least `count` bytes (fewer only at the end of the connection), and all that came with them.
    package func readBytes(atLeast count: Int) async throws -> [UInt8] {
        try await read { bytes, isEnd in isEnd || bytes.count >= count ? bytes.count : nil }
    }

    /// Everything up to the end of the connection, FIN or reset.
    package func readToEnd() async throws -> [UInt8] { try await read { $1 ? $0.count : nil } }

    /// Whether the peer closed, waiting for it until the deadline; bytes that come before count as not closed.
    package func isClosedByPeer() async -> Bool { (try? await readToEnd())?.isEmpty ?? false }

    // MARK: - Responses

    /// The next response. `toHEAD`: it answers a HEAD request. Throws at the deadline and when the connection ends
    /// before a head; one that ends inside a body is `isCut`.
    package func response(toHEAD: Bool = false) async throws -> RawResponse {
        let found = Mutex<RawResponse?>(nil)
        let bytes = try await read { bytes, isEnd in
            if let (response, end) = ResponseParser.parse(bytes, isHead: toHEAD, isEnd: isEnd) {
                found.withLock { $0 = response }
                return end
            }
            return isEnd ? bytes.count : nil
        }
        guard let response = found.withLock({ $0 }) else {
            throw TestFailure(
                "no response in \(bytes.count) bytes: \(String(decoding: bytes.prefix(500), as: UTF8.self))")
        }
        return response
    }

    /// The next responses, in order.
    package func responses(_ count: Int) async throws -> [RawResponse] {
        var list: [RawResponse] = []
        while list.count < count { list.append(try await response()) }
        return list
    }

    /// Sends a request with `Host` and, with a body, `Content-Length`, and reads its response; the connection stays
    /// open. `fields` are whole lines, without CRLF; a `Host` among them replaces the usual one.
    package func request(
        _ method: String, _ target: String, _ fields: [String] = [], body: String = "", host: String = "localhost"
    ) async throws -> RawResponse {
        var head = "\(method) \(target) HTTP/1.1\r\n"
        if !fields.contains(where: { $0.lowercased().hasPrefix("host:") }) { head += "Host: \(host)\r\n" }
        if !body.isEmpty { head += "Content-Length: \(body.utf8.count)\r\n" }
        head += fields.map { $0 + "\r\n" }.joined() + "\r\n"
        try await send(head + body)
        return try await response(toHEAD: method == "HEAD")
    }

    /// One request on a connection of its own.
    package static func request(
        _ method: String, _ target: String, _ fields: [String] = [], body: String = "", to address: Address,
        deadline: Duration = .seconds(30)
    ) async throws -> RawResponse {
        try await RawClient(address, deadline: deadline)
            .request(method, target, fields, body: body, host: address.description)
    }

    package static func get(_ target: String, _ fields: [String] = [], from address: Address) async throws
        -> RawResponse
    {
        try await request("GET", target, fields, to: address)
    }

    // MARK: - Reading

    /// Reads until `enough` (bytes so far, whether the connection ended) says how many of them to take.
    private func read(_ enough: @escaping @Sendable ([UInt8], Bool) -> Int?) async throws -> [UInt8] {
        let end = ContinuousClock.now + deadline
        return try await onThread { [self] in
            var bytes = pending.withLock { $0 }
            defer { pending.withLock { $0 = bytes } }
            var isEnd = false
            while true {
                if let count = enough(bytes, isEnd) {
                    let taken = Array(bytes[..<count])
                    bytes.removeFirst(count)
                    return taken
                }
                isEnd = try !Self.receive(descriptor, into: &bytes, until: end)
            }
        }
    }

    /// Appends what arrives next; false at the end of the connection.
    private static func receive(_ descriptor: Int32, into bytes: inout [UInt8], until end: ContinuousClock.Instant)
        throws -> Bool
    {
        while true {
            try wait(descriptor, for: POLLIN, until: end)
            var piece = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(descriptor, &piece, piece.count, 0)
            if count > 0 {
                bytes += piece[..<count]
                return true
            }
            if count == 0 || errno == ECONNRESET { return false }
            if errno != EINTR { throw TestFailure("recv: errno \(errno)") }
        }
    }

    private static func wait(_ descriptor: Int32, for events: Int32, until end: ContinuousClock.Instant) throws {
        while true {
            let left = ContinuousClock.now.duration(to: end)
            let milliseconds = max(
                0, left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000)
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let ready = poll(&entry, 1, Int32(clamping: milliseconds))
            if ready > 0 { return }
            if ready == 0 { throw TestFailure("deadline: the peer neither sent nor took bytes") }
            if errno != EINTR { throw TestFailure("poll: errno \(errno)") }
        }
    }
}

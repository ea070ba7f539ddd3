import CCurl
import CPlatform
import Glibc

/// The sockets of libcurl's connections in one epoll instance: those of running transfers, as libcurl asks, and those
/// of kept connections, on which nothing may come. The curl thread's alone.
final class SocketWatch {
    private enum State: UInt8 {
        /// Not a connection's, as far as is known here; the resolver of libcurl has some of these.
        case unknown
        /// A connection's, not yet watched.
        case opened
        /// A transfer waits for it.
        case watched
        /// A transfer waits for it, and it is no connection's.
        case borrowed
        /// A transfer that is paused or over waits for it no more.
        case released
        /// Its connection is kept.
        case resting
    }

    private struct Entry {
        var state = State.unknown
        /// What epoll watches it for; 0: it doesn't.
        var armed: UInt32 = 0
        /// Its connection has carried an answer: libcurl closes it through `close`, and nowhere else.
        var hasAnswered = false
        /// While it rests.
        var connection: Connection?
    }

    /// What tells one connection from all others that are open.
    struct Connection: Hashable {
        var remoteAddress: String
        var remotePort: CInt
        var localPort: CInt
    }

    private let epoll: Int32
    private let event: Int32
    /// By descriptor.
    private var sockets: [Entry] = []
    private var resting: [Connection: Int32] = [:]
    private var entries = [cplatform_readiness](repeating: cplatform_readiness(), count: 256)

    /// `event` wakes the thread and is reported to nobody.
    init(_ event: Int32) throws(CurlUpstream.SetupError) {
        self.event = event
        epoll = cplatform_epoll_create()
        guard epoll >= 0, cplatform_epoll_watch(epoll, event, CPLATFORM_READABLE | CPLATFORM_EDGE, false) == 0 else {
            throw CurlUpstream.SetupError(description: "no epoll descriptor: error \(errno)")
        }
    }

    deinit {
        if epoll >= 0 { Glibc.close(epoll) }
    }

    /// Opens a connection's socket; -1 and errno on failure.
    func open(_ address: UnsafePointer<curl_sockaddr>) -> Int32 {
        let socket = ccurl_new_socket(address)
        set(socket, .opened)
        if socket >= 0 { sockets[Int(socket)] = Entry(state: .opened) }
        return socket
    }

    func watch(_ socket: Int32, _ events: UInt32) {
        guard socket >= 0 else { return }
        let old = state(socket)
        if old == .resting { wake(socket) }
        set(socket, old == .unknown || old == .borrowed ? .borrowed : .watched)
        arm(socket, events, again: old == .unknown || old == .borrowed)
    }

    func release(_ socket: Int32) {
        switch state(socket) {
        case .watched:
            set(socket, .released)
            // A kept connection is watched again at once, and each change is a system call. If anything comes before that,
            // `ready` disarms it.
            if !sockets[Int(socket)].hasAnswered { disarm(socket) }
        // Its number may be anyone's from now on.
        case .borrowed:
            set(socket, .unknown)
            disarm(socket)
        case .unknown, .opened, .released, .resting: return
        }
    }

    /// A transfer has its whole answer: if its connection was not closed, it is kept.
    func rest(_ socket: Int32, _ connection: Connection?) {
        guard state(socket) == .released, let connection else { return }
        set(socket, .resting)
        sockets[Int(socket)].hasAnswered = true
        sockets[Int(socket)].connection = connection
        resting[connection] = socket
        arm(socket, CPLATFORM_READABLE, again: false)
    }

    /// A transfer got this connection. libcurl says so by `watch` only later, and not before a transfer that is paused at
    /// once goes on: till then its bytes would look like those that nobody asked for. Returns the socket, if it rested.
    func claim(_ connection: Connection) -> Int32? {
        guard let socket = resting[connection] else { return nil }
        wake(socket)
        set(socket, .released)
        return socket
    }

    private func wake(_ socket: Int32) {
        guard let connection = sockets[Int(socket)].connection else { return }
        sockets[Int(socket)].connection = nil
        resting[connection] = nil
    }

    /// Closes libcurl's socket; what close(2) returns.
    func close(_ socket: Int32) -> Int32 {
        // Before the number can belong to someone else. epoll would forget a closed socket by itself, but not while a
        // child process, between fork and exec, holds it too.
        disarm(socket)
        if socket >= 0, socket < sockets.count {
            wake(socket)
            sockets[Int(socket)] = Entry()
        }
        return Glibc.close(socket)
    }

    /// Waits and returns how many entries `ready` has.
    func wait(_ milliseconds: Int32) -> Int {
        let count = entries.withUnsafeMutableBufferPointer {
            cplatform_epoll_wait(epoll, $0.baseAddress, Int32($0.count), milliseconds)
        }
        precondition(count >= 0, "epoll_wait on own descriptors failed")
        return Int(count)
    }

    /// An entry as libcurl takes it; nil for what is none of its business.
    func ready(_ index: Int) -> (socket: Int32, bits: CInt)? {
        let entry = entries[index]
        guard entry.descriptor != event else { return nil }
        switch state(entry.descriptor) {
        case .unknown, .opened, .released:
            disarm(entry.descriptor)
            return nil
        case .resting:
            spoil(entry.descriptor)
            return nil
        case .watched, .borrowed: break
        }
        var bits: CInt = 0
        if entry.ready & CPLATFORM_READABLE != 0 { bits |= CURL_CSELECT_IN }
        if entry.ready & CPLATFORM_WRITABLE != 0 { bits |= CURL_CSELECT_OUT }
        if entry.ready & CPLATFORM_BROKEN != 0 { bits |= CURL_CSELECT_ERR }
        return (entry.descriptor, bits)
    }

    /// Bytes on a kept connection answer no request of ours; libcurl would read them as the answer to the next one.
    /// Ends the connection in a way that libcurl sees when it looks whether it is still good: shut, and empty.
    private func spoil(_ socket: Int32) {
        shutdown(socket, Int32(SHUT_RDWR))
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { memory in
            while recv(socket, memory.baseAddress, memory.count, Int32(MSG_DONTWAIT)) > 0 {}
        }
        disarm(socket)
        wake(socket)
        set(socket, .opened)
    }

    /// Watches for exactly these; `again` also when that seems to be so already.
    private func arm(_ socket: Int32, _ events: UInt32, again: Bool) {
        let armed = sockets[Int(socket)].armed
        guard again || armed != events else { return }
        cplatform_epoll_watch(epoll, socket, events, armed != 0)
        sockets[Int(socket)].armed = events
    }

    private func disarm(_ socket: Int32) {
        guard socket >= 0, socket < sockets.count, sockets[Int(socket)].armed != 0 else { return }
        cplatform_epoll_forget(epoll, socket)
        sockets[Int(socket)].armed = 0
    }

    private func state(_ socket: Int32) -> State {
        socket >= 0 && socket < sockets.count ? sockets[Int(socket)].state : .unknown
    }

    private func set(_ socket: Int32, _ state: State) {
        guard socket >= 0 else { return }
        while sockets.count <= socket { sockets.append(Entry()) }
        sockets[Int(socket)].state = state
    }
}

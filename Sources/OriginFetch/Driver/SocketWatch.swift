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

    private let epoll: Int32
    private let event: Int32
    /// By descriptor.
    private var states: [State] = []
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
        return socket
    }

    func watch(_ socket: Int32, _ events: UInt32) {
        let old = state(socket)
        set(socket, old == .unknown || old == .borrowed ? .borrowed : .watched)
        cplatform_epoll_watch(epoll, socket, events, old != .unknown && old != .opened && old != .released)
    }

    func release(_ socket: Int32) {
        switch state(socket) {
        case .watched: set(socket, .released)
        // Its number may be anyone's from now on.
        case .borrowed: set(socket, .unknown)
        case .unknown, .opened, .released, .resting: return
        }
        cplatform_epoll_forget(epoll, socket)
    }

    /// A transfer has its whole answer: if its connection was not closed, it is kept.
    func rest(_ socket: Int32) {
        guard state(socket) == .released else { return }
        set(socket, .resting)
        cplatform_epoll_watch(epoll, socket, CPLATFORM_READABLE | CPLATFORM_EDGE, false)
    }

    /// Closes libcurl's socket; what close(2) returns.
    func close(_ socket: Int32) -> Int32 {
        // Before the number can belong to someone else. epoll would forget a closed socket by itself, but not while a
        // child process, between fork and exec, holds it too.
        if state(socket) == .watched || state(socket) == .resting { cplatform_epoll_forget(epoll, socket) }
        set(socket, .unknown)
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
        case .unknown, .opened, .released: return nil
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
        cplatform_epoll_forget(epoll, socket)
        set(socket, .opened)
    }

    private func state(_ socket: Int32) -> State {
        socket >= 0 && socket < states.count ? states[Int(socket)] : .unknown
    }

    private func set(_ socket: Int32, _ state: State) {
        guard socket >= 0 else { return }
        while states.count <= socket { states.append(.unknown) }
        states[Int(socket)] = state
    }
}

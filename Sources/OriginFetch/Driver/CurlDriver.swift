import CCurl
import CPlatform
import CacheModel
import Glibc
import HTTPMessage
import Logging
import NIOCore

/// The curl thread: epoll and libcurl's socket interface, commands in, events out. Made on the thread of
/// `CurlUpstream.init` and then touched by its own thread only.
///
/// libcurl's callbacks get an unretained pointer to it. That is safe because `deinit` frees the multi handle, the only
/// one that calls them, and everything here runs on one thread.
final class CurlDriver {
    let configuration: CurlUpstream.Configuration
    let limits: MessageLimits
    let allocator = ByteBufferAllocator()
    let multi: UnsafeMutableRawPointer
    let counters: OriginCounters
    private let commands: CommandQueue
    private let logger: Logger
    private let epoll: Int32

    var batches = EventBatches()
    /// Milliseconds of the monotonic clock, read once a wake-up.
    private(set) var now: Int64 = 0
    /// When libcurl wants to be called, `nil` for never.
    private var timer: Int64?
    private var nextScan: Int64 = 0
    private var inbox: [Command] = []
    private var ready = [cplatform_readiness](repeating: cplatform_readiness(), count: 256)

    /// Slots with a fetch; `TransferSlot.position` is the place here.
    private(set) var active: [TransferSlot] = []
    private var idle: [TransferSlot] = []
    /// Slots that gathered body bytes in this wake-up.
    var touched: [TransferSlot] = []
    /// Slots whose response is whole before the request.
    var completed: [TransferSlot] = []
    private var urls: [OriginServer: ContiguousArray<CChar>] = [:]

    /// Timeouts are kept to this.
    private static let scanInterval: Int64 = 100
    /// Slots kept for later fetches.
    private static let idleSlots = 256

    init(
        configuration: CurlUpstream.Configuration, commands: CommandQueue, counters: OriginCounters, logger: Logger
    ) throws(CurlUpstream.SetupError) {
        self.configuration = configuration
        self.commands = commands
        self.counters = counters
        self.logger = logger
        limits = MessageLimits(head: configuration.maximumHead, fields: configuration.maximumFields)
        guard let multi = curl_multi_init() else { throw CurlUpstream.SetupError(description: "no libcurl handle") }
        self.multi = multi
        epoll = cplatform_epoll_create()
        guard epoll >= 0, cplatform_epoll_watch(epoll, commands.event, CPLATFORM_READABLE | CPLATFORM_EDGE) == 0 else {
            throw CurlUpstream.SetupError(description: "no epoll descriptor: error \(errno)")
        }
        setCallbacks()
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, max(1, configuration.idleConnections))
    }

    deinit {
        // The slots' handles left the multi handle when their fetches ended.
        idle.removeAll()
        // Closing the kept connections must not call back into a driver that is going away.
        ccurl_multi_set_socket_callback(multi, nil, nil)
        ccurl_multi_set_timer_callback(multi, nil, nil)
        curl_multi_cleanup(multi)
        if epoll >= 0 { Glibc.close(epoll) }
    }

    private func setCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_multi_set_socket_callback(
            multi,
            { _, socket, what, context, _ in
                Unmanaged<CurlDriver>.fromOpaque(context!).takeUnretainedValue().watch(socket, what)
                return 0
            }, context)
        ccurl_multi_set_timer_callback(
            multi,
            { _, milliseconds, context in
                let driver = Unmanaged<CurlDriver>.fromOpaque(context!).takeUnretainedValue()
                driver.timer = milliseconds < 0 ? nil : CurlDriver.clock() + Int64(milliseconds)
                return 0
            }, context)
    }

    private func watch(_ socket: curl_socket_t, _ what: CInt) {
        switch what {
        case CURL_POLL_IN: cplatform_epoll_watch(epoll, socket, CPLATFORM_READABLE)
        case CURL_POLL_OUT: cplatform_epoll_watch(epoll, socket, CPLATFORM_WRITABLE)
        case CURL_POLL_INOUT:
            cplatform_epoll_watch(epoll, socket, CPLATFORM_READABLE | CPLATFORM_WRITABLE)
        default: cplatform_epoll_forget(epoll, socket)
        }
    }

    private static func clock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The server's URL as libcurl takes it, made once a server.
    func withURL(of server: OriginServer, _ body: (UnsafePointer<CChar>?) -> Void) {
        if urls[server] == nil {
            // Servers come from the configuration, which may be reloaded for ever.
            if urls.count >= 1024 { urls.removeAll() }
            urls[server] = ContiguousArray((server.url + "/").utf8CString)
        }
        urls[server]!.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}

// MARK: - The thread

extension CurlDriver {
    /// Runs until the queue is closed, then ends every fetch.
    func run() {
        prepareThread()
        var isClosed = false
        while !isClosed {
            waitForEvents()
            isClosed = commands.take(into: &inbox)
            for command in inbox { perform(command) }
            inbox.removeAll(keepingCapacity: true)
            runTimer()
            collectEnded()
            scanDeadlines()
            flush()
        }
        while let slot = active.last { end(slot, .fail(OriginFailure(.internalError, "shutting down"))) }
        batches.flush()
    }

    /// TLS writes may raise SIGPIPE, which libcurl leaves alone under NOSIGNAL; the process's other signals are its
    /// main thread's business.
    private func prepareThread() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        cplatform_name_thread("strata-origin")
    }

    private func waitForEvents() {
        now = Self.clock()
        var wait = active.isEmpty ? Int64.max : max(0, nextScan - now)
        if let timer { wait = min(wait, max(0, timer - now)) }
        let timeout = wait == .max ? -1 : Int32(clamping: wait)
        let count = ready.withUnsafeMutableBufferPointer {
            cplatform_epoll_wait(epoll, $0.baseAddress, Int32($0.count), timeout)
        }
        now = Self.clock()
        guard count >= 0 else { preconditionFailure("epoll_wait on own descriptors failed: \(errno)") }
        var running: CInt = 0
        for i in 0..<Int(count) where ready[i].descriptor != commands.event {
            var bits: CInt = 0
            if ready[i].ready & CPLATFORM_READABLE != 0 { bits |= CURL_CSELECT_IN }
            if ready[i].ready & CPLATFORM_WRITABLE != 0 { bits |= CURL_CSELECT_OUT }
            if ready[i].ready & CPLATFORM_BROKEN != 0 { bits |= CURL_CSELECT_ERR }
            curl_multi_socket_action(multi, ready[i].descriptor, bits, &running)
        }
    }

    private func runTimer() {
        // A timer of 0 ms is how libcurl asks to be called at once; a few rounds save a system call each.
        var rounds = 0
        while let due = timer, rounds < 8 {
            guard due <= (rounds == 0 ? now : Self.clock()) || due <= now else { return }
            timer = nil
            var running: CInt = 0
            ccurl_run_timers(multi, &running)
            rounds += 1
        }
    }

    private func collectEnded() {
        var left: CInt = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = message.pointee.data.result
            var context: UnsafeMutableRawPointer?
            ccurl_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context)
            guard let context else { continue }
            // The pointer that the slot itself set; the driver still holds the slot in `active`.
            let slot = Unmanaged<TransferSlot>.fromOpaque(context).takeUnretainedValue()
            slot.flushPiece()
            end(slot, slot.outcome(code))
        }
        for slot in completed where slot.isComplete && slot.phase == .body {
            slot.flushPiece()
            end(slot, slot.outcome(CURLE_OK))
        }
        completed.removeAll(keepingCapacity: true)
    }

    private func scanDeadlines() {
        guard now >= nextScan else { return }
        nextScan = now + Self.scanInterval
        var i = active.count - 1
        // Backwards: ending one moves the last into its place.
        while i >= 0 {
            let slot = active[i]
            if let failure = slot.overdue(now) {
                slot.flushPiece()
                end(slot, .fail(failure))
            }
            i -= 1
        }
    }

    private func flush() {
        for slot in touched {
            slot.flushPiece()
            if slot.isThrottled, !slot.isHeld { slot.applyPauses() }
        }
        touched.removeAll(keepingCapacity: true)
        batches.flush()
    }
}

// MARK: - Fetches

extension CurlDriver {
    private func perform(_ command: Command) {
        switch command {
        case .start(let transfer): start(transfer)
        case .cancel(let transfer):
            guard let slot = transfer.slot else { return }
            end(slot, .release)
        case .pause(let transfer):
            guard let slot = transfer.slot, !slot.isPaused else { return }
            slot.isPaused = true
            slot.applyPauses()
        case .resume(let transfer):
            guard let slot = transfer.slot, slot.isPaused else { return }
            slot.isPaused = false
            slot.lastProgress = now
            slot.applyPauses()
        case .drained(let transfer):
            guard let slot = transfer.slot, slot.isThrottled, !transfer.isBehind else { return }
            slot.isThrottled = false
            slot.lastProgress = now
            slot.applyPauses()
        case .send(let transfer, let bytes):
            guard let slot = transfer.slot else { return }
            if slot.upload.queued == 0 { slot.lastProgress = now }
            slot.upload.append(bytes)
            feed(slot)
        case .finishBody(let transfer):
            guard let slot = transfer.slot else { return }
            slot.upload.finish()
            slot.headClock = now
            feed(slot)
        }
    }

    private func feed(_ slot: TransferSlot) {
        guard slot.isStarved else { return }
        slot.isStarved = false
        slot.applyPauses()
    }

    private func start(_ transfer: CurlTransfer) {
        guard !transfer.isCancelled else { return }
        counters.begin()
        guard let slot = idle.popLast() ?? TransferSlot(driver: self) else {
            refuse(transfer, OriginFailure(.internalError, "no libcurl handle"))
            return
        }
        slot.position = active.count
        active.append(slot)
        if let failure = slot.begin(transfer, now: now) {
            end(slot, .fail(failure))
            return
        }
        let code = curl_multi_add_handle(multi, slot.easy)
        if code != CURLM_OK { end(slot, .fail(OriginFailure(.internalError, "libcurl refused the request"))) }
    }

    private func refuse(_ transfer: CurlTransfer, _ failure: OriginFailure) {
        counters.end(.failed(failure.kind), connections: 0)
        batches.add(.fail(failure), for: transfer)
    }

    /// Takes the fetch off libcurl, which closes the connection if it is in the middle of something, and tells how it
    /// ended. Never inside a callback of libcurl.
    private func end(_ slot: TransferSlot, _ event: TransferEvent) {
        guard let transfer = slot.transfer else { return }
        var connections = 0
        ccurl_get_long(slot.easy, CURLINFO_NUM_CONNECTS, &connections)
        curl_multi_remove_handle(multi, slot.easy)
        let last = active.removeLast()
        if last !== slot {
            active[slot.position] = last
            last.position = slot.position
        }
        slot.end()
        if idle.count < Self.idleSlots { idle.append(slot) }
        switch event {
        case .finish: counters.end(.finished, connections: connections)
        case .fail(let failure):
            counters.end(.failed(failure.kind), connections: connections)
            if failure.kind == .internalError { logger.error("origin fetch failed", metadata: ["why": "\(failure.text)"]) }
        default: counters.end(.cancelled, connections: connections)
        }
        batches.add(event, for: transfer)
    }
}

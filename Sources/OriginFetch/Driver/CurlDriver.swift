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
    private let sockets: SocketWatch

    var batches = EventBatches()
    /// Milliseconds of the monotonic clock, read once a wake-up.
    private(set) var now: Int64 = 0
    /// When libcurl wants to be called, `nil` for never.
    private var timer: Int64?
    private var nextScan: Int64 = 0
    private var inbox: [Command] = []
    private var isFreed = false

    /// Slots with a fetch; `TransferSlot.position` is the place here.
    private(set) var active: [TransferSlot] = []
    private var idle: [TransferSlot] = []
    /// Slots that hold a head or body bytes of this wake-up.
    var touched: [TransferSlot] = []
    /// Slots whose response is whole before the request.
    var completed: [TransferSlot] = []
    /// Who was sent over each connection last. libcurl hands a connection on before it tells that the fetch which had it
    /// is over: that one no longer has a say in it.
    private var carried: [SocketWatch.Connection: TransferSlot] = [:]
    private var urls: [OriginServer: ContiguousArray<CChar>] = [:]

    /// Timeouts are kept to this.
    private static let shutdownText = "shutting down"
    private static let scanInterval: Int64 = 100
    /// Slots kept for later fetches.
    private static let idleSlots = 64

    init(
        configuration: CurlUpstream.Configuration, commands: CommandQueue, counters: OriginCounters, logger: Logger
    ) throws(CurlUpstream.SetupError) {
        self.configuration = configuration
        self.commands = commands
        self.counters = counters
        self.logger = logger
        // Each chunk's extension is bounded, not all of a body's together: an answer may be endless.
        limits = MessageLimits(
            head: configuration.maximumHead, fields: configuration.maximumFields, chunkExtensions: .max,
            trailers: configuration.maximumHead)
        guard let multi = curl_multi_init() else { throw CurlUpstream.SetupError(description: "no libcurl handle") }
        self.multi = multi
        sockets = try SocketWatch(commands.event)
        setCallbacks()
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, max(1, configuration.idleConnections))
    }

    deinit {
        // The thread never ran.
        if !isFreed { curl_multi_cleanup(multi) }
    }

    private func setCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_multi_set_socket_callback(
            multi,
            { easy, socket, what, context, _ in
                Unmanaged<CurlDriver>.fromOpaque(context!).takeUnretainedValue().watch(easy, socket, what)
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

    private func watch(_ easy: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: CInt) {
        var events: UInt32 = 0
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { events |= CPLATFORM_READABLE }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { events |= CPLATFORM_WRITABLE }
        guard events != 0 else {
            sockets.release(socket)
            return
        }
        sockets.watch(socket, events)
        slot(of: easy)?.socket = socket
    }

    /// The fetch of this slot goes over that connection from now on.
    func begins(_ slot: TransferSlot, over connection: SocketWatch.Connection) {
        letGo(of: slot)
        // libcurl tells nothing of a socket that it went on watching from one to the next.
        if let before = carried[connection], before.socket >= 0 { slot.socket = before.socket }
        slot.connection = connection
        carried[connection] = slot
        if let socket = sockets.claim(connection) { slot.socket = socket }
    }

    /// Nothing more comes over the slot's connection for its fetch. False when the connection is another's already.
    @discardableResult
    private func letGo(of slot: TransferSlot) -> Bool {
        guard let connection = slot.connection, carried[connection] === slot else { return false }
        carried[connection] = nil
        return true
    }

    /// The slot of one of our handles; libcurl has some of its own.
    private func slot(of easy: UnsafeMutableRawPointer?) -> TransferSlot? {
        guard let easy else { return nil }
        var context: UnsafeMutableRawPointer?
        ccurl_get_pointer(easy, CURLINFO_PRIVATE, &context)
        // The pointer that the slot itself set; the driver holds every slot whose handle libcurl knows.
        return context.map { Unmanaged<TransferSlot>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Has the connections' sockets opened and closed here, so that the driver knows which numbers are theirs.
    func setSocketCallbacks(_ easy: UnsafeMutableRawPointer) {
        ccurl_set_open_callback(
            easy,
            { context, _, address in
                Unmanaged<CurlDriver>.fromOpaque(context!).takeUnretainedValue().sockets.open(address!)
            }, Unmanaged.passUnretained(self).toOpaque())
        ccurl_set_close_callback(
            easy,
            { context, socket in
                Unmanaged<CurlDriver>.fromOpaque(context!).takeUnretainedValue().sockets.close(socket)
            }, Unmanaged.passUnretained(self).toOpaque())
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
        while let slot = active.last { end(slot, .fail(OriginFailure(.internalError, Self.shutdownText))) }
        batches.flush()
        idle.removeAll()
        // Here and not in `deinit`: closing the kept connections calls back.
        curl_multi_cleanup(multi)
        isFreed = true
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
        let count = sockets.wait(timeout)
        now = Self.clock()
        var running: CInt = 0
        for i in 0..<count {
            guard let (socket, bits) = sockets.ready(i) else { continue }
            curl_multi_socket_action(multi, socket, bits, &running)
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
            guard let slot = slot(of: message.pointee.easy_handle) else { continue }
            end(slot, slot.outcome(code))
        }
        for slot in completed where slot.isComplete && slot.phase == .body {
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
                end(slot, .fail(failure))
            }
            i -= 1
        }
    }

    private func flush() {
        for slot in touched {
            slot.isTouched = false
            slot.flushHeld()
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
        // Of an answer that broke off in the wake-up in which it began nothing is told: the client may still get a 502.
        if case .fail = event, slot.heldHead != nil { slot.dropHeld() } else { slot.flushHeld() }
        var connections = 0
        ccurl_get_long(slot.easy, CURLINFO_NUM_CONNECTS, &connections)
        curl_multi_remove_handle(multi, slot.easy)
        // Only a socket that carried an answer is surely closed through our callback: libcurl closes that of a failed
        // attempt to connect by itself, and its number may be anyone's by now.
        if letGo(of: slot), case .finish = event { sockets.rest(slot.socket, slot.connection) }
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
            if failure.kind == .internalError, failure.text != Self.shutdownText {
                logger.error("origin fetch failed", metadata: ["why": "\(failure.text)"])
            }
        default: counters.end(.cancelled, connections: connections)
        }
        batches.add(event, for: transfer)
    }
}

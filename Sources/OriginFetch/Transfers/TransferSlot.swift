import CCurl
import CacheModel
import HTTPMessage
import NIOCore

/// One easy handle and the fetch that runs on it; slots outlive fetches and are used again. The curl thread's alone.
///
/// libcurl's callbacks get an unretained pointer to the slot. That is safe because the driver holds every slot from
/// before its handle is added to the multi handle until after it is removed, and `deinit` frees the handle first.
final class TransferSlot {
    enum Phase {
        /// No fetch.
        case idle
        /// Connecting, sending, and reading heads until the final one is complete.
        case head
        case body
    }

    let easy: UnsafeMutableRawPointer
    /// CURL_ERROR_SIZE bytes that libcurl writes its message to.
    let errorText: UnsafeMutablePointer<CChar>
    let headers = HeaderList()
    /// Safe: the driver holds every slot and outlives it.
    unowned(unsafe) let driver: CurlDriver

    var transfer: CurlTransfer?
    /// Whose URL the handle has.
    var server: OriginServer?
    var phase = Phase.idle
    /// Place in the driver's list of active slots.
    var position = 0

    // Receiving.
    /// The lines of the head that is arriving.
    var lines: [UInt8] = []
    var isHead = false
    /// No field line of this answer came yet: see `FoldGuard`.
    var awaitsField = true
    var interims = 0
    var framing = OriginHead.Framing.none
    var received: Int64 = 0
    /// The head, while it is not yet in the batch: an answer that breaks off in its first wake-up has none.
    var heldHead: OriginHead?
    /// Body bytes of this wake-up that are not yet in the batch.
    var piece: ByteBuffer?
    /// In the driver's list of slots with something held.
    var isTouched = false
    /// Why a callback told libcurl to give up.
    var failure: OriginFailure?
    /// The response ended while the request body is still being sent; the driver ends the fetch.
    var isComplete = false
    /// Reads a chunked body; nil once it was whole.
    var chunks: ChunkedDecoder?

    // Sending.
    var upload = UploadQueue(.none)
    /// Requests written, the first one included.
    var attempts = 0
    /// The socket that libcurl last asked to watch for this fetch, or -1.
    var socket: Int32 = -1
    /// The connection that it was last sent over.
    var connection: SocketWatch.Connection?

    // Pausing.
    var isPaused = false
    var isThrottled = false
    /// libcurl's read callback said that there is nothing to send.
    var isStarved = false
    /// Whether libcurl was told to stop reading.
    var isHeld = false

    // Clocks, in the driver's milliseconds.
    var headClock: Int64 = 0
    var lastProgress: Int64 = 0

    init?(driver: CurlDriver) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.driver = driver
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        setLastingOptions()
    }

    deinit {
        curl_easy_cleanup(easy)
        errorText.deallocate()
    }

    /// Takes up a fetch: everything that the last one may have left is set anew.
    func begin(_ transfer: CurlTransfer, now: Int64) -> OriginFailure? {
        self.transfer = transfer
        transfer.slot = self
        phase = .head
        lines.removeAll(keepingCapacity: true)
        isHead = transfer.request.method.elementsEqual("HEAD".utf8)
        awaitsField = true
        interims = 0
        framing = .none
        received = 0
        failure = nil
        isComplete = false
        chunks = nil
        upload = UploadQueue(transfer.request.body)
        attempts = 0
        socket = -1
        connection = nil
        isPaused = false
        isThrottled = false
        isStarved = false
        isHeld = false
        headClock = now
        lastProgress = now
        errorText[0] = 0
        return setOptions(transfer.request)
    }

    /// Lets go of the fetch, after the handle was removed from the multi handle.
    func end() {
        transfer?.slot = nil
        transfer = nil
        phase = .idle
        heldHead = nil
        piece = nil
        upload = UploadQueue(.none)
        if lines.capacity > 16 << 10 { lines = [] }
    }

    /// Tells libcurl which directions rest. Receiving is held in the body only: a head is short, and its timeout runs.
    func applyPauses() {
        isHeld = phase == .body && (isPaused || isThrottled)
        let mask = (isHeld ? CURLPAUSE_RECV : 0) | (isStarved ? CURLPAUSE_SEND : 0)
        curl_easy_pause(easy, mask)
        // What was held back and proved bad: libcurl may not look at the transfer again.
        if failure != nil { completeEarly() }
    }

    /// The failure of a fetch that waited too long, if it did.
    func overdue(_ now: Int64) -> OriginFailure? {
        guard let server = transfer?.request.server else { return nil }
        if phase == .head, upload.isDone {
            guard now - headClock > server.timeout else { return nil }
            return OriginFailure(.headTimeout, "no head within \(server.timeout) ms")
        }
        let waitsForOrigin = phase == .body ? !(isPaused || isThrottled) : attempts > 0 && upload.queued > 0
        guard waitsForOrigin else {
            lastProgress = now
            return nil
        }
        guard now - lastProgress > server.idleTimeout else { return nil }
        let what = phase == .body ? "nothing came" : "none of the request body was taken"
        return OriginFailure(.idleTimeout, "\(what) for \(server.idleTimeout) ms")
    }
}

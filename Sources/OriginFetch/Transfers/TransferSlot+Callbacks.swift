import CCurl
import CacheModel

extension TransferSlot {
    /// Installs libcurl's callbacks. Each gets the slot by `context`; see the type for why that pointer is good. The
    /// bytes they get are readable (or, for reading, writable) for `size * count` and not kept.
    func setCallbacks() {
        ccurl_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return TransferSlot.at(context).receiveLine(line) ? line.count : 0
        }
        ccurl_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            TransferSlot.at(context).receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        ccurl_set_data_callback(easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
            TransferSlot.at(context).provide(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
        }
        ccurl_set_prerequest_callback(easy) { context, remoteAddress, _, remotePort, localPort in
            let connection = SocketWatch.Connection(
                remoteAddress: remoteAddress.map { String(cString: $0) } ?? "", remotePort: remotePort,
                localPort: localPort)
            return TransferSlot.at(context).mayBegin(over: connection) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        ccurl_set_debug_callback(easy) { _, kind, bytes, count, context in
            TransferSlot.at(context).observe(kind, UnsafeMutableRawBufferPointer(start: bytes, count: count))
            return 0
        }
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> TransferSlot {
        Unmanaged<TransferSlot>.fromOpaque(context!).takeUnretainedValue()
    }

    /// libcurl is about to write the request. It does so again, unasked, when a kept connection closes without an
    /// answer; only `mayRetry` allows that, once, and only if not a line of an answer came.
    private func mayBegin(over connection: SocketWatch.Connection) -> Bool {
        lastProgress = driver.now
        driver.begins(self, over: connection)
        if attempts >= 1 {
            guard attempts == 1, transfer?.request.mayRetry == true, lines.isEmpty, interims == 0 else {
                return give(up: .closedBeforeHead, "kept connection closed without an answer")
            }
        }
        attempts += 1
        return true
    }

    /// Fills libcurl's buffer with request body.
    private func provide(_ memory: UnsafeMutableRawBufferPointer) -> Int {
        guard failure == nil, let transfer else { return Int(CURL_READFUNC_ABORT) }
        switch upload.take(into: memory) {
        case .bytes(let count):
            lastProgress = driver.now
            headClock = driver.now
            if upload.wantsMore() { driver.batches.add(.canSendMore, for: transfer) }
            return count
        case .wait:
            isStarved = true
            return Int(CURL_READFUNC_PAUSE)
        case .end:
            headClock = driver.now
            return 0
        case .wrongLength:
            failure = OriginFailure(.internalError, "the request body is not of the promised length")
            return Int(CURL_READFUNC_ABORT)
        }
    }

    /// libcurl drops bytes behind a response without content and keeps the connection; the rest of those bytes would
    /// then stand before the next answer. It only says so in its log.
    private func observe(_ kind: curl_infotype, _ bytes: UnsafeMutableRawBufferPointer) {
        switch kind {
        case CURLINFO_TEXT: if bytes.starts(with: "Excess found".utf8) { forbidReuse() }
        case CURLINFO_HEADER_IN:
            guard awaitsField, FoldGuard.isNeeded, FoldGuard.mend(bytes) else { return }
            _ = give(up: .malformedHead, "the head begins with a folded line")
        default: break
        }
    }
}

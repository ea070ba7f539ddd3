import CCurl
import CacheModel
import HTTPMessage
import NIOCore

/// Interim heads that one response may have before it.
private let maximumInterims = 64
/// Pieces of body are gathered up to this size during one wake-up.
private let pieceSize = 64 << 10

extension TransferSlot {
    /// A header line of a head as the origin sent it, line end included. False gives up.
    func receiveLine(_ line: UnsafeRawBufferPointer) -> Bool {
        guard failure == nil else { return false }
        // Trailers come as bytes of the body.
        guard phase == .head else { return give(up: .malformedBody, "header lines behind the head") }
        lastProgress = driver.now
        guard line.count <= driver.configuration.maximumHead - lines.count else {
            return give(up: .headTooLarge, "over \(driver.configuration.maximumHead) bytes of header lines")
        }
        lines.append(contentsOf: line)
        if awaitsField, FoldGuard.isNeeded { watchForFold(line) }
        // libcurl takes a line that starts with CR or LF for the end of a head; the parser sees whether it is one.
        guard let first = line.first, first == 0x0d || first == 0x0a else { return true }
        return receiveHead()
    }

    /// Has `observe` see the lines between a status line and the first field line.
    private func watchForFold(_ line: UnsafeRawBufferPointer) {
        guard lines.count > line.count, let first = line.first, first != 0x0d, first != 0x0a else {
            return set(CURLOPT_VERBOSE, 1)
        }
        awaitsField = false
        set(CURLOPT_VERBOSE, 0)
    }

    private func receiveHead() -> Bool {
        guard let transfer else { return false }
        let parsed: ParsedResponseHead
        do throws(ResponseHeadError) {
            parsed = try lines.withUnsafeBufferPointer { bytes throws(ResponseHeadError) in
                try ResponseHeadParser.parse(
                    UnsafeRawBufferPointer(bytes), isHeadRequest: isHead, limits: driver.limits)
            }
        } catch {
            let isTooLarge = error == .headTooLarge || error == .tooManyFields
            return give(up: isTooLarge ? .headTooLarge : .malformedHead, error.text)
        }
        lines.removeAll(keepingCapacity: true)
        if parsed.status == 101 { return give(up: .unaskedUpgrade, "101 without an upgrade asked for") }
        if parsed.isInterim {
            interims += 1
            guard interims <= maximumInterims else { return give(up: .malformedHead, "no end of interim answers") }
            // 100 answers our own request body; what the client expects is the listener's.
            if parsed.status != 100 {
                driver.batches.add(.interim(status: parsed.status, fields: parsed.fields), for: transfer)
            }
            return true
        }
        // The strict rules decide, not libcurl's. On a kept connection of an HTTP/1.0 server it would speak HTTP/1.0,
        // without chunked bodies.
        if !parsed.keepAlive || parsed.minorVersion == 0 { forbidReuse() }
        receive(parsed, of: transfer)
        return true
    }

    private func receive(_ parsed: ParsedResponseHead, of transfer: CurlTransfer) {
        phase = .body
        framing = OriginHead.Framing(parsed.framing)
        let head = OriginHead(
            status: parsed.status, reason: Array(parsed.fields.bytes[parsed.reason]), fields: parsed.fields,
            framing: framing)
        heldHead = head
        touch()
        // For `observe`: libcurl tells of dropped bytes only in its log.
        if framing == .none || awaitsField { set(CURLOPT_VERBOSE, framing == .none ? 1 : 0) }
        if framing == .chunked { chunks = ChunkedDecoder(limits: driver.limits) }
        // libcurl takes a HEAD with a body for an upload, whose answer would have one too.
        guard !upload.isDone || (isHead && transfer.request.body.isSent) else { return }
        // An early answer: what is left of the request body would stand before the next request.
        forbidReuse()
        switch framing {
        case .none, .length(0): completeEarly()
        case .length, .chunked, .close: break
        }
    }

    /// Body bytes as they came, chunked ones with their framing. Returns what libcurl's write callback returns.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard failure == nil, phase == .body else {
            if failure == nil { _ = give(up: .malformedHead, "body without a head") }
            return 0
        }
        // The pause came before this response could be held: libcurl keeps these bytes and offers them again.
        if isPaused || isThrottled {
            isHeld = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        lastProgress = driver.now
        received += Int64(bytes.count)
        switch framing {
        case .none:
            forbidReuse()
            return bytes.count
        case .length(let length):
            guard received <= length else {
                return give(up: .malformedBody, "more body than announced") ? bytes.count : 0
            }
            append(bytes, remaining: length - received)
            if received == length, !upload.isDone { completeEarly() }
        case .chunked: return receiveChunks(bytes) ? bytes.count : 0
        case .close: append(bytes, remaining: nil)
        }
        return bytes.count
    }

    /// libcurl follows the chunks too, leniently, to know where the body ends; whether they are good and what they hold
    /// is decided here (ADR 0006). False gives up.
    private func receiveChunks(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard chunks != nil else {
                // Behind the last chunk: nobody's, and the next answer would begin in the middle of it.
                forbidReuse()
                return true
            }
            do throws(RequestError) {
                switch try chunks!.decode(UnsafeRawBufferPointer(rebasing: rest)) {
                case .data(let part):
                    append(
                        UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.lowerBound).prefix(part.count)),
                        remaining: nil)
                    rest = rest.dropFirst(part.upperBound)
                case .needMore: return true
                case .end(let consumed):
                    rest = rest.dropFirst(consumed)
                    chunks = nil
                    if !upload.isDone { completeEarly() }
                }
            } catch {
                return give(up: .malformedBody, error.text)
            }
        }
        return true
    }

    /// Copies bytes into the piece of this wake-up. `remaining` is what the body will still bring, where known.
    private func append(_ bytes: UnsafeRawBufferPointer, remaining: Int64?) {
        touch()
        if piece != nil, piece!.readableBytes + bytes.count > pieceSize {
            flushHeld()
        }
        if piece == nil {
            let expected = remaining.map { min($0, Int64(pieceSize)) } ?? (bytes.count < 4096 ? 0 : Int64(pieceSize))
            // Room for more only when this read brought much: slow bodies come in small pieces.
            let more = bytes.count >= 16 << 10 ? Int(expected) : 0
            piece = driver.allocator.buffer(capacity: min(bytes.count + more, max(bytes.count, pieceSize)))
        }
        piece!.writeBytes(bytes)
    }

    /// Has the driver call `flushHeld` at the end of this wake-up.
    private func touch() {
        guard !isTouched else { return }
        isTouched = true
        driver.touched.append(self)
    }

    /// Puts head and bytes of this wake-up in the batch. Every other event of the slot comes after a call of this.
    func flushHeld() {
        guard let transfer else { return }
        let head = heldHead.take()
        guard let bytes = piece.take(), bytes.readableBytes > 0 else {
            if let head { driver.batches.add(.head(head), for: transfer) }
            return
        }
        if transfer.willDeliver(bytes.readableBytes), !isThrottled { isThrottled = true }
        driver.batches.add(head.map { .answer($0, beginning: bytes) } ?? .body(bytes), for: transfer)
    }

    func dropHeld() {
        heldHead = nil
        piece = nil
    }

    /// Nothing is left to wait for: the response is whole and the request is not, or the response is bad.
    func completeEarly() {
        guard !isComplete else { return }
        isComplete = true
        driver.completed.append(self)
    }

    /// Notes why, for when libcurl ends the transfer; always false.
    func give(up kind: OriginFailure.Kind, _ text: String) -> Bool {
        failure = OriginFailure(kind, text)
        forbidReuse()
        return false
    }
}

extension OriginHead.Framing {
    init(_ framing: ResponseFraming) {
        switch framing {
        case .none: self = .none
        case .length(let length): self = .length(length)
        case .chunked: self = .chunked
        case .close: self = .close
        }
    }
}

extension OriginRequest.Body {
    /// Whether libcurl sends it (an empty one is a field line).
    var isSent: Bool { self != .none && self != .length(0) }
}

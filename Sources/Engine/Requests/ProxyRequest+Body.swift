internal import CacheModel
internal import NIOCore

/// Sending a body at the client's pace.
extension ProxyRequest {
    enum BodyState {
        case none
        /// `end`: where the present stretch ends; nil: where the body does.
        case flight(FlightBody, reader: Int, offset: Int, end: Int?)
        case file(any BodySource, offset: Int, end: Int)
        /// A read is under way; the callback goes on.
        case reading
    }

    /// Bytes read from a file at once: one piece waits in the socket while the next is read.
    private static let filePiece = 256 << 10

    /// - Parameter parts: what of it, and between it, is sent; nil: the whole.
    func sendBody(of flightBody: FlightBody, reader: Int, parts: [BodySegment]?) {
        segments = parts.map { $0[...] } ?? []
        body = .flight(flightBody, reader: reader, offset: 0, end: parts == nil ? nil : 0)
        pump()
    }

    func sendBody(of file: any BodySource, parts: [BodySegment]? = nil) {
        segments = parts.map { $0[...] } ?? []
        body = .file(file, offset: 0, end: parts == nil ? file.length : 0)
        pump()
    }

    /// Sends until the client's buffer is full, the source has nothing, or all is sent.
    func pump() {
        while let client {
            switch body {
            case .none, .reading:
                return
            case .file(let file, let offset, let end) where offset >= end:
                guard goOn({ .file(file, offset: $0.lowerBound, end: $0.upperBound) }) else { return }
            case .file(let file, let offset, let end):
                body = .reading
                client.flush()
                file.read(from: offset, count: min(Self.filePiece, end - offset), on: loop) { [weak self] result in
                    self?.didRead(result) { .file(file, offset: offset + $0, end: end) }
                }
                return
            case .flight(let source, let reader, let offset, let end?) where offset >= end:
                guard goOn({ .flight(source, reader: reader, offset: $0.lowerBound, end: $0.upperBound) }) else {
                    return
                }
            case .flight(let source, let reader, let offset, let end):
                guard pump(source, reader, from: offset, to: end, client) else { return }
            }
        }
    }

    /// Starts the next stretch. False when there is nothing to do now: all is sent, or the client's buffer is full.
    private func goOn(_ stretch: (Range<Int>) -> BodyState) -> Bool {
        switch segments.popFirst() {
        case .bytes(let bytes):
            return client?.sendBody(bytes) ?? false
        case .body(let range):
            body = stretch(range)
            return true
        case nil:
            finish()
            return false
        }
    }

    /// Sends one piece of a body that is on its way; false when there is nothing to do now.
    private func pump(
        _ source: FlightBody, _ reader: Int, from offset: Int, to end: Int?, _ client: any ClientStream
    ) -> Bool {
        let piece = source.read(
            reader, from: offset, waiter: FlightBody.Waiter(loop: loop) { [weak self] in self?.pump() })
        switch piece {
        case .bytes(var bytes):
            if let end, bytes.readableBytes > end - offset { bytes = bytes.readSlice(length: end - offset)! }
            body = .flight(source, reader: reader, offset: offset + bytes.readableBytes, end: end)
            return client.sendBody(bytes)
        case .spooled(let spool):
            body = .reading
            client.flush()
            let count = end.map { min(Self.filePiece, $0 - offset) } ?? Self.filePiece
            spool.read(from: offset, count: count, on: loop) { [weak self] result in
                guard let self else { return source.removeReader(reader) }
                self.didRead(result) { .flight(source, reader: reader, offset: offset + $0, end: end) }
            }
            return false
        case .wait:
            client.flush()
            return false
        case .end where end == nil:
            finish()
            return false
        // A body that ends before the part that was promised, like one that breaks, is cut for everyone to see.
        case .end, .failed:
            client.abort()
            release()
            return false
        }
    }

    private func didRead(_ result: Result<ByteBuffer, TierFailure>, next: (Int) -> BodyState) {
        guard let client else {
            if case .flight(let source, let reader, _, _) = next(0) { source.removeReader(reader) }
            return
        }
        guard case .success(let bytes) = result, bytes.readableBytes > 0 else {
            client.abort()
            release()
            return
        }
        body = next(bytes.readableBytes)
        if client.sendBody(bytes) { pump() }
    }

    func finish() {
        let client = self.client
        release()
        client?.finish()
    }
}

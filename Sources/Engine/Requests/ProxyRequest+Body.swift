internal import CacheModel
internal import NIOCore

/// Sending a body at the client's pace.
extension ProxyRequest {
    enum BodyState {
        case none
        case flight(FlightBody, reader: Int, offset: Int)
        case file(any BodySource, offset: Int)
        /// A read is under way; the callback goes on.
        case reading
    }

    /// Bytes read from a file at once: one piece waits in the socket while the next is read.
    private static let filePiece = 256 << 10

    func sendBody(of flightBody: FlightBody) {
        body = .flight(flightBody, reader: flightBody.addReader(), offset: 0)
        pump()
    }

    func sendBody(of file: any BodySource) {
        body = .file(file, offset: 0)
        pump()
    }

    /// Sends until the client's buffer is full, the source has nothing, or all is sent.
    func pump() {
        while let client {
            switch body {
            case .none, .reading:
                return
            case .file(let file, let offset):
                guard offset < file.length else { return finish() }
                body = .reading
                client.flush()
                file.read(from: offset, count: Self.filePiece, on: loop) { [weak self] result in
                    self?.didRead(result) { .file(file, offset: offset + $0) }
                }
                return
            case .flight(let source, let reader, let offset):
                let piece = source.read(
                    reader, from: offset, waiter: FlightBody.Waiter(loop: loop) { [weak self] in self?.pump() })
                switch piece {
                case .bytes(let bytes):
                    body = .flight(source, reader: reader, offset: offset + bytes.readableBytes)
                    if !client.sendBody(bytes) { return }
                case .spooled(let spool):
                    body = .reading
                    client.flush()
                    spool.read(from: offset, count: Self.filePiece, on: loop) { [weak self] result in
                        guard let self else { return source.removeReader(reader) }
                        self.didRead(result) { .flight(source, reader: reader, offset: offset + $0) }
                    }
                    return
                case .wait:
                    return client.flush()
                case .end:
                    return finish()
                case .failed:
                    client.abort()
                    return release()
                }
            }
        }
    }

    private func didRead(_ result: Result<ByteBuffer, TierFailure>, next: (Int) -> BodyState) {
        guard let client else {
            if case .flight(let source, let reader, _) = next(0) { source.removeReader(reader) }
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

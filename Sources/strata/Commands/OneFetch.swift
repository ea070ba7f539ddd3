import CacheModel
import HTTPMessage
import Listener
import NIOCore
import NIOPosix
import OriginFetch

/// One HTTP request of a command, made with the proxy's own origin client.
enum OneFetch {
    struct Answer: Sendable {
        var status: Int
        var body: String
    }

    /// - Parameter body: all of it; its length stands in the request.
    static func perform(_ request: OriginRequest, body: [UInt8] = []) async -> Result<Answer, OriginFailure> {
        let loop = NIOLoop(index: 0, eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        guard let upstream = try? CurlUpstream() else {
            return .failure(OriginFailure(.internalError, "out of threads or descriptors"))
        }
        defer { upstream.shutdown() }
        return await withCheckedContinuation { continuation in
            loop.execute {
                let handler = Handler { continuation.resume(returning: $0) }
                let transfer = upstream.fetch(request, on: loop, handler: handler)
                guard request.body != .none else { return }
                transfer.send(ByteBuffer(bytes: body))
                transfer.finishBody()
            }
        }
    }

    private final class Handler: OriginHandler, @unchecked Sendable {
        // Safe because every call comes on the loop that the fetch was started on.
        private var status = 0
        private var body = ByteBuffer()
        private let done: @Sendable (Result<Answer, OriginFailure>) -> Void

        init(_ done: @escaping @Sendable (Result<Answer, OriginFailure>) -> Void) { self.done = done }

        func didReceiveInterim(status: Int, fields: FieldBlock) {}
        func didReceiveHead(_ head: OriginHead) { status = head.status }
        func didReceiveBody(_ bytes: ByteBuffer) { body.writeImmutableBuffer(bytes) }
        func didFinish() { done(.success(Answer(status: status, body: String(buffer: body)))) }
        func didFail(_ failure: OriginFailure) { done(.failure(failure)) }
        func canSendMore() {}
    }
}

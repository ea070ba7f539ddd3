package import Engine
internal import NIOCore

/// Counts the requests of one loop and writes their access-log lines. Used on that loop only; the counters may be read
/// from anywhere.
package final class LoopTelemetry: RequestLog, @unchecked Sendable {
    // Safe because `buffer` and `line` are touched by `record` and `flush` only, which the loop calls; the counters are
    // atomic.

    let counters = LoopCounters()
    private let writer: AccessLogWriter?
    private var buffer = ByteBuffer()
    private var line = AccessLogLine()

    /// Lines are handed to the writer once there are this many bytes of them.
    private static let batch = 48 << 10

    init(_ writer: AccessLogWriter?) { self.writer = writer }

    package func record(_ request: borrowing RequestRecord) {
        counters.count(request)
        guard writer != nil else { return }
        line.write(request, to: &buffer)
        if buffer.readableBytes >= Self.batch { flush() }
    }

    /// Hands over what has gathered. Called every so often, so that a quiet proxy's lines come out too.
    package func flush() {
        guard let writer, buffer.readableBytes > 0 else { return }
        writer.submit(buffer)
        buffer = ByteBufferAllocator().buffer(capacity: 64 << 10)
    }
}

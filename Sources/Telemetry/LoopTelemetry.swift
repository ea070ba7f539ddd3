package import Engine

/// What one loop tells: its counters, and its part of the access log. `record` allocates nothing and never waits.
package final class LoopTelemetry: RequestLog, @unchecked Sendable {
    // Safe because the formats and `buffer` are touched by `record` and `flush` only, which are called on the loop; the
    // counters are atomic and the rest is constant.

    let counters = LoopCounters()
    private let writer: AccessLogWriter?
    private var combined = AccessLogFormat()
    private var json = JSONLogFormat()
    private let isJSON: Bool
    private var buffer = LogBuffer()

    init(writer: AccessLogWriter?, isJSON: Bool) {
        self.writer = writer
        self.isJSON = isJSON
    }

    /// On the loop.
    package func record(_ request: borrowing RequestRecord) {
        counters.count(request.result, microseconds: request.durationMicroseconds, bodyBytes: request.bodyBytes)
        guard writer != nil else { return }
        if buffer.room < (isJSON ? JSONLogFormat.bound(request) : AccessLogFormat.bound(request)) { flush() }
        let buffer = buffer
        let place = buffer.base + buffer.count
        buffer.count += isJSON ? json.write(request, to: place) : combined.write(request, to: place)
        buffer.lines += 1
    }

    /// Hands the lines so far to the writer. On the loop, every 200 ms and before the writer is closed.
    package func flush() {
        guard let writer, buffer.count > 0 else { return }
        buffer = writer.exchange(buffer)
    }
}

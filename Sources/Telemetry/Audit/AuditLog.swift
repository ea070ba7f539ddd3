package import Engine
internal import Invalidation
package import Logging
internal import Synchronization

/// The audit log: a line of JSON for each purge that someone asked for, whatever became of it (docs/operations.md).
/// Written by a thread of its own, through `AccessLogWriter`, and like that one reopened and closed. Any thread.
package final class AuditLog: PurgeAudit {
    /// Longer lists of names are cut, so that a line fits.
    private static let maxSelector = 24 << 10
    /// What callers may write into a line.
    private static let maxText = 1 << 10

    private let writer: AccessLogWriter
    private let buffer = Mutex(LogBuffer())
    /// Milliseconds since 1970.
    private let clock: @Sendable () -> Int64

    /// Opens the file (made with mode 0640 if there is none) and starts the thread.
    /// - Parameter path: `-` is standard output.
    package init(
        path: String, clock: @escaping @Sendable () -> Int64, logger: Logger = Logger(label: "strata.audit")
    ) throws(AccessLogError) {
        writer = try AccessLogWriter(
            path: path == "-" ? nil : path, what: "audit log", setting: "purge.audit", logger: logger)
        self.clock = clock
    }

    package var statistics: AccessLogStatistics { writer.statistics }

    package func reopen() { writer.reopen() }

    /// Writes what was recorded and ends the thread.
    package func close() { _ = writer.close() }

    package func record(_ record: PurgeAuditRecord) {
        let line = Array(Self.line(record, at: clock()).utf8)
        buffer.withLock { buffer in
            guard line.count <= buffer.room else { return }
            line.withUnsafeBytes { buffer.append(line: $0) }
            buffer = writer.exchange(buffer)
        }
    }

    /// One object and a line feed; unknown members are null.
    static func line(_ record: PurgeAuditRecord, at milliseconds: Int64) -> String {
        func text(_ text: String?) -> String {
            guard let text else { return "null" }
            let bytes = Array(text.utf8)
            return JSONText.quoted(bytes.count > maxText ? Array(bytes.prefix(maxText)) + Array("…".utf8) : bytes)
        }
        let mode = record.mode.map { $0 == .hard ? "\"hard\"" : "\"soft\"" } ?? "null"
        let status = record.status.map { "\($0)" } ?? "null"
        let caller = record.caller
        let time = RFC3339.milliseconds(milliseconds)
        return #"{"time":"\#(time)","outcome":"\#(record.outcome.rawValue)","status":\#(status),"#
            + #""by":\#(text(caller.interface)),"client":\#(text(caller.address)),"who":\#(text(caller.who)),"#
            + #""target":\#(text(caller.target)),"#
            + #""user_agent":\#(text(caller.userAgent.isEmpty ? nil : caller.userAgent)),"mode":\#(mode),"#
            + #""selector":\#(selector(record.selector)),"position":\#(text(record.position?.text)),"#
            + #""reason":\#(text(record.reason))}"# + "\n"
    }

    private static func selector(_ json: String?) -> String {
        guard let json else { return "null" }
        guard json.utf8.count > maxSelector else { return json }
        return #"{"cut":\#(JSONText.quoted(Array(json.utf8.prefix(maxSelector / 2))))}"#
    }
}

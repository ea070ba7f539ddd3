internal import CPlatform
internal import Glibc
internal import Logging

/// What the access log's thread does: takes buffers, writes them, reopens the file between two lines.
struct WriterWork {
    /// How long to wait before a write that failed is tried again, in milliseconds.
    private static let pause: Int64 = 1000
    /// Failures are told once in so many milliseconds.
    private static let silence: Int64 = 60_000

    private let writer: AccessLogWriter
    private let what: String
    private let path: String?
    private let logger: Logger
    private var file: LogFile
    private var lastComplaint: Int64?

    init(writer: AccessLogWriter, what: String, path: String?, file: LogFile, logger: Logger) {
        self.writer = writer
        self.what = what
        self.path = path
        self.file = file
        self.logger = logger
    }

    /// Returns when the writer is closed and everything is written or given up.
    mutating func run() {
        cplatform_name_thread("request-logs")
        while true {
            switch writer.nextStep() {
            case .write(let buffer):
                write(buffer)
                writer.recycle(buffer)
            case .reopen: reopen()
            case .wait: writer.waitForChange()
            case .end:
                file.close()
                return
            }
        }
    }

    private mutating func write(_ buffer: LogBuffer) {
        var start = 0
        while start < buffer.count {
            let result = file.write(buffer.base + start, count: buffer.count - start)
            if result > 0 {
                start += result
                continue
            }
            writer.countFailure()
            complain("the \(what) can't be written", code: Int32(-result))
            switch pause() {
            case .tryAgain: break
            case .reopen:
                reopen()
                // The other file gets the line from its beginning.
                start = buffer.lineStart(start)
            case .giveUp:
                writer.countDrop(lines: buffer.lines(from: start))
                return
            }
        }
    }

    private enum AfterPause { case tryAgain, reopen, giveUp }

    private func pause() -> AfterPause {
        let end = cplatform_monotonic_milliseconds() + Self.pause
        while true {
            if writer.takeReopen() { return .reopen }
            if writer.isClosing { return .giveUp }
            let left = end - cplatform_monotonic_milliseconds()
            if left <= 0 { return .tryAgain }
            writer.waitForChange(milliseconds: Int(left))
        }
    }

    private mutating func reopen() {
        guard let path else { return }
        do throws(AccessLogError) {
            let next = try LogFile(path: path)
            file.close()
            file = next
        } catch {
            writer.countFailure()
            complain("the \(what) can't be opened again, the old file goes on", code: error.code)
        }
    }

    private mutating func complain(_ message: Logger.Message, code: Int32) {
        let now = cplatform_monotonic_milliseconds()
        if let lastComplaint, now - lastComplaint < Self.silence { return }
        lastComplaint = now
        logger.error(message, metadata: ["path": "\(path ?? "-")", "error": "\(String(cString: strerror(code)))"])
    }
}

import Dispatch
import Glibc

/// SIGTERM, SIGINT and SIGUSR1 as a stream. SIGPIPE and SIGXFSZ (a file beyond `ulimit -f`) are ignored: the write then
/// says EPIPE or EFBIG, and one full file ends no process.
struct Signals {
    let stream: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]

    init() {
        for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        self.stream = stream
        let registered = DispatchSemaphore(value: 0)
        sources = [SIGTERM, SIGINT, SIGUSR1].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.setRegistrationHandler { registered.signal() }
            source.resume()
            return source
        }
        // Sources are registered in their own time: a signal that comes before would be ignored for good.
        for _ in sources { registered.wait() }
    }

    func restoreDefaults() {
        for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
    }
}

import CCurl
package import CacheModel
import Glibc
package import Logging
import Synchronization

/// Fetches from origins with libcurl's multi interface on one thread of its own. Any number of event loops share it;
/// requests go to the thread through a queue and events come back in batches, one piece of work a loop a wake-up.
///
/// What it promises beyond `Upstream`: nothing but http and https is spoken, no redirect is followed, nothing of the
/// environment (proxies, netrc, cookies) takes part, a request is never sent twice unless `mayRetry` says so, and a
/// head that the strict parser refuses is a failure, with nothing of it delivered and its connection closed.
package final class CurlUpstream: Upstream {
    private let commands: CommandQueue
    private let counters: OriginCounters
    /// `nil` once joined or detached.
    private let thread: Mutex<pthread_t?>

    /// Starts the thread. Throws when the system is out of descriptors, memory or threads.
    package init(
        configuration: Configuration = Configuration(), logger: Logger = Logger(label: "strata.origin")
    ) throws(SetupError) {
        guard Self.libraryIsReady else { throw SetupError(description: "libcurl could not be initialised") }
        let commands = try CommandQueue()
        let counters = OriginCounters()
        let driver = try CurlDriver(
            configuration: configuration, commands: commands, counters: counters, logger: logger)
        self.commands = commands
        self.counters = counters
        self.thread = Mutex(try Self.start(driver))
    }

    deinit {
        // The last reference may be dropped on the thread itself, which can't join itself: let it end alone.
        let running = thread.withLock { $0.take() }
        guard let running else { return }
        commands.close()
        pthread_detach(running)
    }

    package func fetch(
        _ request: OriginRequest, on loop: any EngineLoop, handler: any OriginHandler
    ) -> any OriginTransfer {
        let transfer = CurlTransfer(request, loop: loop, handler: handler, commands: commands)
        if !commands.push(.start(transfer)) {
            loop.execute { transfer.deliver(.fail(OriginFailure(.internalError, "shutting down"))) }
        }
        return transfer
    }

    /// Ends every fetch with `.internalError`, waits for the thread and frees what it held. Any thread but a handler's
    /// own call; a second call does nothing. Fetches after it fail.
    package func shutdown() {
        let running = thread.withLock { $0.take() }
        guard let running else { return }
        commands.close()
        pthread_join(running, nil)
    }

    /// Any thread.
    package func statistics() -> OriginStatistics { counters.snapshot }

    /// libcurl's global state, made once a process before the first handle.
    private static let libraryIsReady = ccurl_global_init() == CURLE_OK

    private static func start(_ driver: CurlDriver) throws(SetupError) -> pthread_t {
        var thread = pthread_t()
        // The thread owns the driver: it takes over the reference that is retained here, or it never starts.
        let context = Unmanaged.passRetained(driver)
        let code = pthread_create(
            &thread, nil,
            { context in
                Unmanaged<CurlDriver>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw SetupError(description: "no thread for the origin side: error \(code)")
        }
        return thread
    }
}

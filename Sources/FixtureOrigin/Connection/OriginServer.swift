import Dispatch
import Glibc
import NIOCore
import NIOPosix

/// The listener: one byte-level handler a connection, as many loops as processors.
struct OriginServer {
    let pages: Router

    /// Listens, says so on stdout (`listening on HOST:PORT`), and returns after SIGTERM or SIGINT.
    func run(host: String, port: Int) throws {
        raiseFileLimit()
        signal(SIGPIPE, SIG_IGN)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let pages = self.pages
        let channel = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
            .childChannelInitializer { channel in
                pages.record.connectionAccepted()
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(pages: pages))
                }
            }
            .bind(host: host, port: port).wait()
        let sources = [SIGTERM, SIGINT].map { stop(channel, on: $0) }
        defer { for source in sources { source.cancel() } }
        print("listening on \(host.contains(":") ? "[\(host)]" : host):\(channel.localAddress?.port ?? port)")
        fflush(nil)
        try channel.closeFuture.wait()
        // Open connections end with the process: a test peer has nothing to drain.
        exit(0)
    }

    private func stop(_ channel: any Channel, on number: Int32) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { channel.close(promise: nil) }
        // Registered in its own time: a signal that comes before would be ignored for good.
        let registered = DispatchSemaphore(value: 0)
        source.setRegistrationHandler { registered.signal() }
        source.resume()
        registered.wait()
        return source
    }

    /// Thousands of connections want more than the usual soft limit of 1024 descriptors.
    private func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

package import NIOCore

/// An event loop of NIO as the engine sees it.
package final class NIOLoop: EngineLoop {
    package let index: Int
    package let eventLoop: any EventLoop

    package init(index: Int, eventLoop: any EventLoop) {
        self.index = index
        self.eventLoop = eventLoop
    }

    package var isCurrent: Bool { eventLoop.inEventLoop }

    package func execute(_ work: @escaping @Sendable () -> Void) { eventLoop.execute(work) }

    package func schedule(afterMilliseconds delay: Int64, _ work: @escaping @Sendable () -> Void) -> any LoopTimer {
        Timer(scheduled: eventLoop.scheduleTask(in: .milliseconds(delay), work))
    }

    private struct Timer: LoopTimer {
        let scheduled: Scheduled<Void>
        func cancel() { scheduled.cancel() }
    }
}

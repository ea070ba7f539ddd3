package import CacheModel
package import NIOCore
internal import NIOPosix

/// Real event loops for tests of what calls back on a loop.
package final class TestLoop: EngineLoop {
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

    /// Two loops that all tests of a process share; they live as long as it does.
    package static let shared: [TestLoop] = {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        return group.makeIterator().enumerated().map { TestLoop(index: $0.offset, eventLoop: $0.element) }
    }()
}

/// Waits for one callback: `await once(on: loop) { done in tier.read(key, on: loop, done) }`.
package func once<Value: Sendable>(
    on loop: any EngineLoop, _ start: @escaping @Sendable (@escaping @Sendable (Value) -> Void) -> Void
) async -> Value {
    await withCheckedContinuation { continuation in
        loop.execute { start { continuation.resume(returning: $0) } }
    }
}

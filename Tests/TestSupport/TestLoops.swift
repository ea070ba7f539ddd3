package import CacheModel
internal import NIOPosix

/// A real event loop, for tests of what calls back on one.
package typealias TestLoop = NIOLoop

extension NIOLoop {
    /// Two loops that all tests of a process share; they live as long as it does.
    package static let shared: [NIOLoop] = {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        return group.makeIterator().enumerated().map { NIOLoop(index: $0.offset, eventLoop: $0.element) }
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

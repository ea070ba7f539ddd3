import DiskTier
import Glibc
import Synchronization

/// The machine's files, with faults put in front of them.
final class FaultyDevice: WrappingDevice {
    enum Fault: Sendable {
        case error(Int32)
        /// So many bytes are written; the caller is told so.
        case short(Int)
    }

    private struct State {
        var write: (@Sendable (_ number: Int) -> Fault?) = { _ in nil }
        var read: (@Sendable (_ number: Int) -> Fault?) = { _ in nil }
        var writes = 0
        var reads = 0
    }

    let system = SystemDevice()
    private let state = Mutex(State())

    /// Asked before each write, with its number from 1.
    func onWrite(_ fault: @escaping @Sendable (Int) -> Fault?) {
        state.withLock { state in
            state.write = fault
            state.writes = 0
        }
    }

    func onRead(_ fault: @escaping @Sendable (Int) -> Fault?) {
        state.withLock { state in
            state.read = fault
            state.reads = 0
        }
    }

    /// Writes since `onWrite`.
    var writeCount: Int { state.withLock { $0.writes } }

    func heal() {
        onWrite { _ in nil }
        onRead { _ in nil }
    }

    func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        let (fault, number) = state.withLock { state in
            state.reads += 1
            return (state.read, state.reads)
        }
        switch fault(number) {
        case .error(let code): return -Int(code)
        case .short(let count):
            return system.read(descriptor, into: .init(rebasing: bytes[..<min(count, bytes.count)]), at: offset)
        case nil: return system.read(descriptor, into: bytes, at: offset)
        }
    }

    /// Nothing is in memory: faults are met by every read.
    func readCached(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        -Int(EAGAIN)
    }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        let (fault, number) = state.withLock { state in
            state.writes += 1
            return (state.write, state.writes)
        }
        switch fault(number) {
        case .error(let code): return -Int(code)
        case .short(let count):
            return system.write(descriptor, .init(rebasing: bytes[..<min(count, bytes.count)]), at: offset)
        case nil: return system.write(descriptor, bytes, at: offset)
        }
    }
}

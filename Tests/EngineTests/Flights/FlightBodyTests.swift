import CacheModel
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// A spool that keeps what it gets.
private final class KeptSpool: BodySpool {
    let kept = Mutex(ByteBuffer())
    var backlog: Int { 0 }
    var hasFailed: Bool { false }
    func append(_ bytes: ByteBuffer) { kept.withLock { _ = $0.writeImmutableBuffer(bytes) } }
    func whenDrained(on loop: any EngineLoop, _ done: @escaping @Sendable () -> Void) { loop.execute(done) }
    func read(
        from offset: Int, count: Int, on loop: any EngineLoop,
        _ done: @escaping @Sendable (Result<ByteBuffer, TierFailure>) -> Void
    ) {
        let piece = kept.withLock { kept in
            kept.getSlice(at: offset, length: min(count, kept.writerIndex - offset)) ?? ByteBuffer()
        }
        loop.execute { done(.success(piece)) }
    }
    func discard() {}
}

/// Reads a body to its end on its own loop, and stops between pieces when `isSlow`.
private final class Reader: @unchecked Sendable {
    // Safe because everything mutable is touched on `loop` only, until `finished` has been called there.
    private let body: FlightBody
    private let loop: TestLoop
    private let isSlow: Bool
    private let finished: @Sendable (Reader) -> Void
    private var id = 0
    private(set) var bytes: [UInt8] = []
    private(set) var failure: OriginFailure?

    init(_ body: FlightBody, loop: TestLoop, isSlow: Bool, _ finished: @escaping @Sendable (Reader) -> Void) {
        (self.body, self.loop, self.isSlow, self.finished) = (body, loop, isSlow, finished)
        id = body.join()!
    }

    func start() { loop.execute { self.pump() } }

    private func pump() {
        while true {
            let piece = body.read(id, from: bytes.count, waiter: FlightBody.Waiter(loop: loop) { self.pump() })
            switch piece {
            case .bytes(let got):
                bytes += Array(got.readableBytesView)
                if isSlow { return loop.execute { self.pump() } }
            case .spooled(let spool):
                return spool.read(from: bytes.count, count: 100_000, on: loop) { result in
                    if case .success(let got) = result { self.bytes += Array(got.readableBytesView) }
                    self.pump()
                }
            case .wait: return
            case .end: return end()
            case .failed(let failure):
                self.failure = failure
                return end()
            }
        }
    }

    private func end() {
        body.removeReader(id)
        finished(self)
    }
}

@Suite("The body of a flight")
struct FlightBodyTests {
    private let loop = TestLoop.shared[0]

    private func nothing() -> FlightBody.Waiter { FlightBody.Waiter(loop: loop) {} }

    private func piece(_ count: Int, _ byte: UInt8 = 0x61) -> ByteBuffer { ByteBuffer(repeating: byte, count: count) }

    private final class Count: Sendable {
        let value = Atomic(0)
        func add() { value.add(1, ordering: .relaxed) }
        var now: Int { value.load(ordering: .relaxed) }
    }

    @Test("kept whole, a late reader gets it all, and then the end")
    func retained() {
        let body = FlightBody()
        #expect(!body.append(piece(3)) && !body.append(piece(1 << 20)))
        body.end()
        let reader = body.join()!
        guard case .bytes(let first) = body.read(reader, from: 0, waiter: nothing()), first.readableBytes == 3,
            case .bytes(let rest) = body.read(reader, from: 1, waiter: nothing()), rest.readableBytes == 2,
            case .bytes(let next) = body.read(reader, from: 3, waiter: nothing()), next.readableBytes == 1 << 20,
            case .end = body.read(reader, from: 3 + 1 << 20, waiter: nothing())
        else {
            // `+` binds looser than `<<` in Swift, so the last offset is 3 + 1 MB.
            Issue.record("pieces in order, then the end")
            return
        }
        #expect(body.total == 3 + 1 << 20)
    }

    @Test("passing on: what all have taken is dropped, the writer pauses above the window and goes on below half of it")
    func passing() async {
        let body = FlightBody()
        let drained = Count()
        body.pass(on: loop) { drained.add() }
        let fast = body.join()!
        let slow = body.join()!
        #expect(!body.append(piece(FlightBody.window)))
        #expect(body.append(piece(100)))
        var at = 0
        while case .bytes(let got) = body.read(fast, from: at, waiter: nothing()) { at += got.readableBytes }
        await on(loop) {}
        #expect(drained.now == 0, "the slow one holds it")
        _ = body.read(slow, from: FlightBody.window, waiter: nothing())
        await on(loop) {}
        #expect(drained.now == 1)
        #expect(body.allBytes().reduce(0) { $0 + $1.readableBytes } == 100)
    }

    @Test("bytes that arrive after the pause don't make it forgotten: the writer is always told to go on")
    func pauseHolds() async {
        let body = FlightBody()
        let drained = Count()
        body.pass(on: loop) { drained.add() }
        let reader = body.join()!
        for _ in 0..<5 { _ = body.append(piece(64 << 10)) }
        // Two pieces are taken: below the window, above half of it.
        _ = body.read(reader, from: 128 << 10, waiter: nothing())
        _ = body.append(piece(10))
        var at = 128 << 10
        while case .bytes(let got) = body.read(reader, from: at, waiter: nothing()) { at += got.readableBytes }
        await on(loop) {}
        #expect(drained.now == 1)
    }

    @Test("the slowest reader leaving, and the last one, lets the writer go on")
    func removal() async {
        let body = FlightBody()
        let drained = Count()
        body.pass(on: loop) { drained.add() }
        let fast = body.join()!
        let slow = body.join()!
        #expect(body.append(piece(FlightBody.window + 1)))
        _ = body.read(fast, from: FlightBody.window + 1, waiter: nothing())
        #expect(!body.isAbandoned)
        body.removeReader(slow)
        await on(loop) {}
        #expect(drained.now == 1 && !body.isAbandoned)
        body.removeReader(fast)
        await on(loop) {}
        #expect(drained.now == 2 && body.isAbandoned)
    }

    @Test("whoever comes when the beginning is gone is told before a head goes out, with a spool it is not gone")
    func late() {
        let body = FlightBody()
        let first = body.join()!
        _ = body.append(piece(100))
        body.pass(on: loop) {}
        // Nobody has taken it yet.
        #expect(body.join() != nil)
        let other = FlightBody()
        let reader = other.join()!
        _ = other.append(piece(100))
        other.pass(on: loop) {}
        _ = other.read(reader, from: 100, waiter: nothing())
        #expect(other.join() == nil)
        body.removeReader(first)
    }

    @Test("spooled, memory holds the tail alone, and who is behind reads the file")
    func spooled() {
        let body = FlightBody()
        let spool = KeptSpool()
        let reader = body.join()!
        for _ in 0..<4 { _ = body.append(piece(FlightBody.tail / 2)) }
        for chunk in body.allBytes() { spool.append(chunk) }
        body.spool(into: spool)
        for _ in 0..<20 {
            spool.append(piece(FlightBody.tail / 2))
            #expect(!body.append(piece(FlightBody.tail / 2)))
            #expect(body.allBytes().reduce(0) { $0 + $1.readableBytes } <= FlightBody.tail * 3 / 2)
        }
        guard case .spooled(let found) = body.read(reader, from: 0, waiter: nothing()) else {
            Issue.record("it is in the file alone")
            return
        }
        #expect(found === spool)
        guard case .bytes = body.read(reader, from: body.total - 1, waiter: nothing()) else {
            Issue.record("the tail is in memory")
            return
        }
    }

    @Test("a failure reaches all: who waits, who is behind, who comes later")
    func failure() async {
        let body = FlightBody()
        let woken = Count()
        let waiting = body.join()!
        let behind = body.join()!
        _ = body.append(piece(5))
        guard case .wait = body.read(waiting, from: 5, waiter: .init(loop: loop) { woken.add() }) else {
            Issue.record("there is nothing to read")
            return
        }
        let why = OriginFailure(.truncatedBody, "cut")
        body.fail(why)
        await on(loop) {}
        #expect(woken.now == 1)
        for (reader, offset) in [(waiting, 5), (behind, 5), (body.join()!, 5)] {
            guard case .failed(let told) = body.read(reader, from: offset, waiter: nothing()) else {
                Issue.record("it failed")
                continue
            }
            #expect(told == why)
        }
        guard case .bytes = body.read(behind, from: 0, waiter: nothing()) else {
            Issue.record("what came before the failure is still there")
            return
        }
    }

    private enum Way: CaseIterable { case retained, spooled, passing }

    @Test("writer and readers on different loops: no wake-up is lost, no byte is wrong", arguments: 0..<30)
    func hammer(seed: Int) async {
        let way = Way.allCases[seed % 3]
        var random = SplitMix(state: UInt64(seed))
        let body = FlightBody()
        let spool = KeptSpool()
        let pieces = (0..<400).map { _ in
            ByteBuffer(
                repeating: UInt8.random(in: 0...255, using: &random), count: .random(in: 1...9_000, using: &random))
        }
        let expected = pieces.flatMap { Array($0.readableBytesView) }
        let fails = seed % 5 == 0
        let writer = Writer(
            body, loop: TestLoop.shared[1], pieces: pieces, spool: way == .spooled ? spool : nil, fails: fails)
        if way == .passing { body.pass(on: TestLoop.shared[1]) { writer.resume() } }
        if way == .spooled { body.spool(into: spool) }
        let readers = await withTaskGroup(of: Reader.self) { group in
            for number in 0..<5 {
                let loop = TestLoop.shared[number % 2]
                // All are registered before the first byte is written.
                let (stream, finished) = AsyncStream.makeStream(of: Reader.self)
                let reader = Reader(body, loop: loop, isSlow: number > 2) {
                    finished.yield($0)
                    finished.finish()
                }
                group.addTask {
                    reader.start()
                    for await done in stream { return done }
                    return reader
                }
            }
            writer.resume()
            var all: [Reader] = []
            for await reader in group { all.append(reader) }
            return all
        }
        for reader in readers {
            #expect(reader.bytes == expected)
            #expect((reader.failure != nil) == fails)
        }
        if way == .passing { #expect(writer.most.load(ordering: .relaxed) <= FlightBody.window + 2 * 9_000) }
    }

    /// Writes a piece a turn of its loop, and stops while it is told to pause.
    private final class Writer: @unchecked Sendable {
        // Safe because `next` is touched on `loop` only.
        private let body: FlightBody
        private let loop: TestLoop
        private let pieces: [ByteBuffer]
        private let spool: KeptSpool?
        private let fails: Bool
        private var next = 0
        let most = Atomic(0)

        init(_ body: FlightBody, loop: TestLoop, pieces: [ByteBuffer], spool: KeptSpool?, fails: Bool) {
            (self.body, self.loop, self.pieces, self.spool, self.fails) = (body, loop, pieces, spool, fails)
        }

        func resume() { loop.execute { self.write() } }

        private func write() {
            guard next < pieces.count else { return }
            spool?.append(pieces[next])
            let pauses = body.append(pieces[next])
            most.max(body.allBytes().reduce(0) { $0 + $1.readableBytes }, ordering: .relaxed)
            next += 1
            if next == pieces.count {
                if fails { body.fail(OriginFailure(.truncatedBody, "cut")) } else { body.end() }
            } else if !pauses {
                resume()
            }
        }
    }
}

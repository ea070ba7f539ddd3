import CacheModel
import HTTPCaching
import HTTPMessage
import Invalidation
import Logging
import MemoryTier
import NIOCore
import Synchronization
import TestSupport

@testable import Engine

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Runs work on a loop and waits for it.
func on<Value: Sendable>(_ loop: TestLoop, _ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        loop.execute { continuation.resume(returning: work()) }
    }
}

/// Waits until what was handed from loop to loop so far has arrived.
func settle() async {
    for _ in 0..<4 { for loop in TestLoop.shared { await on(loop) {} } }
}

/// The log without a file: what is appended is applied at once.
final class TableLog: InvalidationLog {
    let table = InvalidationTable(epoch: 77)
    private let turn = Mutex(())

    func append(
        mode: InvalidationMode, cause: InvalidationCause, selectors: [Selector], wait: Int64,
        _ done: @escaping @Sendable (Result<LogReceipt, LogFailure>) -> Void
    ) {
        let position = turn.withLock { _ in
            table.apply(
                InvalidationRecord(
                    n: table.head + 1, nonce: 0, mode: mode, cause: cause, selectors: selectors, acceptedAt: 0))
            return table.position
        }
        done(.success(.alone(position)))
    }

    var status: LogStatus { LogStatus(home: "test") }

    func close(_ done: @escaping @Sendable () -> Void) { done() }
}

final class NoSpools: BodySpoolFactory {
    func makeSpool(expectedLength: Int?) -> (any BodySpool)? { nil }
}

/// An origin whose every step the test takes.
final class ScriptedUpstream: Upstream {
    let transfers = Mutex<[ScriptedTransfer]>([])
    /// What the origin decides when a request reaches it.
    let decide: @Sendable (OriginRequest) -> ScriptedTransfer.Script

    init(_ decide: @escaping @Sendable (OriginRequest) -> ScriptedTransfer.Script) { self.decide = decide }

    func fetch(_ request: OriginRequest, on loop: any EngineLoop, handler: any OriginHandler) -> any OriginTransfer {
        let transfer = ScriptedTransfer(request, loop: loop, handler: handler, script: decide(request))
        transfers.withLock { $0.append(transfer) }
        return transfer
    }

    var open: [ScriptedTransfer] { transfers.withLock { $0.filter { $0.isOpen } } }
    var count: Int { transfers.withLock { $0.count } }
}

final class ScriptedTransfer: OriginTransfer {
    struct Script: Sendable {
        var status = 200
        var fields: [(String, String)]
        var body: String
        /// Bytes that the head announces and that don't come.
        var missing = 0
    }

    private enum Stage { case requested, head, body, over }

    let request: OriginRequest
    let script: Script
    private let loop: any EngineLoop
    private let handler: any OriginHandler
    private let stage = Mutex(Stage.requested)
    let pauses = Atomic(0)
    let resumes = Atomic(0)
    let wasCancelled = Atomic(false)
    /// Pieces of the request's body, and its end.
    let told = Atomic(0)

    init(_ request: OriginRequest, loop: any EngineLoop, handler: any OriginHandler, script: Script) {
        (self.request, self.loop, self.handler, self.script) = (request, loop, handler, script)
    }

    var isOpen: Bool { stage.withLock { $0 != .over } }
    func pause() { pauses.add(1, ordering: .relaxed) }
    func resume() { resumes.add(1, ordering: .relaxed) }
    func send(_ bytes: ByteBuffer) { told.add(1, ordering: .relaxed) }
    func finishBody() { told.add(1, ordering: .relaxed) }
    func cancel() {
        wasCancelled.store(true, ordering: .relaxed)
        stage.withLock { $0 = .over }
    }

    /// The next event of an answer that goes well: head, body, end.
    func advance() async { await run { $0.step() } }

    func fail() async {
        await run {
            let wasOpen = $0.stage.withLock { stage in
                defer { stage = .over }
                return stage != .over
            }
            if wasOpen { $0.handler.didFail(OriginFailure(.truncatedBody, "as the test wishes")) }
        }
    }

    func finish() async { while isOpen { await advance() } }

    private func run(_ work: @escaping @Sendable (ScriptedTransfer) -> Void) async {
        await withCheckedContinuation { continuation in
            loop.execute {
                work(self)
                continuation.resume()
            }
        }
    }

    private func step() {
        let now = stage.withLock { stage -> Stage in
            defer {
                switch stage {
                case .requested: stage = .head
                case .head: stage = script.body.isEmpty ? .over : .body
                case .body, .over: stage = .over
                }
            }
            return stage
        }
        switch now {
        case .requested:
            handler.didReceiveHead(
                OriginHead(
                    status: script.status, reason: [], fields: FieldBlock(script.fields),
                    framing: script.status == 304 ? .none : .length(Int64(script.body.utf8.count + script.missing))))
        case .head where !script.body.isEmpty: handler.didReceiveBody(ByteBuffer(string: script.body))
        case .head, .body: handler.didFinish()
        case .over: break
        }
    }
}

/// Records what one client gets.
final class RecordingClient: ClientStream {
    struct Seen: Sendable {
        var heads: [AnswerHead] = []
        var body = ""
        var ends = 0
        var aborted = false
        var callsAfterEnd = 0
    }

    let seen = Mutex(Seen())
    /// Runs as the answer ends.
    let onEnd = Mutex<@Sendable () -> Void>({})
    private func note(_ change: (inout Seen) -> Void) {
        seen.withLock { seen in
            if seen.ends > 0 { seen.callsAfterEnd += 1 }
            change(&seen)
        }
    }

    func sendInterim(status: Int, fields: FieldBlock) {}
    func sendHead(_ head: AnswerHead) { note { $0.heads.append(head) } }
    func sendBody(_ bytes: ByteBuffer) -> Bool {
        note { $0.body += String(buffer: bytes) }
        return true
    }
    func flush() {}
    func finish() {
        note { $0.ends += 1 }
        onEnd.withLock { $0 }()
    }
    func abort() {
        note {
            $0.ends += 1
            $0.aborted = true
        }
        onEnd.withLock { $0 }()
    }
    func wantBody() {}
    func pauseBody() {}
    func resumeBody() {}
}

/// A real engine over a memory tier, with a scripted origin.
final class Bench: Sendable {
    let engine: Engine
    let upstream: ScriptedUpstream
    let log = TableLog()
    let memory = MemoryTier(.init(capacity: 32 << 20, maxObject: 1 << 20))
    private let clock: Ticks

    private final class Ticks: Sendable { let seconds = Atomic<Int64>(1_000_000) }

    init(
        caching: CachingPolicy = CachingPolicy(staleIfError: 0),
        _ decide: @escaping @Sendable (OriginRequest) -> ScriptedTransfer.Script
    ) {
        let clock = Ticks()
        self.clock = clock
        upstream = ScriptedUpstream(decide)
        var table = SiteTable()
        _ = table.insert("*", site: 0)
        let site = SitePolicy(server: OriginServer(scheme: .http, host: "origin", port: 80), caching: caching)
        engine = Engine(
            components: .init(
                memory: memory, slower: [], spools: NoSpools(), spoolingTier: nil, upstream: upstream, log: log),
            policy: .init(sites: [site], siteTable: table),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { Timestamp(seconds: clock.seconds.load(ordering: .relaxed)) })
    }

    func pass(seconds: Int64) { clock.seconds.add(seconds, ordering: .relaxed) }

    func purge(_ mode: InvalidationMode, _ selector: Selector) {
        log.append(mode: mode, selectors: [selector]) { _ in }
    }

    static func url(_ path: String) -> Selector { .url(host: bytes("h"), target: bytes(path)) }

    func flightRequest(_ path: String, fields: FieldBlock = FieldBlock()) -> FlightRequest {
        let key = CacheKey(scheme: "http".utf8, host: "h".utf8, path: path.utf8, query: nil as [UInt8]?)
        return FlightRequest(
            key: key, hash: key.bytes.withUnsafeBytes { memory.hash($0) }, method: .get, methodBytes: bytes("GET"),
            target: bytes(path), fields: fields,
            forwarding: ForwardingContext(
                clientAddress: bytes("127.0.0.1"), scheme: bytes("http"), host: bytes("h"), isTrusted: false,
                originHost: bytes("h"), requestID: [], pseudonym: engine.pseudonym),
            site: 0, caching: engine.policy.sites[0].caching)
    }

    struct Asked: Sendable {
        let client: RecordingClient
        let task: ProxyRequest
        let loop: TestLoop

        var seen: RecordingClient.Seen { client.seen.withLock { $0 } }
        func leave() async { await on(loop) { task.clientGone() } }
    }

    /// Begins a request; when it returns, its arrival is settled and a flight is joined or begun.
    func ask(_ path: String, on loop: TestLoop = TestLoop.shared[0], fields: FieldBlock = FieldBlock()) async -> Asked {
        let client = RecordingClient()
        let task = await on(loop) {
            let task = ProxyRequest(
                self.flightRequest(path, fields: fields), isHead: false, plan: .lookUp, engine: self.engine, loop: loop,
                client: client)
            task.begin()
            // As the listener says of every request.
            task.clientBodyEnded()
            return task
        }
        return Asked(client: client, task: task, loop: loop)
    }

    /// Lets the origin finish all that it was asked, and all that follows from it.
    func finishAll() async {
        for _ in 0..<200 {
            await settle()
            let open = upstream.open
            if open.isEmpty { return }
            for transfer in open { await transfer.finish() }
        }
    }
}

import CacheModel
import HTTPMessage
import NIOCore
import Synchronization
import TestSupport
import Testing

/// Keeps what a fetch brought, and lets a test wait for a state of it.
final class RecordingHandler: OriginHandler {
    struct Record: Sendable {
        var interims: [(status: Int, fields: FieldBlock)] = []
        var heads: [OriginHead] = []
        var body: [UInt8] = []
        var bodyBytes = 0
        var largestPiece = 0
        var failure: OriginFailure?
        var finishes = 0
        var sendMore = 0
        /// Every event in order, by name.
        var order: [String] = []

        var isOver: Bool { finishes > 0 || failure != nil }
        var text: String { String(decoding: body, as: UTF8.self) }
        var status: Int? { heads.first?.status }
        var kind: OriginFailure.Kind? { failure?.kind }
    }

    private struct Waiter {
        let id: Int
        let isMet: @Sendable (Record) -> Bool
        let continuation: CheckedContinuation<Record, Never>
    }

    private struct State {
        var record = Record()
        var waiters: [Waiter] = []
        var nextID = 0
    }

    private let state = Mutex(State())
    private let loop: TestLoop
    private let keepsBody: Bool

    init(on loop: TestLoop, keepsBody: Bool = true) {
        self.loop = loop
        self.keepsBody = keepsBody
    }

    var record: Record { state.withLock { $0.record } }

    func didReceiveInterim(status: Int, fields: FieldBlock) {
        change("interim") { $0.interims.append((status, fields)) }
    }

    func didReceiveHead(_ head: OriginHead) { change("head") { $0.heads.append(head) } }

    func didReceiveBody(_ bytes: ByteBuffer) {
        change("body") {
            $0.bodyBytes += bytes.readableBytes
            $0.largestPiece = max($0.largestPiece, bytes.readableBytes)
            if keepsBody { $0.body.append(contentsOf: bytes.readableBytesView) }
        }
    }

    func didFinish() { change("finish") { $0.finishes += 1 } }

    func didFail(_ failure: OriginFailure) { change("fail") { $0.failure = failure } }

    func canSendMore() { change("more") { $0.sendMore += 1 } }

    private func change(_ name: String, _ edit: (inout Record) -> Void) {
        precondition(loop.isCurrent, "an event came on another thread")
        let met = state.withLock { state in
            edit(&state.record)
            if state.record.order.last != name || name != "body" { state.record.order.append(name) }
            let record = state.record
            let met = state.waiters.filter { $0.isMet(record) }
            state.waiters.removeAll { $0.isMet(record) }
            return met.map { ($0.continuation, record) }
        }
        for (continuation, record) in met { continuation.resume(returning: record) }
    }

    /// The record as soon as it is so; an issue, and the record as it stands, after `seconds`.
    func until(
        seconds: Int64 = 20, _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ isMet: @escaping @Sendable (Record) -> Bool
    ) async -> Record {
        await withCheckedContinuation { continuation in
            let id: Int? = state.withLock { state in
                if isMet(state.record) { return nil }
                state.nextID += 1
                state.waiters.append(Waiter(id: state.nextID, isMet: isMet, continuation: continuation))
                return state.nextID
            }
            guard let id else {
                continuation.resume(returning: record)
                return
            }
            _ = loop.schedule(afterMilliseconds: seconds * 1000) { [self] in
                let late = state.withLock { state in
                    let waiter = state.waiters.first { $0.id == id }
                    state.waiters.removeAll { $0.id == id }
                    return waiter.map { ($0.continuation, state.record) }
                }
                guard let (continuation, record) = late else { return }
                Issue.record("waited \(seconds) s for \(what): \(record.order)", sourceLocation: sourceLocation)
                continuation.resume(returning: record)
            }
        }
    }

    func end(sourceLocation: SourceLocation = #_sourceLocation) async -> Record {
        await until("the end", sourceLocation: sourceLocation) { $0.isOver }
    }
}

import CacheModel
import HTTPMessage
import NIOCore
import Synchronization

/// What the curl thread tells a transfer's handler.
enum TransferEvent: Sendable {
    case interim(status: Int, fields: FieldBlock)
    case head(OriginHead)
    case answer(OriginHead, beginning: ByteBuffer)
    case body(ByteBuffer)
    case finish
    case fail(OriginFailure)
    case canSendMore
    /// Nothing follows; lets go of the handler.
    case release
}

/// The loop's end of a fetch.
///
/// `@unchecked Sendable`, safe because the constants are Sendable, `handler` is touched on `loop` only (after `init`, which
/// ends before the transfer is published through a lock), `slot` by the curl thread only.
final class CurlTransfer: OriginTransfer, @unchecked Sendable {
    let request: OriginRequest
    let loop: any EngineLoop
    private let commands: CommandQueue
    private var handler: (any OriginHandler)?
    /// Where the curl thread keeps this fetch while it is under way.
    var slot: TransferSlot?

    private let cancelled = Atomic(false)
    /// Body bytes on their way to the loop.
    private let undelivered = Atomic(0)

    /// Above `undeliveredHigh` the curl thread reads no more of this fetch, until the loop is below `undeliveredLow`:
    /// a busy loop bounds what waits for it, whatever the handler says.
    static let undeliveredHigh = 512 << 10
    static let undeliveredLow = 256 << 10

    init(_ request: OriginRequest, loop: any EngineLoop, handler: any OriginHandler, commands: CommandQueue) {
        self.request = request
        self.loop = loop
        self.handler = handler
        self.commands = commands
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Counts bytes on their way; true when the curl thread has to hold back. The curl thread.
    func willDeliver(_ count: Int) -> Bool {
        undelivered.add(count, ordering: .acquiringAndReleasing).newValue > Self.undeliveredHigh
    }

    /// Whether the loop is that far behind. The curl thread.
    var isBehind: Bool { undelivered.load(ordering: .acquiring) > Self.undeliveredLow }

    // MARK: On the loop

    func deliver(_ event: TransferEvent) {
        guard let handler, !isCancelled else {
            self.handler = nil
            return
        }
        switch event {
        case .interim(let status, let fields): handler.didReceiveInterim(status: status, fields: fields)
        case .head(let head): handler.didReceiveHead(head)
        case .answer(let head, let beginning):
            handler.didReceiveHead(head, beginning: beginning)
            delivered(beginning.readableBytes)
        case .body(let bytes):
            handler.didReceiveBody(bytes)
            delivered(bytes.readableBytes)
        case .finish:
            self.handler = nil
            handler.didFinish()
        case .fail(let failure):
            self.handler = nil
            handler.didFail(failure)
        case .canSendMore: handler.canSendMore()
        case .release: self.handler = nil
        }
    }

    private func delivered(_ count: Int) {
        let (old, new) = undelivered.subtract(count, ordering: .acquiringAndReleasing)
        if old > Self.undeliveredLow, new <= Self.undeliveredLow { commands.push(.drained(self)) }
    }

    // MARK: Any thread

    func pause() { commands.push(.pause(self)) }

    func resume() { commands.push(.resume(self)) }

    func cancel() {
        guard !cancelled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        if loop.isCurrent {
            handler = nil
        } else {
            loop.execute { self.deliver(.release) }
        }
        commands.push(.cancel(self))
    }

    func send(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        commands.push(.send(self, bytes))
    }

    func finishBody() { commands.push(.finishBody(self)) }
}

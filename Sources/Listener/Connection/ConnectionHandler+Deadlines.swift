internal import HTTPMessage
internal import NIOCore

/// When a client has had its time.
extension ConnectionHandler {
    func expect(within milliseconds: Int64) {
        deadline = Clocks.monotonicMicroseconds() + milliseconds * 1000
        deadlineIsIdle = false
    }

    func expectBody() { expect(within: shared.configuration.bodyTimeout) }

    /// Called every so often.
    func checkDeadline(now: Int64) {
        guard context != nil else { return }
        checkProgress(now: now)
        guard deadline != 0, now >= deadline else { return }
        switch phase {
        case .head:
            // While it still takes the last answer, the client need not have sent the next request. A slow head is told;
            // an idle connection is closed without a word.
            if unwrittenBytes > 0 {
                expect(within: shared.configuration.idleTimeout)
                deadlineIsIdle = true
            } else if parser.isWithinHead || inbound.readableBytes > 0 {
                refuse(.timeout)
            } else {
                closeNow()
            }
        case .exchange(let exchange):
            if exchange.bodyIsPaused {
                expectBody()
            } else if bodyDecoder != nil, exchange.wantsBody {
                exchange.requestBroken(.timeout)
            }
        case .draining: finishConnection()
        case .lingering: closeNow()
        case .closed: break
        }
    }

    /// What the client has not taken yet, beyond the kernel's buffer.
    var unwrittenBytes: Int { (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    /// Closes a connection whose client takes nothing for `write` timeout while bytes wait for it.
    private func checkProgress(now: Int64) {
        let waiting = unwrittenBytes
        guard waiting > 0 else {
            stalledSince = 0
            return
        }
        if stalledSince == 0 || waiting != waitingBytes {
            stalledSince = now
            waitingBytes = waiting
        } else if now - stalledSince > shared.configuration.writeTimeout * 1000 {
            closeNow()
        }
    }
}

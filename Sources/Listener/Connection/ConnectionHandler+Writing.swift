internal import Glibc
internal import NIOCore

extension ConnectionHandler {
    func flush() {
        guard let context else { return }
        guard out.readableBytes > 0 else {
            if hasUnflushedBody { context.flush() }
            hasUnflushedBody = false
            return
        }
        hasUnflushedBody = false
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
        // NIO has let go of the buffer if the socket took all of it: then this reuses its memory.
        if out.capacity > 256 << 10 { out = ByteBuffer() } else { out.clear() }
    }

    /// Writes a body piece behind what is in `out`, without copying it.
    func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        if out.readableBytes > 0 {
            context.write(wrapOutboundOut(out), promise: nil)
            out.clear()
        }
        context.write(wrapOutboundOut(bytes), promise: nil)
        hasUnflushedBody = true
    }

    /// Makes the coming close a reset.
    func resetOnClose() {
        guard let socket = context?.channel as? any SocketOptionProvider else { return }
        // On the channel's loop it takes effect before it returns.
        _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }
}

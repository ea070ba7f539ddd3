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
        // Out of `out` before it goes: a socket that takes it all may say that it is writable before the call returns,
        // and what is written then must not find this again.
        var bytes = ByteBuffer()
        swap(&bytes, &out)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        // NIO has let go of the buffer if the socket took all of it: then this reuses its memory.
        guard out.readableBytes == 0, bytes.capacity <= 256 << 10 else { return }
        bytes.clear()
        out = bytes
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

internal import Glibc
@_spi(CustomByteBufferAllocator) package import NIOCore

extension ByteBuffer {
    /// A buffer of exactly `count` bytes of storage. NIO's own allocator rounds up to a power of two, which a cache
    /// would pay for every entry (design.md section 2). `fill` writes all of it.
    package static func exact(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) -> ByteBuffer {
        guard count > 0 else { return ByteBuffer() }
        // NIO's default allocator frees with free(3), the counterpart of malloc(3).
        let memory = UnsafeMutableRawBufferPointer(start: malloc(count)!, count: count)
        fill(memory)
        return ByteBuffer(takingOwnershipOf: memory, allocator: ByteBufferAllocator())
    }

    /// The readable bytes of all, in order, in one exact-size buffer.
    package static func exact(_ chunks: [ByteBuffer]) -> ByteBuffer {
        let count = chunks.reduce(0) { $0 + $1.readableBytes }
        return exact(count: count) { memory in
            var at = 0
            for chunk in chunks {
                chunk.withUnsafeReadableBytes { bytes in
                    guard let from = bytes.baseAddress else { return }
                    (memory.baseAddress! + at).copyMemory(from: from, byteCount: bytes.count)
                    at += bytes.count
                }
            }
        }
    }
}

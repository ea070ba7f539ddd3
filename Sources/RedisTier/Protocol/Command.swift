internal import CHiredis
@_spi(CustomByteBufferAllocator) package import NIOCore

/// A command in the server's protocol, formatted by hiredis.
package struct Command: Sendable {
    package let bytes: ByteBuffer

    /// - Parameter bytes: a whole command in the protocol.
    init(bytes: ByteBuffer) { self.bytes = bytes }

    /// From the command's name and arguments, any bytes; in all below 2 GB, which the configuration's bounds see to.
    package init(_ arguments: [ByteBuffer]) {
        var pointers: [UnsafePointer<CChar>?] = []
        var lengths: [Int] = []
        bytes = Self.withPointers(arguments[...], &pointers, &lengths) { pointers, lengths in
            var formatted: UnsafeMutablePointer<CChar>?
            let count = redisFormatCommandArgv(&formatted, Int32(pointers.count), &pointers, lengths)
            guard count > 0, let formatted else { preconditionFailure("no memory for a Redis command") }
            // Safe because hiredis allocated it with malloc(3) and NIO's default allocator frees with free(3); nobody
            // else has the pointer.
            return ByteBuffer(
                takingOwnershipOf: UnsafeMutableRawBufferPointer(start: formatted, count: Int(count)),
                allocator: ByteBufferAllocator())
        }
    }

    package init(_ arguments: String...) { self.init(arguments.map { ByteBuffer(string: $0) }) }

    /// All arguments' addresses at once, by recursion: each is valid inside of its own closure.
    private static func withPointers(
        _ arguments: ArraySlice<ByteBuffer>, _ pointers: inout [UnsafePointer<CChar>?], _ lengths: inout [Int],
        _ body: (inout [UnsafePointer<CChar>?], [Int]) -> ByteBuffer
    ) -> ByteBuffer {
        guard let first = arguments.first else { return body(&pointers, lengths) }
        return first.withUnsafeReadableBytes { bytes in
            pointers.append(bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
            lengths.append(bytes.count)
            return withPointers(arguments.dropFirst(), &pointers, &lengths, body)
        }
    }
}

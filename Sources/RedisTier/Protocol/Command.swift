internal import CHiredis
@_spi(CustomByteBufferAllocator) package import NIOCore

/// A command in the server's protocol, formatted by hiredis.
package struct Command: Sendable {
    package let bytes: ByteBuffer

    /// - Parameter bytes: a whole command in the protocol.
    init(bytes: ByteBuffer) { self.bytes = bytes }

    /// From the command's name and arguments, any bytes; in all below 2 GB, which the configuration's bounds see to.
    package init(_ arguments: [ByteBuffer]) {
        // One frame of the stack an argument is too much for a purge of thousands of tags.
        guard arguments.count <= 64 else {
            bytes = Self.many(arguments)
            return
        }
        var pointers: [UnsafePointer<CChar>?] = []
        var lengths: [Int] = []
        bytes = Self.withPointers(arguments[...], &pointers, &lengths) { Self.format(&$0, $1) }
    }

    /// Copied together first: one buffer holds still for all of them.
    private static func many(_ arguments: [ByteBuffer]) -> ByteBuffer {
        var whole = ByteBuffer()
        whole.reserveCapacity(arguments.reduce(0) { $0 + $1.readableBytes })
        for argument in arguments { whole.writeImmutableBuffer(argument) }
        return whole.withUnsafeReadableBytes { raw in
            var pointers: [UnsafePointer<CChar>?] = []
            var at = 0
            for argument in arguments {
                pointers.append(raw.baseAddress.map { ($0 + at).assumingMemoryBound(to: CChar.self) })
                at += argument.readableBytes
            }
            return format(&pointers, arguments.map(\.readableBytes))
        }
    }

    private static func format(_ pointers: inout [UnsafePointer<CChar>?], _ lengths: [Int]) -> ByteBuffer {
        var formatted: UnsafeMutablePointer<CChar>?
        let count = redisFormatCommandArgv(&formatted, Int32(pointers.count), &pointers, lengths)
        guard count > 0, let formatted else { preconditionFailure("no memory for a Redis command") }
        // Safe because hiredis allocated it with malloc(3) and NIO's default allocator frees with free(3); nobody else
        // has the pointer.
        return ByteBuffer(
            takingOwnershipOf: UnsafeMutableRawBufferPointer(start: formatted, count: Int(count)),
            allocator: ByteBufferAllocator())
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

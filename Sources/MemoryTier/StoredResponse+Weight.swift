import CacheModel
import NIOCore

extension StoredResponse {
    /// Bytes of memory that the entry takes from the allocator, as glibc's malloc rounds them: its one block, and a body
    /// of its own. A body that shares its storage with others counts with all of that storage; one in a file counts
    /// nothing.
    package var weight: Int {
        var weight = Allocator.block(block.allocated)
        if case .chunk(let bytes) = body {
            weight += Self.bufferObjectBlock + Allocator.block(bytes.storageCapacity)
        }
        return weight
    }

    /// The object that owns a `ByteBuffer`'s storage.
    private static let bufferObjectBlock = Allocator.block(16 + 8 + 8 + MemoryLayout<ByteBufferAllocator>.stride)

    /// Body bytes that the entry keeps in memory.
    var bodyInMemory: Int {
        if case .external = body { return 0 }
        return bodyLength
    }
}

/// What glibc's malloc takes for a request (malloc/malloc.c: `request2size`, `sysmalloc_mmap`).
enum Allocator {
    static func block(_ bytes: Int) -> Int {
        // A large block is a mapping of whole pages. The limit moves up when such a block is freed, and then the
        // rounding is finer: this counts too much rather than too little.
        if bytes >= 128 << 10 { return (bytes + 16 + 4095) & ~4095 }
        return max(32, (bytes + 8 + 15) & ~15)
    }
}

import Eviction
import Glibc

/// The shards, side by side in one allocation, each with its lock at its front and at a distance that keeps any two of
/// them off one another's cache lines (two lines: processors fetch them in pairs).
final class ShardArray: @unchecked Sendable {
    // Safe because the memory is written in `init`, a shard is touched between lock and unlock of its mutex only, and
    // `deinit` runs when no other reference is left.

    let count: Int
    private let memory: UnsafeMutableRawPointer
    /// The highest bits of a hash choose the shard; the index in it uses the lowest.
    private let shift: UInt64

    private static let line = 128
    private static let shardOffset = 64
    private static var distance: Int { (shardOffset + MemoryLayout<Shard>.stride + line - 1) / line * line }

    init(count: Int, make: () -> Shard) {
        precondition(count > 0 && count & (count - 1) == 0, "shards are a power of two")
        precondition(MemoryLayout<pthread_mutex_t>.size <= Self.shardOffset, "a mutex fits before its shard")
        self.count = count
        shift = UInt64(64 - count.trailingZeroBitCount)
        memory = .allocate(byteCount: count * Self.distance, alignment: Self.line)
        for number in 0..<count {
            ShardLock.make(at: mutex(number))
            shard(number).initialize(to: make())
        }
    }

    deinit {
        for number in 0..<count {
            shard(number).pointee.takeAll().release()
            shard(number).deinitialize(count: 1)
            ShardLock.destroy(mutex(number))
        }
        memory.deallocate()
    }

    private func mutex(_ number: Int) -> UnsafeMutablePointer<pthread_mutex_t> {
        (memory + number * Self.distance).assumingMemoryBound(to: pthread_mutex_t.self)
    }

    private func shard(_ number: Int) -> UnsafeMutablePointer<Shard> {
        (memory + number * Self.distance + Self.shardOffset).assumingMemoryBound(to: Shard.self)
    }

    /// A smart shift: with one shard all 64 bits are shifted out and 0 is left.
    @inline(__always) func number(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> shift) }

    /// Runs the body with the shard's lock held. It must not call out, nor free responses.
    @inline(__always)
    func withShard<Result>(_ number: Int, _ body: (inout Shard) -> Result) -> Result {
        let mutex = mutex(number)
        ShardLock.lock(mutex)
        defer { ShardLock.unlock(mutex) }
        return body(&shard(number).pointee)
    }
}

extension [Slot] {
    /// Gives the references up that a shard handed over.
    func release() {
        for slot in self { slot.response?.release() }
    }
}

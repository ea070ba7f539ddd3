package import Eviction

extension MemoryTier {
    /// Sizes are bytes.
    package struct Configuration: Sendable, Equatable {
        /// All that the tier may occupy: heads, bodies, keys, index and the policy's own memory.
        package var capacity: Int
        package var policy: PolicyName
        /// A response whose body in memory is larger is not stored.
        package var maxObject: Int
        /// Parts with a lock each, a power of two. Nil: `defaultShards`.
        package var shards: Int?
        /// Seconds that an entry stays at most; nil: no cap.
        package var maxTTL: Int64?

        package init(
            capacity: Int, policy: PolicyName = .adaptive, maxObject: Int, shards: Int? = nil, maxTTL: Int64? = nil
        ) {
            self.capacity = capacity
            self.policy = policy
            self.maxObject = maxObject
            self.shards = shards
            self.maxTTL = maxTTL
        }

        package static let smallestCapacity = 1 << 20
        /// Policies count an entry's bytes in 32 bits.
        package static let largestObject = 2 << 30
        package static let mostShards = 256

        /// As many as leave room for four of the largest objects, and for 1 MB, in each; 64 at most, 1 at least.
        package var defaultShards: Int {
            var shards = 64
            while shards > 1, capacity / shards < max(4 * maxObject, 1 << 20) { shards /= 2 }
            return shards
        }

        package enum Fault: Error, Sendable, Equatable {
            /// Below `smallestCapacity`.
            case capacityTooSmall
            /// Not above 0, or above `largestObject`.
            case maxObjectOutOfRange
            /// Two of the largest objects and their heads must fit into one shard's share of the capacity.
            case maxObjectTooLargeForShare
            /// Not a power of two from 1 to `mostShards`.
            case shardsOutOfRange
        }

        package func validate() throws(Fault) {
            guard capacity >= Self.smallestCapacity else { throw .capacityTooSmall }
            guard maxObject > 0, maxObject <= Self.largestObject else { throw .maxObjectOutOfRange }
            let shards = shards ?? defaultShards
            guard shards > 0, shards <= Self.mostShards, shards & (shards - 1) == 0 else { throw .shardsOutOfRange }
            guard maxObject <= capacity / shards / 2 else { throw .maxObjectTooLargeForShare }
        }
    }
}

extension Configuration {
    /// A part of each tier that other partitions can't evict from.
    package struct Partition: Sendable, Equatable {
        /// Lower-case letters, digits, `_` and `-`; 64 bytes at most; never `default`.
        package var name: String
        /// Bytes out of `tiers.memory.size`; nil: none.
        package var memory: Int?
        package var redis: Bool
        /// Bytes out of `tiers.disk.size`; nil: none.
        package var disk: Int?
    }

    /// The place of a partition in `partitions`, counted from 1; 0 is the default one.
    package func partitionNumber(_ name: String?) -> Int {
        (name.flatMap { name in partitions.firstIndex { $0.name == name } } ?? -1) + 1
    }

    /// What partitions leave of a tier's size to the default one.
    package func defaultShare(of size: Int, _ share: KeyPath<Partition, Int?>) -> Int {
        partitions.reduce(size) { $0 - ($1[keyPath: share] ?? 0) }
    }
}

package import CacheModel
internal import Invalidation
package import MemoryTier

/// The tiers of one partition: what is keyed to it is stored there and nowhere else, so that nothing another partition
/// stores can evict it. Every partition has memory and disk of its own; Redis is shared and has keys of its own for each.
package final class Partition: Sendable {
    /// As proxy.conf names it.
    package let name: String
    /// As keys have it: empty for the default one.
    package let keyName: [UInt8]
    package let memory: MemoryTier?
    /// What memory is not offered, and what it was of no use for.
    let memoryMeter = MemoryMeter()
    /// In the order in which they are asked: Redis, then disk.
    package let slower: [Engine.SlowTier]
    /// Where large bodies go while they arrive that the disk tier does not take.
    let spools: any BodySpoolFactory
    /// The disk tier, when it takes spooled bodies over.
    let spoolingTier: (any SpoolingTier)?
    /// How that one takes part.
    var spooling: Engine.SlowTier? { slower.first { $0.tier === spoolingTier } }
    /// The tier of `slower` in which instances agree on who fills.
    let leasingTier: (any LeasingTier)?
    /// The first of `slower`, if it has records at hand and its hits stay where they are.
    let prompt: PromptHits?
    /// Parts of bodies, beside the memory tier.
    let partials: PartialStore

    /// - Parameter name: nil: the default one.
    package init(
        name: String?, memory: MemoryTier?, slower: [Engine.SlowTier], spools: any BodySpoolFactory,
        spoolingTier: (any SpoolingTier)?, leasingTier: (any LeasingTier)?
    ) {
        self.name = name ?? String(decoding: Selector.defaultPartition, as: UTF8.self)
        keyName = Array((name ?? "").utf8)
        self.memory = memory
        self.slower = slower
        self.spools = spools
        self.spoolingTier = spoolingTier
        self.leasingTier = leasingTier
        prompt = PromptHits(slower.first, hasMemory: memory != nil)
        partials = PartialStore(memory: memory?.configuration.capacity ?? 0)
    }

    /// As selectors have it.
    var selectorName: [UInt8] { Self.selectorName(keyName) }

    static func selectorName(_ keyName: [UInt8]) -> [UInt8] { keyName.isEmpty ? Selector.defaultPartition : keyName }

    /// Whether any tier would take a response.
    var canStore: Bool { memory != nil || slower.contains { $0.write != .off } }

    /// The disk tier, if it is written to: it can give a body in a file a new head.
    var refilingTier: Engine.SlowTier? {
        slower.first { $0.tier === spoolingTier && $0.write != .off }
    }

    /// Of a key's bytes: the memory tier's, and without one another keyed hash.
    func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        if let memory { return memory.hash(key) }
        var hasher = Hasher()
        hasher.combine(bytes: key)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// Whether a body of that length, once fetched, would be stored in any tier.
    func takesBody(ofLength length: Int) -> Bool {
        length <= memory?.configuration.maxObject ?? -1
            || slower.contains { $0.write != .off && length <= $0.tier.maxObject }
    }
}

extension Engine {
    /// The partitions by name, `default` first.
    struct PartitionNames: Sendable {
        private let numbers: [[UInt8]: Int]
        let names: [String]

        init(_ partitions: [Partition]) {
            names = partitions.map(\.name)
            numbers = Dictionary(
                partitions.enumerated().map { ($0.element.selectorName, $0.offset) },
                uniquingKeysWith: { one, _ in one })
        }

        func mistake(_ name: [UInt8], field: String = "partition") -> PurgeMistake {
            PurgeMistake(
                field, "no partition is named \(JSONText.quoted(name)); known: \(names.joined(separator: ", "))")
        }

        /// Of a name as selectors have it, or of none, which is the default one.
        func number(_ name: some Collection<UInt8>) -> Int? { name.isEmpty ? 0 : numbers[Array(name)] }
    }

    /// The partition that a key is of; nil: there is none of that name any more, or it is no key.
    func partition(of key: UnsafeRawBufferPointer) -> Partition? {
        guard let parts = CacheKeyParts(key) else { return nil }
        return partitionNames.number(key[parts.partition]).map { partitions[$0] }
    }

    func partition(of key: CacheKey) -> Partition? { key.bytes.withUnsafeBytes { partition(of: $0) } }
}

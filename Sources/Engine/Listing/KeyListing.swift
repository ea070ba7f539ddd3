package import CacheModel
internal import HTTPCaching
internal import HTTPMessage
package import Invalidation
internal import MemoryTier

/// Which entries `GET /cache/keys` tells.
package struct KeyQuery: Sendable {
    /// A glob as purges have it; nil: all.
    package var pattern: [UInt8]?
    package var tier: TierName
    /// Nil: of all partitions.
    package var partition: [UInt8]?
    package var limit: Int
    package var cursor: UInt64

    package static let maxLimit = 1000

    package init(
        pattern: [UInt8]? = nil, tier: TierName = .memory, partition: [UInt8]? = nil, limit: Int = 100,
        cursor: UInt64 = 0
    ) {
        self.partition = partition
        self.pattern = pattern
        self.tier = tier
        self.limit = limit
        self.cursor = cursor
    }
}

/// The facts of one entry.
package struct KeyEntry: Sendable {
    package var method: [UInt8]
    /// Scheme, host, path and query.
    package var url: [UInt8]
    package var tier: TierName
    /// Nil: there are none.
    package var partition: String?
    package var status: Int
    /// Seconds; `ttl` below 0 is how long it has been stale by the clock.
    package var age: Int64
    package var ttl: Int64
    /// Bytes of the body.
    package var size: Int
    package var tags: [[UInt8]]
    package var tagsCut: Bool
    /// The request fields that select it; nil: it answers every request of the URL.
    package var variant: [UInt8]?
    /// What the invalidations say of it.
    package var verdict: Verdict
    package var asOf: Position

    package init(
        method: [UInt8], url: [UInt8], tier: TierName, partition: String? = nil, status: Int, age: Int64, ttl: Int64,
        size: Int, tags: [[UInt8]],
        tagsCut: Bool, variant: [UInt8]?, verdict: Verdict, asOf: Position
    ) {
        self.method = method
        self.url = url
        self.tier = tier
        self.partition = partition
        self.status = status
        self.age = age
        self.ttl = ttl
        self.size = size
        self.tags = tags
        self.tagsCut = tagsCut
        self.variant = variant
        self.verdict = verdict
        self.asOf = asOf
    }
}

package struct KeyPage: Sendable {
    package var entries: [KeyEntry]
    /// Where to go on; nil: that was all.
    package var cursor: UInt64?

    package init(entries: [KeyEntry], cursor: UInt64?) {
        self.entries = entries
        self.cursor = cursor
    }
}

extension Engine {
    /// The next entries, on `loop`. A page may be short, or empty, and not the last: the pattern is compared with so
    /// many entries a call.
    /// - Throws: `PurgeMistake` when the pattern is none, or the tier is not there or can't tell.
    package func keys(
        _ query: KeyQuery, on loop: any EngineLoop, _ done: @escaping @Sendable (KeyPage) -> Void
    ) throws(PurgeMistake) {
        var glob: Glob?
        if let pattern = query.pattern {
            switch try PurgeTarget(glob: pattern, field: "pattern") {
            case .glob(let pattern): glob = Glob(pattern)
            default: break
            }
        }
        let limit = max(1, min(query.limit, KeyQuery.maxLimit))
        let walk = try walk(query)
        guard let partition = walk.partition else {
            loop.execute { done(KeyPage(entries: [], cursor: nil)) }
            return
        }
        guard query.tier != .memory else {
            guard let memory = partition.memory else { throw PurgeMistake("tier", "there is no memory tier") }
            let (page, next) = memoryPage(memory, glob, limit, walk.cursor)
            loop.execute { done(KeyPage(entries: page, cursor: walk.next(next))) }
            return
        }
        guard let tier = partition.slower.first(where: { $0.tier.name == query.tier })?.tier else {
            throw PurgeMistake("tier", "there is no tier \(query.tier.rawValue)")
        }
        guard let tier = tier as? any WalkableTier else {
            throw PurgeMistake("tier", "the entries of \(query.tier.rawValue) can't be listed")
        }
        tier.page(cursor: walk.cursor, limit: min(limit, Self.slowPage), on: loop) { [glob] entries, next in
            let found = entries.compactMap { self.facts($0, tier.name, glob) }
            done(KeyPage(entries: found, cursor: walk.next(next)))
        }
    }

    /// Where a listing is: in one partition, or on its way through those that have the tier. The cursors of tiers leave
    /// the highest byte free.
    private struct ListingWalk: Sendable {
        private static let bits: UInt64 = 56
        /// Nil: beyond the last.
        var partition: Partition?
        /// Of the tier.
        var cursor: UInt64
        var number: Int
        /// The next one with the tier; nil: there is none, or only one was asked for.
        var following: Int?

        init(partition: Partition?, number: Int, following: Int?, cursor: UInt64) {
            self.partition = partition
            self.number = number
            self.following = following
            self.cursor = cursor & ((1 << Self.bits) - 1)
        }

        static func number(_ cursor: UInt64) -> Int { Int(cursor >> bits) }

        /// The listing's cursor for the tier's.
        func next(_ cursor: UInt64?) -> UInt64? {
            if let cursor { return UInt64(number) << Self.bits | cursor }
            return following.map { UInt64($0) << Self.bits }
        }
    }

    private func walk(_ query: KeyQuery) throws(PurgeMistake) -> ListingWalk {
        func hasTier(_ partition: Partition) -> Bool {
            query.tier == .memory
                ? partition.memory != nil : partition.slower.contains { $0.tier.name == query.tier }
        }
        if let name = query.partition {
            guard !name.isEmpty, let number = partitionNames.number(name) else { throw partitionNames.mistake(name) }
            return ListingWalk(partition: partitions[number], number: number, following: nil, cursor: query.cursor)
        }
        let number = ListingWalk.number(query.cursor)
        guard number < partitions.count else {
            return ListingWalk(partition: nil, number: 0, following: nil, cursor: 0)
        }
        let following = partitions.indices.dropFirst(number + 1).first { hasTier(partitions[$0]) }
        return ListingWalk(partition: partitions[number], number: number, following: following, cursor: query.cursor)
    }

    private static let slowPage = 256
    /// Entries of memory that one call compares.
    private static let looks = 20_000

    private func memoryPage(
        _ memory: MemoryTier, _ glob: Glob?, _ limit: Int, _ start: UInt64
    ) -> ([KeyEntry], UInt64?) {
        var found: [KeyEntry] = []
        var cursor: UInt64? = start
        var looked = 0
        while let at = cursor, found.count < limit, looked < Self.looks {
            let (entries, next) = memory.page(cursor: at, limit: min(256, limit - found.count))
            found += entries.compactMap { self.facts(TierEntry($0), .memory, glob) }
            looked += max(1, entries.count)
            cursor = next
        }
        return (found, cursor)
    }

    private func facts(_ entry: TierEntry, _ tier: TierName, _ glob: Glob?) -> KeyEntry? {
        entry.key.primary.bytes.withUnsafeBytes { bytes in
            guard let parts = CacheKeyParts(bytes) else { return nil }
            func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
            let subject = parts.subject(of: bytes, tags: UnsafeRawBufferPointer(start: nil, count: 0), tagsCut: false)
            if let glob, !subject.matches(glob) { return nil }
            var url = Array(part(parts.scheme)) + Array("://".utf8) + Array(part(parts.host)) + Array(part(parts.path))
            if let query = parts.query { url += [0x3f] + Array(part(query)) }
            let now = clock()
            let freshness = entry.meta.freshness
            let selection = entry.key.selection.withUnsafeBytes { Vary.description(selection: $0) }
            return KeyEntry(
                method: Array(part(parts.method)), url: url, tier: tier,
                partition: hasPartitions
                    ? String(decoding: Partition.selectorName(Array(part(parts.partition))), as: UTF8.self) : nil,
                status: Int(entry.meta.status),
                age: freshness.age(at: now), ttl: freshness.timeToLive(at: now), size: entry.bodyLength,
                tags: (entry.tags.withUnsafeBytes { RecordCodec.unpack($0) } ?? []).filter { !GroupTags.isGroup($0) },
                tagsCut: entry.meta.tagsCut, variant: entry.key.selection.isEmpty ? nil : selection,
                verdict: judge(entry), asOf: entry.meta.asOf)
        }
    }
}

/// What an entry is worth keeping for. All but `incumbents` are forms of GreedyDual (Young, "The k-server dual and loose
/// competitiveness for paging", Algorithmica 11, 1994): the rank of an entry is the floor at its last use plus what its
/// uses are worth, and the floor rises to the rank of each victim, so that what is not used grows old.
enum Ranking: Sendable, CaseIterable {
    /// GDSF with a price on bytes and a memory of who left: good at objects and bytes alike.
    case balanced
    /// The same with a higher price on bytes.
    case bytes
    /// GDSF as published: most objects, few bytes.
    case objects
    /// Least recently used. For bursts, and where what was popular dies.
    case recency
    /// Who was used and is in stays in: the floor never rises, and uses are halved now and then as in TinyLFU. For loops
    /// over more than fits, where all that asks for recency has no hit at all.
    case incumbents

    /// What keeping bytes is worth beside keeping objects: the value of a use is 1 / size + price / mean size. With a
    /// price of 0 the sum of hits is greatest, with a high one the sum of their bytes.
    var bytePrice: Double {
        switch self {
        case .balanced: 0.3
        case .bytes: 3
        case .objects, .recency, .incumbents: 0
        }
    }

    /// Whether who comes back has the uses with which he left.
    var remembers: Bool { self == .balanced || self == .bytes }

    var countsUses: Bool { self != .recency }

    /// Whether the floor rises and the rank of an entry begins there.
    var ages: Bool { self != .incumbents }

    /// `incumbents` counts no more uses, so that halving them is soon felt.
    static let mostIncumbentUses: UInt16 = 15

    /// What floors and worths are counted in. By recency all uses are worth the same, whatever sizes come: else it were none.
    func unit(meanSize: Double) -> Double { countsUses ? 1 / meanSize : 1 }

    /// What one use adds to the rank. Never 0.
    func worth(size: UInt32, cost: UInt32, meanSize: Double) -> Float {
        guard countsUses else { return 1 }
        return Float(Double(cost) * (1 / Double(max(1, size)) + bytePrice / meanSize))
    }
}

extension Ranking: Ranker {
    @inline(__always)
    func rank(of node: RankedStore.Node) -> Double {
        guard ages else {
            // Less than one use for who was not used since he came: of two of one size the newer goes.
            return max(0.5, Double(min(node.uses, Self.mostIncumbentUses))) * Double(node.worth)
        }
        return node.base + (countsUses ? Double(node.uses) : 1) * Double(node.worth)
    }
}

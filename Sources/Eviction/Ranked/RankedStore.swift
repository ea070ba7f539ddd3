/// Entries in the order of a `Ranking`: the common part of `GDSF`, of `Adaptive` and of its shadows. A use raises a
/// counter and notes the floor; the heap learns of it when it looks for a victim.
struct RankedStore: Sendable {
    /// What is kept for a slot: 24 bytes.
    struct Node: Sendable {
        /// The floor at the last use.
        var base = 0.0
        /// What one use adds to the rank.
        var worth: Float = 0
        var size: UInt32 = 0
        var fingerprint: UInt32 = 0
        var uses: UInt16 = 0
        /// Whether the owner wants to hear of its uses.
        var isTracked = false
    }

    private(set) var nodes: [Node] = []
    private var heap = LazyHeap<Ranking>()
    private var ghosts: GhostQueue?
    private(set) var ranking: Ranking
    private var floor = 0.0
    /// What a request adds to the floor: so little that it only decides between equals, for the older use.
    private var creep = 0.0
    /// Of the newcomers' sizes, the later ones counting more.
    private var meanSize = 0.0
    private var newcomers = 0
    /// `incumbents` only: calls since the uses were halved.
    private var callsSinceHalving = 0
    private var hasEvicted = false

    /// Newcomers over which the mean size is taken.
    private static let meanWindow = 1000
    /// Of the worth of a use, as long as sizes are equal.
    private static let creepShare = 1e-7
    /// Uses are halved after as many calls for each entry.
    private static let callsPerHalving = 16
    /// Entries that left and are remembered, for each that is there.
    private static let ghostsPerEntry = 3

    init(_ ranking: Ranking, hasGhosts: Bool) {
        self.ranking = ranking
        ghosts = hasGhosts ? GhostQueue() : nil
    }

    var count: Int { heap.count }
    var footprint: Int { nodes.capacity * MemoryLayout<Node>.stride + heap.footprint + (ghosts?.footprint ?? 0) }

    /// The slots, in no order but the newcomer last.
    var slots: [UInt32] { heap.contents }

    /// The newcomer is spared by the calls of `evict` until the next one comes.
    mutating func insert(_ slot: UInt32, fingerprint: UInt32, size: UInt32, cost: UInt32) {
        newcomers = min(newcomers + 1, Self.meanWindow)
        meanSize += (Double(size) - meanSize) / Double(newcomers)
        callsSinceHalving += 1
        creep = Self.creepShare * ranking.unit(meanSize: max(1, meanSize))
        floor += creep
        nodes.extend(to: Int(slot), filler: Node())
        heap.add(slot, nodes, by: ranking)
        let departed = ghosts?.remove(fingerprint)
        var uses: UInt16 = ranking.ages || !hasEvicted ? 1 : 0
        if ranking.remembers, let departed { uses = departed == .max ? departed : departed + 1 }
        nodes[Int(slot)] = Node(
            base: floor, worth: worth(size: size, cost: cost), size: size, fingerprint: fingerprint, uses: uses)
    }

    /// Returns whether the slot is tracked.
    @inline(__always)
    mutating func hit(_ slot: UInt32) -> Bool {
        callsSinceHalving &+= 1
        floor += creep
        let index = Int(slot)
        if nodes[index].uses != .max { nodes[index].uses &+= 1 }
        nodes[index].base = floor
        return nodes[index].isTracked
    }

    /// The rank may fall with a greater size; then the heap has to know.
    mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) {
        nodes[Int(slot)].size = size
        nodes[Int(slot)].worth = worth(size: size, cost: cost)
        _ = hit(slot)
        if slot != heap.newcomer { heap.reorder(slot, rank: ranking.rank(of: nodes[Int(slot)])) }
    }

    mutating func track(_ slot: UInt32, _ isTracked: Bool) { nodes[Int(slot)].isTracked = isTracked }

    mutating func remove(_ slot: UInt32) { heap.remove(slot) }

    mutating func evict() -> UInt32? {
        hasEvicted = true
        // Not before: as long as all fits nobody leaves.
        let ghostsWanted = Self.ghostsPerEntry * count
        ghosts?.grow(to: ghostsWanted)
        if !ranking.ages, callsSinceHalving > Self.callsPerHalving * count { halveUses() }
        guard let (slot, least) = heap.popLeast(nodes, by: ranking) else { return nil }
        if ranking.ages { floor = max(floor, least) }
        ghosts?.insert(nodes[Int(slot)].fingerprint, uses: nodes[Int(slot)].uses)
        return slot
    }

    /// Ranks all entries anew, O(n). Costs are forgotten.
    mutating func change(to ranking: Ranking) {
        let mean = max(1, meanSize)
        let factor = ranking.unit(meanSize: mean) / self.ranking.unit(meanSize: mean)
        self.ranking = ranking
        callsSinceHalving = 0
        floor *= factor
        creep *= factor
        for slot in heap.contents {
            nodes[Int(slot)].base *= factor
            nodes[Int(slot)].worth = worth(size: nodes[Int(slot)].size, cost: 1)
        }
        heap.rebuild(nodes, by: ranking)
    }

    private mutating func halveUses() {
        callsSinceHalving = 0
        for slot in heap.contents { nodes[Int(slot)].uses = min(nodes[Int(slot)].uses, Ranking.mostIncumbentUses) / 2 }
        heap.rebuild(nodes, by: ranking)
    }

    private func worth(size: UInt32, cost: UInt32) -> Float {
        ranking.worth(size: size, cost: cost, meanSize: max(1, meanSize))
    }

    func checkInvariants() -> [String] {
        let slots = heap.contents
        return heap.checkInvariants(nodes, by: ranking) + (ghosts?.checkInvariants() ?? [])
            + (slots.contains { nodes[Int($0)].base > floor } ? ["a base is above the floor"] : [])
            + (slots.contains { nodes[Int($0)].worth <= 0 } ? ["an entry is worth nothing"] : [])
    }
}

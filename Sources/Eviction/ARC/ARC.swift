/// ARC (Megiddo and Modha, "ARC: a self-tuning, low overhead replacement cache", FAST 2003): entries used once stand in
/// `recent`, entries used again in `frequent`, both in the order of use. Two ghost lists remember who left which; who
/// comes back moves the border between the two towards the list that lost him.
///
/// All of the paper's counts are bytes here. A ghost that comes back moves the border by its size, times the ratio of
/// the ghost lists' bytes where the paper has that of their lengths.
package struct ARC: EvictionPolicy {
    private var nodes: [Node] = []
    private var recent = ByteQueue()
    private var frequent = ByteQueue()
    private var recentGhosts = GhostList()
    private var frequentGhosts = GhostList()
    /// The bytes that `recent` should have: the paper's p.
    private var recentShare = 0
    private let capacity: Int
    /// The slot that came last, and whether `frequentGhosts` had known it.
    private var newcomer = SlotLinks.none
    private var newcomerWasFrequent = false

    struct Node: LinkedNode {
        var links = SlotLinks()
        var size: UInt32 = 0
        var fingerprint: UInt32 = 0
        var isFrequent = false
    }

    private struct ByteQueue: Sendable {
        var queue = SlotQueue()
        var bytes = 0

        mutating func push(_ slot: UInt32, in nodes: inout [Node]) {
            queue.push(slot, in: &nodes)
            bytes += Int(nodes[Int(slot)].size)
        }

        mutating func unlink(_ slot: UInt32, in nodes: inout [Node]) {
            queue.unlink(slot, in: &nodes)
            bytes -= Int(nodes[Int(slot)].size)
        }
    }

    package init(capacity: Int) { self.capacity = capacity }

    package var count: Int { recent.queue.count + frequent.queue.count }
    package var footprint: Int {
        nodes.capacity * MemoryLayout<Node>.stride + recentGhosts.footprint + frequentGhosts.footprint
    }

    package mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        nodes.extend(to: Int(slot), filler: Node())
        let fingerprint = GhostQueue.fingerprint(hash)
        let (recentBytes, frequentBytes) = (recentGhosts.bytes, frequentGhosts.bytes)
        newcomerWasFrequent = false
        var isFrequent = true
        if recentGhosts.remove(fingerprint) {
            recentShare = min(capacity, recentShare + Self.step(size, recentBytes, frequentBytes))
        } else if frequentGhosts.remove(fingerprint) {
            recentShare = max(0, recentShare - Self.step(size, frequentBytes, recentBytes))
            newcomerWasFrequent = true
        } else {
            isFrequent = false
        }
        nodes[Int(slot)] = Node(size: size, fingerprint: fingerprint, isFrequent: isFrequent)
        push(slot)
        newcomer = slot
    }

    private static func step(_ size: UInt32, _ own: Int, _ other: Int) -> Int {
        Int(Double(size) * max(1, Double(other) / Double(max(1, own))))
    }

    package mutating func hit(_ slot: UInt32) {
        unlink(slot)
        nodes[Int(slot)].isFrequent = true
        push(slot)
    }

    package mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) {
        unlink(slot)
        nodes[Int(slot)].size = size
        nodes[Int(slot)].isFrequent = true
        push(slot)
    }

    package mutating func remove(_ slot: UInt32) {
        unlink(slot)
        if slot == newcomer { newcomer = SlotLinks.none }
    }

    package mutating func evict() -> UInt32? {
        // The paper makes room before the newcomer enters: here he is in already, and is looked past.
        let spared = count > 1 ? newcomer : SlotLinks.none
        let newcomerBytes = spared == SlotLinks.none || nodes[Int(spared)].isFrequent ? 0 : Int(nodes[Int(spared)].size)
        let recentVictim = oldest(of: recent.queue, but: spared)
        let frequentVictim = oldest(of: frequent.queue, but: spared)
        let recentBytes = recent.bytes - newcomerBytes
        let recentGoes = recentBytes > recentShare || (newcomerWasFrequent && recentBytes == recentShare)
        let victim =
            recentVictim != SlotLinks.none && (recentGoes || frequentVictim == SlotLinks.none)
            ? recentVictim : frequentVictim
        guard victim != SlotLinks.none else { return nil }
        let node = nodes[Int(victim)]
        remove(victim)
        if node.isFrequent {
            frequentGhosts.insert(node.fingerprint, size: node.size)
        } else {
            recentGhosts.insert(node.fingerprint, size: node.size)
        }
        trimGhosts()
        return victim
    }

    /// `recent` and its ghosts together have the bytes of one cache at most, all four of two.
    private mutating func trimGhosts() {
        while recentGhosts.count > 0, recent.bytes + recentGhosts.bytes > capacity { recentGhosts.removeOldest() }
        while frequentGhosts.count > 0,
            recent.bytes + frequent.bytes + recentGhosts.bytes + frequentGhosts.bytes > 2 * capacity
        { frequentGhosts.removeOldest() }
    }

    private func oldest(of queue: SlotQueue, but spared: UInt32) -> UInt32 {
        queue.oldest != spared || spared == SlotLinks.none ? queue.oldest : nodes[Int(spared)].links.newer
    }

    private mutating func push(_ slot: UInt32) {
        if nodes[Int(slot)].isFrequent { frequent.push(slot, in: &nodes) } else { recent.push(slot, in: &nodes) }
    }

    private mutating func unlink(_ slot: UInt32) {
        if nodes[Int(slot)].isFrequent { frequent.unlink(slot, in: &nodes) } else { recent.unlink(slot, in: &nodes) }
    }

    package func checkInvariants() -> [String] {
        var faults = recentGhosts.checkInvariants() + frequentGhosts.checkInvariants()
        for (list, isFrequent) in [(recent, false), (frequent, true)] {
            let (slots, linkFaults) = list.queue.walk(nodes)
            faults += linkFaults
            let bytes = slots.reduce(0) { $0 + Int(nodes[Int($1)].size) }
            if bytes != list.bytes { faults.append("a list holds \(bytes) bytes, \(list.bytes) are counted") }
            if slots.contains(where: { nodes[Int($0)].isFrequent != isFrequent }) { faults.append("a wrong list") }
        }
        if !(0...capacity).contains(recentShare) { faults.append("recent should have \(recentShare) bytes") }
        return faults
    }
}

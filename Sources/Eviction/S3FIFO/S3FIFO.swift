/// S3-FIFO (Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023).
///
/// Newcomers enter a *small* queue with a tenth of the room; from its old end they move to the *main* queue if they
/// were used more than once meanwhile, else they leave and only their hash stays, in the *ghost* queue. Who comes back
/// while the ghost queue knows him enters the main queue at once. The main queue gives an entry another round for each
/// use that it counted, three at most. A use only raises a counter of two bits.
///
/// Where sizes differ the paper leaves a choice. Here shares are bytes; an entry larger than the small queue's share is
/// not refused: it stands in the small queue alone and the main queue makes room for it. One call of `evict` passes
/// over 256 entries at most, then takes the next as it is, so that a cache full of much-used entries can't hold its
/// lock for long.
package struct S3FIFO: EvictionPolicy {
    private var nodes: [Node] = []
    private var small = SlotQueue()
    private var main = SlotQueue()
    private var smallBytes = 0
    private var ghosts = GhostQueue()
    private let smallShare: Int

    /// The most entries that one call of `evict` passes over.
    package static let longestSearch = 256

    package init(capacity: Int) { smallShare = capacity / 10 }

    package var count: Int { small.count + main.count }
    package var footprint: Int { nodes.capacity * MemoryLayout<Node>.stride + ghosts.footprint }

    package mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        nodes.extend(to: Int(slot), filler: Node())
        let fingerprint = GhostQueue.fingerprint(hash)
        let place: Node.Place = ghosts.remove(fingerprint) == nil ? .small : .main
        nodes[Int(slot)] = Node(size: size, fingerprint: fingerprint, place: place)
        enqueue(slot, place)
    }

    package mutating func hit(_ slot: UInt32) { nodes[Int(slot)].raiseUses() }

    package mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) {
        let change = Int(size) - Int(nodes[Int(slot)].size)
        if nodes[Int(slot)].place == .small { smallBytes += change }
        nodes[Int(slot)].size = size
        nodes[Int(slot)].raiseUses()
    }

    package mutating func remove(_ slot: UInt32) {
        dequeue(slot)
        nodes[Int(slot)].place = .nowhere
    }

    package mutating func evict() -> UInt32? {
        // Not before: as long as all fits nobody leaves.
        ghosts.grow(to: count)
        var passed = 0
        if smallBytes > smallShare || main.count == 0 {
            // The last of the small queue may be the newcomer: while the main queue has any, they go first.
            while small.count > (main.count == 0 ? 0 : 1), passed < Self.longestSearch {
                let oldest = small.oldest
                guard nodes[Int(oldest)].uses > 1 else {
                    ghosts.insert(nodes[Int(oldest)].fingerprint)
                    remove(oldest)
                    return oldest
                }
                move(oldest)
                passed += 1
            }
        }
        return evictFromMain(passed)
    }

    private mutating func evictFromMain(_ alreadyPassed: Int) -> UInt32? {
        var passed = alreadyPassed
        while main.count > 0 {
            let oldest = main.oldest
            if nodes[Int(oldest)].uses == 0 || passed >= Self.longestSearch {
                remove(oldest)
                return oldest
            }
            nodes[Int(oldest)].uses -= 1
            main.unlink(oldest, in: &nodes)
            main.push(oldest, in: &nodes)
            passed += 1
        }
        return nil
    }

    /// From the small queue to the main one, where it begins with no use counted.
    private mutating func move(_ slot: UInt32) {
        dequeue(slot)
        nodes[Int(slot)].place = .main
        nodes[Int(slot)].uses = 0
        enqueue(slot, .main)
    }

    private mutating func enqueue(_ slot: UInt32, _ place: Node.Place) {
        if place == .small {
            small.push(slot, in: &nodes)
            smallBytes += Int(nodes[Int(slot)].size)
        } else {
            main.push(slot, in: &nodes)
        }
    }

    private mutating func dequeue(_ slot: UInt32) {
        if nodes[Int(slot)].place == .small {
            small.unlink(slot, in: &nodes)
            smallBytes -= Int(nodes[Int(slot)].size)
        } else {
            main.unlink(slot, in: &nodes)
        }
    }

    package func checkInvariants() -> [String] {
        let (inSmall, smallFaults) = small.walk(nodes)
        let (inMain, mainFaults) = main.walk(nodes)
        var faults = smallFaults + mainFaults + ghosts.checkInvariants()
        let bytes = inSmall.reduce(0) { $0 + Int(nodes[Int($1)].size) }
        if bytes != smallBytes { faults.append("small holds \(bytes) bytes, \(smallBytes) are counted") }
        if inSmall.contains(where: { nodes[Int($0)].place != .small }) { faults.append("a wrong place in small") }
        if inMain.contains(where: { nodes[Int($0)].place != .main }) { faults.append("a wrong place in main") }
        let placed = nodes.count { $0.place != .nowhere }
        if placed != count { faults.append("\(placed) slots have a place, \(count) are queued") }
        if ghosts.capacity > max(64, 2 * nodes.capacity) { faults.append("\(ghosts.capacity) ghosts") }
        return faults
    }
}

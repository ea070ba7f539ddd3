/// Says which of two nodes goes first.
protocol Ranker {
    associatedtype Node
    associatedtype Rank: Comparable & Sendable

    /// The node of the least rank goes first.
    func rank(of node: Node) -> Rank
}

/// Slots in the order of a rank that only ever rises by use. A use costs the heap nothing: it keeps the rank that a slot
/// had when it was last looked at, and looks again when the slot reaches the top.
///
/// The newest slot stands outside, in `newcomer`: what makes room for an entry must not take that entry.
struct LazyHeap<By: Ranker>: Sendable {
    typealias Rank = By.Rank
    typealias Node = By.Node

    /// The slots that one search for a victim looks at again, at most; then the least of them goes. So a heap full of
    /// much-used entries can't hold its lock for long.
    static var longestSearch: Int { 256 }

    /// A binary heap in two arrays: no padding between rank and slot.
    private var ranks: [Rank] = []
    private var slots: [UInt32] = []
    /// Where a slot stands in the two arrays.
    private var places: [UInt32] = []
    private(set) var newcomer = SlotLinks.none

    var count: Int { ranks.count + (newcomer == SlotLinks.none ? 0 : 1) }

    var footprint: Int {
        ranks.capacity * MemoryLayout<Rank>.stride + (slots.capacity + places.capacity) * MemoryLayout<UInt32>.stride
    }

    /// The slot becomes the newcomer; the one before it enters the heap. `nodes` are by slot,
    /// here and below.
    mutating func add(_ slot: UInt32, _ nodes: [Node], by ranker: By) {
        if newcomer != SlotLinks.none { push(newcomer, ranker.rank(of: nodes[Int(newcomer)])) }
        newcomer = slot
    }

    mutating func remove(_ slot: UInt32) {
        if slot == newcomer { newcomer = SlotLinks.none } else { remove(at: Int(places[Int(slot)])) }
    }

    /// Gives a slot that is not the newcomer a rank that may be lower than before.
    mutating func reorder(_ slot: UInt32, rank: Rank) {
        let place = Int(places[Int(slot)])
        ranks[place] = rank
        siftUp(place)
        siftDown(Int(places[Int(slot)]))
    }

    /// Takes the slot of the least rank, the newcomer only when it is alone.
    mutating func popLeast(_ nodes: [Node], by ranker: By) -> (slot: UInt32, rank: Rank)? {
        guard !ranks.isEmpty else {
            guard newcomer != SlotLinks.none else { return nil }
            defer { newcomer = SlotLinks.none }
            return (newcomer, ranker.rank(of: nodes[Int(newcomer)]))
        }
        var least = (slot: slots[0], rank: ranker.rank(of: nodes[Int(slots[0])]))
        for _ in 0..<Self.longestSearch {
            let top = (slot: slots[0], rank: ranker.rank(of: nodes[Int(slots[0])]))
            if top.rank <= ranks[0] {
                least = top
                break
            }
            if top.rank < least.rank { least = top }
            ranks[0] = top.rank
            siftDown(0)
        }
        remove(at: Int(places[Int(least.slot)]))
        return least
    }

    /// Orders all slots anew, O(n): for when the meaning of a rank has changed.
    mutating func rebuild(_ nodes: [Node], by ranker: By) {
        for place in ranks.indices { ranks[place] = ranker.rank(of: nodes[Int(slots[place])]) }
        for place in ranks.indices.prefix(ranks.count / 2).reversed() { siftDown(place) }
    }

    /// The slots in no order, the newcomer last.
    var contents: [UInt32] { slots + (newcomer == SlotLinks.none ? [] : [newcomer]) }

    private mutating func push(_ slot: UInt32, _ rank: Rank) {
        places.extend(to: Int(slot), filler: SlotLinks.none)
        ranks.reserveSparingly()
        slots.reserveSparingly()
        ranks.append(rank)
        slots.append(slot)
        places[Int(slot)] = UInt32(slots.count - 1)
        siftUp(slots.count - 1)
    }

    private mutating func remove(at place: Int) {
        places[Int(slots[place])] = SlotLinks.none
        let (rank, slot) = (ranks.removeLast(), slots.removeLast())
        guard place < ranks.count else { return }
        ranks[place] = rank
        slots[place] = slot
        places[Int(slot)] = UInt32(place)
        siftUp(place)
        siftDown(Int(places[Int(slot)]))
    }

    private mutating func siftUp(_ start: Int) { Self.siftUp(start, &ranks, &slots, &places) }

    private mutating func siftDown(_ start: Int) { Self.siftDown(start, &ranks, &slots, &places) }

    // The arrays are opened once for all steps: each change of an array asks whether it is shared.

    private static func siftUp(_ start: Int, _ ranks: inout [Rank], _ slots: inout [UInt32], _ places: inout [UInt32]) {
        ranks.withUnsafeMutableBufferPointer { ranks in
            slots.withUnsafeMutableBufferPointer { slots in
                places.withUnsafeMutableBufferPointer { places in
                    let (rank, slot) = (ranks[start], slots[start])
                    var place = start
                    while place > 0, rank < ranks[(place - 1) / 2] {
                        let parent = (place - 1) / 2
                        (ranks[place], slots[place]) = (ranks[parent], slots[parent])
                        places[Int(slots[place])] = UInt32(place)
                        place = parent
                    }
                    (ranks[place], slots[place]) = (rank, slot)
                    places[Int(slot)] = UInt32(place)
                }
            }
        }
    }

    private static func siftDown(
        _ start: Int, _ ranks: inout [Rank], _ slots: inout [UInt32], _ places: inout [UInt32]
    ) {
        ranks.withUnsafeMutableBufferPointer { ranks in
            slots.withUnsafeMutableBufferPointer { slots in
                places.withUnsafeMutableBufferPointer { places in
                    let (rank, slot) = (ranks[start], slots[start])
                    var place = start
                    while true {
                        var child = 2 * place + 1
                        guard child < ranks.count else { break }
                        if child + 1 < ranks.count, ranks[child + 1] < ranks[child] { child += 1 }
                        guard ranks[child] < rank else { break }
                        (ranks[place], slots[place]) = (ranks[child], slots[child])
                        places[Int(slots[place])] = UInt32(place)
                        place = child
                    }
                    (ranks[place], slots[place]) = (rank, slot)
                    places[Int(slot)] = UInt32(place)
                }
            }
        }
    }

    func checkInvariants(_ nodes: [Node], by ranker: By) -> [String] {
        var faults: [String] = []
        for place in ranks.indices {
            if place > 0, ranks[place] < ranks[(place - 1) / 2] { faults.append("place \(place) is below its parent") }
            if places[Int(slots[place])] != place { faults.append("slot \(slots[place]) is elsewhere") }
            if ranker.rank(of: nodes[Int(slots[place])]) < ranks[place] {
                faults.append("the rank of slot \(slots[place]) fell")
            }
        }
        if slots.count != ranks.count { faults.append("\(slots.count) slots, \(ranks.count) ranks") }
        if slots.contains(newcomer) { faults.append("the newcomer stands in the heap") }
        let placed = places.count { $0 != SlotLinks.none }
        if placed != slots.count { faults.append("\(placed) places for \(slots.count) slots") }
        return faults
    }
}

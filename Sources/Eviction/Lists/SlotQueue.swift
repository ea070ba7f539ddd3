/// The neighbours of a slot in the queue that it stands in.
struct SlotLinks: Sendable {
    /// Stands for "no slot".
    static let none = UInt32.max

    var newer = SlotLinks.none
    var older = SlotLinks.none
}

/// What a policy keeps for a slot, with room for its place in a queue.
protocol LinkedNode: Sendable {
    var links: SlotLinks { get set }
}

extension SlotLinks: LinkedNode {
    var links: SlotLinks {
        get { self }
        set { self = newValue }
    }
}

/// A queue through the nodes of an array: no object and no allocation for an entry. A slot stands in one queue at most.
struct SlotQueue: Sendable {
    private(set) var newest = SlotLinks.none
    private(set) var oldest = SlotLinks.none
    private(set) var count = 0

    mutating func push(_ slot: UInt32, in nodes: inout [some LinkedNode]) {
        nodes[Int(slot)].links = SlotLinks(newer: SlotLinks.none, older: newest)
        if newest == SlotLinks.none { oldest = slot } else { nodes[Int(newest)].links.newer = slot }
        newest = slot
        count += 1
    }

    mutating func unlink(_ slot: UInt32, in nodes: inout [some LinkedNode]) {
        let links = nodes[Int(slot)].links
        if links.newer == SlotLinks.none {
            newest = links.older
        } else {
            nodes[Int(links.newer)].links.older = links.older
        }
        if links.older == SlotLinks.none {
            oldest = links.newer
        } else {
            nodes[Int(links.older)].links.newer = links.newer
        }
        nodes[Int(slot)].links = SlotLinks()
        count -= 1
    }

    /// The slots from oldest to newest, and what is wrong with the links. O(n), for tests.
    func walk(_ nodes: [some LinkedNode]) -> (slots: [UInt32], faults: [String]) {
        var slots: [UInt32] = []
        var faults: [String] = []
        var slot = oldest
        var before = SlotLinks.none
        while slot != SlotLinks.none, slots.count <= count {
            guard slot < nodes.count else { return (slots, faults + ["slot \(slot) is outside the nodes"]) }
            if nodes[Int(slot)].links.older != before { faults.append("slot \(slot) does not point back to \(before)") }
            slots.append(slot)
            before = slot
            slot = nodes[Int(slot)].links.newer
        }
        if before != newest { faults.append("the walk ends at \(before), not at \(newest)") }
        if slots.count != count { faults.append("\(slots.count) slots are linked, \(count) are counted") }
        return (slots, faults)
    }
}

extension Array {
    /// Appends `filler` until `index` exists.
    mutating func extend(to index: Int, filler: Element) {
        guard index >= count else { return }
        if index >= capacity { reserveCapacity(Swift.max(index + 1, 64, count + count / 16)) }
        while count <= index { append(filler) }
    }

    /// Makes room for one more element. The storage grows by a sixteenth and not to the double: what a policy keeps for
    /// free slots counts against the budget of the entries.
    mutating func reserveSparingly() {
        if count == capacity { reserveCapacity(Swift.max(64, count + count / 16)) }
    }
}

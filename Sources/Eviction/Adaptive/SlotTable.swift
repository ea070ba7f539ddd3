/// Finds the slots of a few nodes by fingerprint, in 2 bytes a place: the fingerprints are read in the nodes. Open
/// addressing with linear probing for a number of slots that is known from the start; deleting shifts the followers back
/// (Knuth, "The Art of Computer Programming", vol. 3, section 6.4, algorithm R).
struct SlotTable: Sendable {
    /// A slot and one; 0: empty.
    private var places: [UInt16]
    private(set) var count = 0

    static let mostSlots = Int(UInt16.max) - 1

    /// - Parameter slots: the most there may be, at most `mostSlots`.
    init(slots: Int) {
        precondition(slots <= Self.mostSlots)
        // A quarter of the places stays empty: a search ends, and soon.
        places = [UInt16](repeating: 0, count: slots + slots / 3 + 2)
    }

    var footprint: Int { places.capacity * MemoryLayout<UInt16>.stride }

    private func home(_ fingerprint: UInt32) -> Int { Share.of(fingerprint, among: places.count) }
    private func next(_ place: Int) -> Int { place + 1 == places.count ? 0 : place + 1 }
    /// Steps from one place on to another.
    private func distance(_ from: Int, _ to: Int) -> Int { to >= from ? to - from : to - from + places.count }

    private func fingerprint(_ place: Int, _ nodes: [RankedStore.Node]) -> UInt32 {
        nodes[Int(places[place]) - 1].fingerprint
    }

    /// Its place, or the empty one where it would go.
    private func place(of fingerprint: UInt32, _ nodes: [RankedStore.Node]) -> Int {
        var place = home(fingerprint)
        while places[place] != 0, self.fingerprint(place, nodes) != fingerprint { place = next(place) }
        return place
    }

    /// `nodes` are by slot, here and below.
    func slot(of fingerprint: UInt32, in nodes: [RankedStore.Node]) -> UInt32? {
        let place = place(of: fingerprint, nodes)
        return places[place] == 0 ? nil : UInt32(places[place]) - 1
    }

    /// - Parameter slot: of a node whose fingerprint is not in the table.
    mutating func insert(_ slot: UInt32, in nodes: [RankedStore.Node]) {
        places[place(of: nodes[Int(slot)].fingerprint, nodes)] = UInt16(slot + 1)
        count += 1
    }

    /// - Parameter slot: one in the table, whose node still has its fingerprint.
    mutating func remove(_ slot: UInt32, in nodes: [RankedStore.Node]) {
        var hole = place(of: nodes[Int(slot)].fingerprint, nodes)
        guard places[hole] != 0 else { return }
        var at = next(hole)
        while places[at] != 0 {
            // It may fill the hole if the hole lies between its home and itself.
            if distance(home(fingerprint(at, nodes)), at) >= distance(hole, at) {
                places[hole] = places[at]
                hole = at
            }
            at = next(at)
        }
        places[hole] = 0
        count -= 1
    }

    func checkInvariants(_ nodes: [RankedStore.Node]) -> [String] {
        var faults: [String] = []
        let filled = places.indices.filter { places[$0] != 0 }
        if filled.count != count { faults.append("\(filled.count) places are filled, \(count) are counted") }
        if filled.contains(where: { place(of: fingerprint($0, nodes), nodes) != $0 }) {
            faults.append("a slot is not found by its fingerprint")
        }
        return faults
    }
}

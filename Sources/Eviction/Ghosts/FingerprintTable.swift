/// Finds slots by fingerprint: open addressing with linear probing, 8 bytes a place.
///
/// ```
/// place: | fingerprint 32 | slot 32 |      fingerprint 0: empty
/// ```
/// A fingerprint's home is its share of the places (`Share`), so that there may be any number of them. Deleting shifts
/// the followers back (Knuth, "The Art of Computer Programming", vol. 3, section 6.4, algorithm R): no tombstones. Two
/// keys of one fingerprint are one key here: who uses the table only guesses at the past.
struct FingerprintTable: Sendable {
    private var places = [UInt64](repeating: 0, count: 16)
    private(set) var count = 0

    var footprint: Int { places.capacity * MemoryLayout<UInt64>.stride }

    private func fingerprint(_ place: Int) -> UInt32 { UInt32(truncatingIfNeeded: places[place] >> 32) }
    private func home(_ fingerprint: UInt32) -> Int { Share.of(fingerprint, among: places.count) }
    private func next(_ place: Int) -> Int { place + 1 == places.count ? 0 : place + 1 }
    /// Steps from one place on to another.
    private func distance(_ from: Int, _ to: Int) -> Int { to >= from ? to - from : to - from + places.count }

    /// Its place, or the empty one where it would go.
    private func place(of fingerprint: UInt32) -> Int {
        var place = home(fingerprint)
        while places[place] != 0, self.fingerprint(place) != fingerprint { place = next(place) }
        return place
    }

    func slot(of fingerprint: UInt32) -> UInt32? {
        let place = place(of: fingerprint)
        return places[place] == 0 ? nil : UInt32(truncatingIfNeeded: places[place])
    }

    /// - Parameter fingerprint: not 0, and not in the table.
    mutating func insert(_ fingerprint: UInt32, slot: UInt32) {
        // A quarter of the places stays empty: a search ends, and soon.
        if (count + 1) * 4 > places.count * 3 { grow() }
        places[place(of: fingerprint)] = UInt64(fingerprint) << 32 | UInt64(slot)
        count += 1
    }

    mutating func remove(_ fingerprint: UInt32) {
        var hole = place(of: fingerprint)
        guard places[hole] != 0 else { return }
        var at = next(hole)
        while places[at] != 0 {
            // It may fill the hole if the hole lies between its home and itself.
            if distance(home(self.fingerprint(at)), at) >= distance(hole, at) {
                places[hole] = places[at]
                hole = at
            }
            at = next(at)
        }
        places[hole] = 0
        count -= 1
    }

    private mutating func grow() {
        let old = places
        places = [UInt64](repeating: 0, count: old.count + old.count / 4)
        for entry in old where entry != 0 { places[place(of: UInt32(truncatingIfNeeded: entry >> 32))] = entry }
    }

    func checkInvariants() -> [String] {
        var faults: [String] = []
        let filled = places.indices.filter { places[$0] != 0 }
        if filled.count != count { faults.append("\(filled.count) places are filled, \(count) are counted") }
        if filled.contains(where: { place(of: fingerprint($0)) != $0 }) { faults.append("a fingerprint is not found") }
        return faults
    }
}

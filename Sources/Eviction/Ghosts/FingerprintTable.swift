/// Finds slots by fingerprint: open addressing with linear probing, 8 bytes a place.
///
/// ```
/// place: | fingerprint 32 | slot 32 |      fingerprint 0: empty
/// ```
/// Deleting shifts the followers back (Knuth, "The Art of Computer Programming", vol. 3, section 6.4, algorithm R): no
/// tombstones. Two keys of one fingerprint are one key here: who uses the table only guesses at the past.
struct FingerprintTable: Sendable {
    private var places = [UInt64](repeating: 0, count: 16)
    private(set) var count = 0

    var footprint: Int { places.capacity * MemoryLayout<UInt64>.stride }

    private var mask: Int { places.count - 1 }
    private func fingerprint(_ place: Int) -> UInt32 { UInt32(truncatingIfNeeded: places[place] >> 32) }

    /// Its place, or the empty one where it would go.
    private func place(of fingerprint: UInt32) -> Int {
        var place = Int(fingerprint) & mask
        while places[place] != 0, self.fingerprint(place) != fingerprint { place = (place + 1) & mask }
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
        var next = (hole + 1) & mask
        while places[next] != 0 {
            let home = Int(self.fingerprint(next)) & mask
            // It may fill the hole if the hole lies between its home and itself.
            if (next - home) & mask >= (next - hole) & mask {
                places[hole] = places[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        places[hole] = 0
        count -= 1
    }

    private mutating func grow() {
        let old = places
        places = [UInt64](repeating: 0, count: old.count * 2)
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

/// Where the slots of a hash are: open addressing with linear probing, 8 bytes a place.
///
/// ```
/// place: | low half of the hash 32 | slot + 1: 32 |      0: empty
/// ```
/// A place's home follows from what is in it, so that growing and deleting look at nothing else. Deleting shifts the
/// followers back (Knuth, "The Art of Computer Programming", vol. 3, section 6.4, algorithm R): no tombstones. The half
/// hash only finds candidates; the caller compares the whole hash and the key.
struct KeyIndex {
    private var places: [UInt64]
    private(set) var count = 0

    /// `capacity` is a power of two.
    init(capacity: Int = 16) { places = [UInt64](repeating: 0, count: capacity) }

    var footprint: Int { places.capacity * MemoryLayout<UInt64>.stride }
    var capacity: Int { places.count }

    private var mask: Int { places.count - 1 }
    private func home(_ half: UInt32) -> Int { Int(half) & mask }

    /// The place of the first candidate that `isIt` accepts, and its slot.
    @inline(__always)
    func find(_ hash: UInt64, where isIt: (UInt32) -> Bool) -> (place: Int, slot: UInt32)? {
        let half = UInt32(truncatingIfNeeded: hash)
        var place = home(half)
        while true {
            let entry = places[place]
            if entry == 0 { return nil }
            if UInt32(truncatingIfNeeded: entry >> 32) == half {
                let slot = UInt32(truncatingIfNeeded: entry) - 1
                if isIt(slot) { return (place, slot) }
            }
            place = (place + 1) & mask
        }
    }

    mutating func insert(_ hash: UInt64, slot: UInt32) {
        // A quarter of the places stays empty: `find` ends, and soon.
        if (count + 1) * 4 > places.count * 3 { grow() }
        file(UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(slot + 1))
        count += 1
    }

    /// Puts another slot of the same key in the place.
    mutating func replace(at place: Int, slot: UInt32) {
        places[place] = places[place] & 0xffff_ffff_0000_0000 | UInt64(slot + 1)
    }

    mutating func remove(at place: Int) {
        var hole = place
        var next = (hole + 1) & mask
        while places[next] != 0 {
            let home = home(UInt32(truncatingIfNeeded: places[next] >> 32))
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

    private mutating func file(_ entry: UInt64) {
        var place = home(UInt32(truncatingIfNeeded: entry >> 32))
        while places[place] != 0 { place = (place + 1) & mask }
        places[place] = entry
    }

    private mutating func grow() {
        let old = places
        places = [UInt64](repeating: 0, count: old.count * 2)
        for entry in old where entry != 0 { file(entry) }
    }

    /// For tests: half hash and slot of each filled place.
    var contents: [(half: UInt32, slot: UInt32)] {
        places.filter { $0 != 0 }.map { (UInt32(truncatingIfNeeded: $0 >> 32), UInt32(truncatingIfNeeded: $0) - 1) }
    }
}

/// Where the slots of a hash are: open addressing with linear probing, 8 bytes a place.
///
/// ```
/// place: | low half of the hash 32 | slot + 1: 32 |      0: empty
/// ```
/// The home of a half is its share of the places (half × places ÷ 2^32; Lemire, "Fast random integer generation in an
/// interval", ACM TOMACS 29, 2019), so that there may be any number of them and the table grows by an eighth.
/// A place's home follows from what is in it, so that growing and deleting look at nothing else. Deleting shifts the
/// followers back (Knuth, "The Art of Computer Programming", vol. 3, section 6.4, algorithm R): no tombstones. The half
/// hash only finds candidates; the caller compares the whole hash and the key.
struct KeyIndex {
    private var places: [UInt64]
    private(set) var count = 0

    init(capacity: Int = 16) { places = [UInt64](repeating: 0, count: capacity) }

    var footprint: Int { places.capacity * MemoryLayout<UInt64>.stride }
    var capacity: Int { places.count }

    /// What the index keeps of a hash.
    @inline(__always)
    static func half(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) }

    @inline(__always)
    private static func home(_ half: UInt32, of count: Int) -> Int {
        // A shift binds tighter than a product.
        Int(truncatingIfNeeded: (UInt64(half) &* UInt64(count)) >> 32)
    }

    @inline(__always)
    private static func next(_ place: Int, of count: Int) -> Int { place + 1 == count ? 0 : place + 1 }

    /// Steps from one place on to another.
    private func distance(_ from: Int, _ to: Int) -> Int { to >= from ? to - from : to - from + places.count }

    /// The place of the first candidate that `isIt` accepts, and its slot.
    @inline(__always)
    func find(half: UInt32, where isIt: (UInt32) -> Bool) -> (place: Int, slot: UInt32)? {
        places.withUnsafeBufferPointer { places in
            var place = Self.home(half, of: places.count)
            while true {
                let entry = places[place]
                if entry == 0 { return nil }
                if UInt32(truncatingIfNeeded: entry >> 32) == half {
                    let slot = UInt32(truncatingIfNeeded: entry) - 1
                    if isIt(slot) { return (place, slot) }
                }
                place = Self.next(place, of: places.count)
            }
        }
    }

    mutating func insert(_ hash: UInt64, slot: UInt32) {
        // A quarter of the places stays empty: `find` ends, and soon.
        if (count + 1) * 4 > places.count * 3 { grow() }
        let entry = UInt64(Self.half(hash)) << 32 | UInt64(slot + 1)
        places.withUnsafeMutableBufferPointer { Self.file(entry, in: $0) }
        count += 1
    }

    /// Puts another slot of the same key in the place.
    mutating func replace(at place: Int, slot: UInt32) {
        places[place] = places[place] & 0xffff_ffff_0000_0000 | UInt64(slot + 1)
    }

    mutating func remove(at place: Int) {
        var hole = place
        var at = Self.next(hole, of: places.count)
        while places[at] != 0 {
            let home = Self.home(UInt32(truncatingIfNeeded: places[at] >> 32), of: places.count)
            // It may fill the hole if the hole lies between its home and itself.
            if distance(home, at) >= distance(hole, at) {
                places[hole] = places[at]
                hole = at
            }
            at = Self.next(at, of: places.count)
        }
        places[hole] = 0
        count -= 1
    }

    private static func file(_ entry: UInt64, in places: UnsafeMutableBufferPointer<UInt64>) {
        var place = home(UInt32(truncatingIfNeeded: entry >> 32), of: places.count)
        while places[place] != 0 { place = next(place, of: places.count) }
        places[place] = entry
    }

    private mutating func grow() {
        let old = places
        places = [UInt64](repeating: 0, count: old.count + old.count / 8)
        places.withUnsafeMutableBufferPointer { places in
            old.withUnsafeBufferPointer { for entry in $0 where entry != 0 { Self.file(entry, in: places) } }
        }
    }

    /// For tests: how far behind its home each entry is.
    var distances: [Int] {
        places.indices.filter { places[$0] != 0 }.map { place in
            distance(Self.home(UInt32(truncatingIfNeeded: places[place] >> 32), of: places.count), place)
        }
    }

    /// For tests: half hash and slot of each filled place.
    var contents: [(half: UInt32, slot: UInt32)] {
        places.filter { $0 != 0 }.map { (UInt32(truncatingIfNeeded: $0 >> 32), UInt32(truncatingIfNeeded: $0) - 1) }
    }
}

import Testing

@testable import DiskTier

@Suite("the index")
struct IndexTests {
    private static func slot(_ digest: UInt64, _ value: UInt32, length: Int = 100) -> IndexSlot {
        IndexSlot(
            digest: digest, place: Place(segment: value, offset: value), length: length, external: false, expiry: 1)
    }

    @Test("agrees with a dictionary, whatever is put in and taken out", arguments: [1, 2, 3])
    func model(seed: Int) {
        let index = DiskIndex()
        var model: [UInt64: UInt32] = [:]
        var random = Random(seed)
        // Few shards and close digests: long runs, wrapped around the end.
        let digests = (0..<3_000).map { number -> UInt64 in
            number % 3 == 0 ? random.next() : UInt64.max - UInt64(random.below(2_000)) * (number % 3 == 1 ? 1 : 1 << 40)
        }
        for step in 1...60_000 as ClosedRange<UInt32> {
            let digest = digests[random.below(step < 40_000 ? 3_000 : 300)]
            if random.below(step % 20_000 < 12_000 ? 4 : 2) == 0 {
                let expected = model.removeValue(forKey: digest)
                #expect(index.remove(digest)?.place.segment == expected)
            } else {
                let expected = model.updateValue(step, forKey: digest)
                #expect(index.insert(Self.slot(digest, step))?.place.segment == expected)
            }
        }
        #expect(index.count == model.count)
        for digest in digests { #expect(index[digest]?.place.segment == model[digest]) }
    }

    @Test("holds a record in at most 48 bytes", arguments: [80_000, 120_000, 180_000])
    func footprint(count: Int) {
        #expect(MemoryLayout<IndexSlot>.stride == 24)
        let index = DiskIndex()
        var random = Random(count)
        var digests: [UInt64] = []
        for number in 0..<count {
            digests.append(random.next())
            index.insert(Self.slot(digests[number], 1))
        }
        #expect(index.footprint <= 48 * count)
        for digest in digests[..<(count / 2)] { index.remove(digest) }
        #expect(index.footprint <= 49 * index.count)
    }

    @Test("a mark and a conditional removal count only for the record that was meant")
    func conditional() {
        let index = DiskIndex()
        index.insert(Self.slot(5, 1))
        index.markHit(5, at: Place(segment: 2, offset: 2))
        #expect(index[5]?.wasHit == false)
        index.markHit(5, at: Place(segment: 1, offset: 1))
        #expect(index[5]?.wasHit == true)
        #expect(index[5]?.length == 100)
        #expect(!index.remove(5, at: Place(segment: 2, offset: 2)))
        #expect(index.remove(5, at: Place(segment: 1, offset: 1)))
        #expect(index[5] == nil)
    }

    @Test(
        "keeps the expiry in seconds, rounded up and within its bounds",
        arguments: [(0, 0), (1, 1), (1_000, 1), (1_001, 2), (.max, .max), (-5, 0)] as [(Int64, UInt32)])
    func expiry(milliseconds: Int64, seconds: UInt32) {
        let slot = IndexSlot(
            digest: 1, place: Place(segment: 1, offset: 1), length: (1 << 30) - 1, external: true, expiry: milliseconds)
        #expect(slot.expirySeconds == seconds)
        #expect(slot.isExternal && slot.length == (1 << 30) - 1)
    }
}

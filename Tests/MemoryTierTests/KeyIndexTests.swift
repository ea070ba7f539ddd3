import Testing

@testable import MemoryTier

@Suite struct KeyIndexTests {
    /// Linear probing at up to three quarters: 1.5 places on average (Knuth, vol. 3, section 6.4, theorem K).
    @Test("entries are near their homes, while it grows and when some have gone", arguments: [100, 1_000, 20_000])
    func near(count: Int) {
        var index = KeyIndex()
        var random = SystemRandomNumberGenerator()
        for slot in 0..<count { index.insert(random.next(), slot: UInt32(slot)) }
        func mean() -> Double { Double(index.distances.reduce(0, +)) / Double(index.count) }
        #expect(mean() < 6)
        for (half, slot) in index.contents where slot % 3 == 0 {
            let found = index.find(half: half) { $0 == slot }
            if let found { index.remove(at: found.place) }
        }
        #expect(index.count == count - (count + 2) / 3)
        #expect(mean() < 6)
    }
}

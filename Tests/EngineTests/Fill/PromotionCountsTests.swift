import CacheModel
import Engine
import TestSupport
import Testing

@Suite("counts for promote: N")
struct PromotionCountsTests {
    private static func key(_ number: Int) -> TierKey { TierKey(primary: CacheKey(bytes: Array("key \(number)".utf8))) }

    @Test("every N-th hit is due, of each key by itself")
    func everyNth() {
        let counts = PromotionCounts()
        for round in 1...9 {
            for number in 0..<5 { #expect(counts.isDue(Self.key(number), after: 3) == (round % 3 == 0)) }
        }
    }

    @Test("keys that come in turn are due although there are more of them than are counted anew")
    func manyKeys() {
        let counts = PromotionCounts(most: 1000)
        for round in 1...2 {
            for number in 0..<1500 where counts.isDue(Self.key(number), after: 2) != (round == 2) {
                Issue.record("\(number) in round \(round)")
            }
        }
    }

    @Test("what is not hit for long is forgotten")
    func forgotten() {
        let counts = PromotionCounts(most: 1000)
        #expect(!counts.isDue(Self.key(-1), after: 2))
        for number in 0..<3000 { #expect(!counts.isDue(Self.key(number), after: 2)) }
        #expect(!counts.isDue(Self.key(-1), after: 2))
    }
}

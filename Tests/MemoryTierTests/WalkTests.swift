import CacheModel
import Eviction
import MemoryTier
import Testing

@Suite struct WalkTests {
    let tier = MemoryTier(.init(capacity: 16 << 20, policy: .lru, maxObject: 1000, shards: 8))

    private func walk(limit: Int, between: (Int) -> Void = { _ in }) -> [String] {
        var keys: [String] = []
        var cursor: UInt64? = 0
        var pages = 0
        while let at = cursor, pages < 20_000 {
            let page = tier.page(cursor: at, limit: limit)
            #expect(page.entries.count <= max(1, limit))
            keys += page.entries.map { $0.keyText + $0.selectionText }
            cursor = page.next
            between(pages)
            pages += 1
        }
        return keys
    }

    @Test("pages bring every entry once, variants too", arguments: [0, 1, 7, 100, 5000])
    func once(limit: Int) {
        for number in 0..<1000 {
            tier.store(response("\(number)"))
            if number % 10 == 0 { tier.store(response("\(number)", selection: " v")) }
        }
        let keys = walk(limit: limit)
        #expect(keys.count == 1100)
        #expect(Set(keys).count == 1100)
    }

    @Test("an empty tier has one empty page")
    func empty() {
        let page = tier.page(cursor: 0, limit: 10)
        #expect(page.entries.isEmpty)
        #expect(page.next == nil)
    }

    @Test("entries that stay come up once although others come and go")
    func changing() {
        for number in 0..<500 {
            tier.store(response("stays \(number)"))
            tier.store(response("goes \(number)"))
        }
        let keys = walk(limit: 10) { page in
            _ = tier.dropAll("goes \(page * 3)")
            tier.store(response("comes \(page)"))
        }
        let staying = keys.filter { $0.hasPrefix("stays") }
        #expect(staying.count == 500)
        #expect(Set(staying).count == 500)
    }

    @Test(
        "any number is a safe cursor",
        arguments: [.max, 1 << 32, 8 << 32, 7 << 32 | 0xffff_ffff, 0xffff_ffff] as [UInt64])
    func anyCursor(cursor: UInt64) {
        for number in 0..<100 { tier.store(response("\(number)")) }
        let page = tier.page(cursor: cursor, limit: 1000)
        #expect(page.entries.count <= 100)
        #expect(page.next == nil)
    }
}

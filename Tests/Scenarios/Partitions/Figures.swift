import Foundation
import TestSupport
import Testing

extension PartitionStories {
    @Suite("Statistics of partitions")
    struct Figures {
        @Test("what each partition counts adds up to what is told of the tier")
        func sums() async throws {
            let setting = try await PartitionStories.start([.memory, .redis, .disk])
            for number in 0..<12 {
                for target in ["/page/\(number)?max-age=600", "/page/shop/\(number % 4)?max-age=600"] {
                    _ = try await setting.get(target)
                    if number % 3 == 0 { _ = try await setting.get(target, blue) }
                }
            }
            try await setting.settle()
            let names = ["default", "shop", "blue"]
            for layer in ["l1_memory", "l2_redis", "l3_disk"] {
                for figure in ["hits", "misses", "writes", "entries", "evictions", "capacity", "promotions"] {
                    guard let total = try await setting.layer(layer)[figure] as? Int else { continue }
                    var sum = 0
                    for name in names { sum += try await setting.figure(figure, in: layer, of: name) }
                    #expect(sum == total, "\(figure) of \(layer)")
                }
            }
            // 12 pages of no partition, 4 of the shop; a tenant had every third of both.
            #expect(try await setting.figure("entries", in: "l1_memory", of: "default") == 12)
            #expect(try await setting.figure("entries", in: "l1_memory", of: "shop") == 4)
            #expect(try await setting.figure("entries", in: "l3_disk", of: "blue") == 8)
            #expect(try await setting.figure("hits", in: "l1_memory", of: "shop") == 8)
            #expect(try await setting.figure("capacity", in: "l3_disk") == 256 << 20)
        }
    }
}

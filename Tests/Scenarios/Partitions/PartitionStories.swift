import Foundation
import TestSupport
import Testing

/// Stories about partitions, one after another: each has processes of its own.
@Suite("Partitions", .serialized)
enum PartitionStories {
    /// A shop by its path, a tenant by a field of the request; all else in the default one.
    static func start(
        _ layers: Set<Setting.Layer> = [.memory, .disk], purge: String = "{}"
    ) async throws -> Setting {
        let shares = layers.subtracting([.redis]).map { "\($0.rawValue): 16MB" }.sorted().joined(separator: ", ")
        return try await Setting.start(layers) {
            $0.site = """
                rules:
                  - { match: { header: { X-Tenant: blue } }, partition: blue }
                  - { match: { path: "/page/shop/*" }, partition: shop }
                """
            $0.also = """
                partitions: { shop: { \(shares) }, blue: { \(shares) } }
                purge: \(purge)
                """
        }
    }

    static let blue = ["X-Tenant: blue"]
}

extension Setting {
    /// A tier's members of `/cache/stats`, of one partition or of all.
    func layer(_ layer: String, of partition: String? = nil) async throws -> [String: Any] {
        let answer = try await proxy.askAdmin("GET", "/cache/stats")
        var statistics = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        if let partition {
            statistics = (statistics?["partitions"] as? [String: Any])?[partition] as? [String: Any]
        }
        guard let layers = statistics?["layers"] as? [String: Any], let found = layers[layer] as? [String: Any] else {
            throw TestFailure("no \(layer) of \(partition ?? "all") in \(answer.text)")
        }
        return found
    }

    func figure(_ name: String, in layer: String, of partition: String? = nil) async throws -> Int {
        try await self.layer(layer, of: partition)[name] as? Int ?? -1
    }
}

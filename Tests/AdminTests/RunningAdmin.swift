import Admin
import CacheModel
import Engine
import Foundation
import HTTPMessage
import Invalidation
import Synchronization
import TestSupport

/// A proxy that tells what the test wants told.
final class ToldProxy: ProxyControl {
    private let state: Mutex<(ProxyStatistics, Readiness)>

    init(_ statistics: ProxyStatistics = ProxyStatistics(), _ readiness: Readiness = .ready) {
        state = Mutex((statistics, readiness))
    }

    func statistics() -> ProxyStatistics { state.withLock { $0.0 } }
    /// As the tiers of the statistics.
    func layers() -> [LayerReport] {
        let statistics = self.statistics()
        return statistics.tiers.map { name, tier in
            LayerReport(
                name: name,
                settings: [
                    ("max_object", .bytes(1 << 20)), ("timeout", .milliseconds(50)),
                    ("partitions", .group(["default": .bytes(7), "shop": .flag(true)])),
                ],
                statistics: tier, figures: statistics.figures[name])
        }
    }

    var readiness: Readiness { state.withLock { $0.1 } }

    // MARK: Invalidations

    /// What was purged, and what came to nothing before.
    let purged = Mutex<[(wish: PurgeWish, caller: PurgeCaller)]>([])
    let refused = Mutex<[(answer: PurgeAnswer, caller: PurgeCaller)]>([])
    let tokens = Mutex(PurgeTokens([]))
    let told = Mutex<[PurgeAnswer]>([])
    let page = Mutex(KeyPage(entries: [], cursor: nil))
    let asked = Mutex<[KeyQuery]>([])

    var purgeTokens: PurgeTokens { tokens.withLock { $0 } }

    /// Says what the test wants, or that it was purged.
    func purge(_ wish: PurgeWish, by caller: PurgeCaller) async -> PurgeAnswer {
        purged.withLock { $0.append((wish, caller)) }
        if let next = told.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return next }
        do throws(PurgeMistake) {
            let order = try PurgeOrder(wish) { _, _ in QueryRules() }
            return PurgeAnswer(status: 200, order: order, position: Position(epoch: 1, n: 7))
        } catch {
            return PurgeAnswer(status: 400, error: error.sentence, field: error.field)
        }
    }

    func refusePurge(_ answer: PurgeAnswer, by caller: PurgeCaller) {
        refused.withLock { $0.append((answer, caller)) }
    }

    func keys(_ query: KeyQuery) async throws(PurgeMistake) -> KeyPage {
        asked.withLock { $0.append(query) }
        return page.withLock { $0 }
    }

    func become(_ readiness: Readiness) { state.withLock { $0.1 = readiness } }
}

/// Serves on a free port for the time of the body, then stops by cancellation.
func withAdmin<Value: Sendable>(
    _ control: ToldProxy = ToldProxy(), host: String = "127.0.0.1", token: String? = nil,
    _ body: @escaping @Sendable (Address) async throws -> Value
) async throws -> Value {
    let server = AdminServer(
        configuration: AdminServer.Configuration(host: host, port: 0, token: token), control: control)
    let (bound, continuation) = AsyncStream<String>.makeStream()
    return try await withThrowingTaskGroup(of: Value?.self) { tasks in
        tasks.addTask {
            defer { continuation.finish() }
            try await server.run { continuation.yield($0) }
            return nil
        }
        tasks.addTask {
            for await text in bound {
                guard let address = Address(text) else { throw TestFailure("no address: \(text)") }
                return try await body(address)
            }
            throw TestFailure("the server ended before it was bound")
        }
        var result: Value?
        while let next = try await tasks.next() {
            if let next {
                result = next
                tasks.cancelAll()
            }
        }
        guard let result else { throw TestFailure("no result") }
        return result
    }
}

extension RawResponse {
    var json: [String: Any] {
        get throws {
            guard let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
                throw TestFailure("no object: \(text)")
            }
            return object
        }
    }
}

internal import CacheModel
internal import HTTPMessage
internal import Invalidation
internal import Logging
internal import NIOCore

/// One accepted `PURGE`: appends the record, deletes what it names where that is cheap, and answers. The record is
/// what makes the purge true; deleting is garbage collection, and gives the counts.
final class PurgeRequest: RequestTask, @unchecked Sendable {
    // Safe because everything mutable is touched on `loop` only.

    private let order: PurgeOrder
    private let engine: Engine
    private let loop: any EngineLoop
    private var client: (any ClientStream)?

    init(_ order: PurgeOrder, engine: Engine, loop: any EngineLoop, client: any ClientStream) {
        self.order = order
        self.engine = engine
        self.loop = loop
        self.client = client
    }

    func begin() {
        engine.components.log.append(mode: order.mode, selectors: order.selectors, wait: order.wait) { result in
            self.loop.execute { self.logged(result) }
        }
    }

    private func logged(_ result: Result<LogReceipt, LogFailure>) {
        switch result {
        case .failure(let failure):
            answer(
                SyntheticAnswer(
                    status: 503, text: "the purge could not be written: \(failure.text)",
                    json: #"{"purged":false,"error":\#(JSONText.quoted(Array(failure.text.utf8)))}"#))
        case .success(let receipt):
            engine.logger.info(
                "purged",
                metadata: [
                    "selector": "\(order.json)", "position": "\(receipt.position?.text ?? "not in the log yet")",
                ])
            Collector.collect(order.keys, engine: engine, loop: loop) { counts in
                self.answer(
                    SyntheticAnswer(
                        status: receipt.isComplete ? 200 : 202, text: "", json: self.json(receipt, counts),
                        result: .purge))
            }
        }
    }

    private func json(_ receipt: LogReceipt, _ counts: [TierName: Int]) -> String {
        var tiers: [TierName] = engine.components.memory == nil ? [] : [.memory]
        tiers += engine.components.slower.map(\.tier.name)
        let counted = tiers.map { tier in
            "\"\(tier.rawValue)\":" + (order.keys.isEmpty ? "null" : String(counts[tier] ?? 0))
        }
        let mode = order.mode == .hard ? "hard" : "soft"
        let position = receipt.position.map { "\"\($0.text)\"" } ?? "null"
        let instances = receipt.instances
        return #"{"purged":true,"selector":\#(order.json),"mode":"\#(mode)","position":\#(position),"#
            + #""tiers":{\#(counted.joined(separator: ","))},"instances":{"live":\#(instances.live),"#
            + #""applied":\#(instances.applied),"silent":\#(instances.silent)}}"#
    }

    private func answer(_ answer: SyntheticAnswer) {
        guard let client else { return }
        self.client = nil
        client.sendHead(answer.head(isHead: false))
        _ = client.sendBody(answer.body)
        client.finish()
    }

    func clientCanTakeMore() {}
    func clientBody(_ bytes: ByteBuffer) {}
    func clientBodyEnded() {}
    func clientGone() { client = nil }
}

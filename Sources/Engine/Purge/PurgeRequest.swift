internal import CacheModel
internal import HTTPMessage
internal import Invalidation
internal import Logging
internal import MemoryTier
internal import NIOCore

/// One accepted `PURGE`: appends the record, deletes what it names where that is cheap, and answers. The record is
/// what makes the purge true; deleting is garbage collection, and gives the counts.
final class PurgeRequest: RequestTask, @unchecked Sendable {
    // Safe because everything mutable is touched on `loop` only.

    private let order: PurgeOrder
    private let engine: Engine
    private let loop: any EngineLoop
    private var client: (any ClientStream)?
    /// Entries removed, or made stale, by tier.
    private var counts: [TierName: Int] = [:]
    private var unfinished = 0

    init(_ order: PurgeOrder, engine: Engine, loop: any EngineLoop, client: any ClientStream) {
        self.order = order
        self.engine = engine
        self.loop = loop
        self.client = client
    }

    func begin() {
        engine.components.log.append(mode: order.mode, selectors: order.selectors) { result in
            self.loop.execute { self.logged(result) }
        }
    }

    private func logged(_ result: Result<Position, LogFailure>) {
        switch result {
        case .failure(let failure):
            answer(
                SyntheticAnswer(
                    status: 503, text: "the purge could not be written: \(failure.text)",
                    json: #"{"purged":false,"error":\#(JSONText.quoted(Array(failure.text.utf8)))}"#))
        case .success(let position):
            engine.logger.info(
                "purged", metadata: ["selector": "\(order.json)", "position": "\(position.text)"])
            collect(upTo: position)
        }
    }

    // MARK: Deleting

    private func collect(upTo position: Position) {
        unfinished = 1
        for key in order.keys {
            if let memory = engine.components.memory { collect(key, from: memory) }
            for setup in engine.components.slower {
                visit(TierKey(primary: key), in: setup.tier, position)
            }
        }
        finishOne(position)
    }

    private func collect(_ key: CacheKey, from memory: MemoryTier) {
        key.bytes.withUnsafeBytes { bytes in
            let hash = memory.hash(bytes)
            for response in memory.variants(hash: hash, key: bytes) {
                switch engine.judge(response) {
                case .gone:
                    let removed = memory.remove(
                        hash: hash, key: bytes, selection: response.selection, entryID: response.meta.entryID)
                    if removed { counts[.memory, default: 0] += 1 }
                case .stale: counts[.memory, default: 0] += 1
                case .valid, .unknown: break
                }
            }
        }
    }

    private func visit(_ key: TierKey, in tier: any Tier, _ position: Position) {
        unfinished += 1
        tier.read(key, on: loop) { read in
            if case .hit(let record) = read { self.found(record, key, in: tier, position) }
            self.finishOne(position)
        }
    }

    private func found(_ record: Record, _ key: TierKey, in tier: any Tier, _ position: Position) {
        switch record {
        case .variants(let index):
            // A list under a selection is none that Strata wrote.
            guard key.selection.isEmpty else { return }
            for selection in index.selections {
                visit(TierKey(primary: key.primary, selection: selection), in: tier, position)
            }
        case .response(let response):
            switch engine.judge(response) {
            case .gone:
                unfinished += 1
                tier.remove(key, entryID: response.meta.entryID, on: loop) { removed in
                    if removed == true { self.counts[tier.name, default: 0] += 1 }
                    self.finishOne(position)
                }
            case .stale: counts[tier.name, default: 0] += 1
            case .valid, .unknown: break
            }
        }
    }

    private func finishOne(_ position: Position) {
        unfinished -= 1
        guard unfinished == 0 else { return }
        answer(SyntheticAnswer(status: 200, text: "", json: json(position), result: .purge))
    }

    private func json(_ position: Position) -> String {
        var tiers: [TierName] = engine.components.memory == nil ? [] : [.memory]
        tiers += engine.components.slower.map(\.tier.name)
        let counted = tiers.map { tier in
            "\"\(tier.rawValue)\":" + (order.keys.isEmpty ? "null" : String(counts[tier] ?? 0))
        }
        let mode = order.mode == .hard ? "hard" : "soft"
        return #"{"purged":true,"selector":\#(order.json),"mode":"\#(mode)","position":"\#(position.text)","#
            + #""tiers":{\#(counted.joined(separator: ","))},"instances":{"live":1,"applied":1,"silent":0}}"#
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

package import CacheModel
package import Invalidation

/// What became of a purge, as every interface tells it.
package struct PurgeAnswer: Sendable {
    /// 200: logged, and applied wherever the caller asked to wait; 202: logged, but not everywhere in time; 400, 403,
    /// 429, 503: nothing was purged.
    package var status: Int
    /// Why nothing was purged; empty when it was.
    package var error = ""
    /// The field that is wrong, of a 400.
    package var field: String?
    package var order: PurgeOrder?
    /// Its place in the log; nil while the log is out of reach.
    package var position: Position?
    /// Entries found by tier; nil where they are not counted.
    package var tiers: [(name: TierName, count: Int?)] = []
    package var instances = InstanceCounts(live: 1, applied: 1, silent: 0)

    package var isPurged: Bool { status == 200 || status == 202 }
    package var positionText: String? { position?.text }

    package init(
        status: Int, error: String = "", field: String? = nil, order: PurgeOrder? = nil, position: Position? = nil
    ) {
        self.status = status
        self.error = error
        self.field = field
        self.order = order
        self.position = position
    }

    /// One object; the members of an accepted purge are those of design.md section 8.
    package var json: String {
        guard let order, isPurged else {
            let named = field.map { #","field":\#(JSONText.quoted($0))"# } ?? ""
            return #"{"purged":false,"error":\#(JSONText.quoted(error))\#(named)}"#
        }
        let counts = tiers.map { tier in "\"\(tier.name.rawValue)\":\(tier.count.map(String.init) ?? "null")" }
        let mode = order.mode == .hard ? "hard" : "soft"
        let position = positionText.map { "\"\($0)\"" } ?? "null"
        let refresh = order.wish.refresh ? #","refresh":true"# : ""
        let again = order.wish.againMilliseconds.map { #","again":"\#($0)ms""# } ?? ""
        return
            #"{"purged":true,"selector":\#(order.json),"mode":"\#(mode)"\#(refresh)\#(again),"position":\#(position),"#
            + #""tiers":{\#(counts.joined(separator: ","))},"instances":{"live":\#(instances.live),"#
            + #""applied":\#(instances.applied),"silent":\#(instances.silent)}}"#
    }
}

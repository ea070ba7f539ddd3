internal import RedisLocation

/// Which node serves which key, as far as it is known.
struct Layout: Sendable {
    private enum Place {
        case nowhere
        /// A server alone, or the master that sentinels named.
        case one(Node)
        /// By slot the index of its node, `unserved` where there is none.
        case slots([UInt16], [Node])
    }

    private static let unserved = UInt16.max
    private var place = Place.nowhere

    static let empty = Layout()

    private init() {}

    init(_ node: Node) { place = .one(node) }

    init(_ ranges: SlotRanges, node: (RedisAddress) -> Node) {
        var table = [UInt16](repeating: Self.unserved, count: SlotHash.count)
        var nodes: [Node] = []
        var indexes: [RedisAddress: UInt16] = [:]
        for range in ranges.ranges {
            // A cluster has at most 1000 nodes by its specification; slots of more are left unserved.
            guard nodes.count < 4096 else { break }
            let index = indexes[range.master] ?? UInt16(nodes.count)
            if indexes[range.master] == nil {
                indexes[range.master] = index
                nodes.append(node(range.master))
            }
            for slot in range.slots { table[slot] = index }
        }
        place = .slots(table, nodes)
    }

    func node(slot: Int) -> Node? {
        switch place {
        case .nowhere: return nil
        case .one(let node): return node
        case .slots(let table, let nodes):
            let index = table[slot]
            return index == Self.unserved ? nil : nodes[Int(index)]
        }
    }

    var nodes: [Node] {
        switch place {
        case .nowhere: []
        case .one(let node): [node]
        case .slots(_, let nodes): nodes
        }
    }

    /// That slot is with that node from now on.
    mutating func move(slot: Int, to node: Node) {
        guard case .slots(var table, var nodes) = place else { return }
        place = .nowhere
        if let index = nodes.firstIndex(where: { $0 === node }) {
            table[slot] = UInt16(index)
        } else if nodes.count < 4096 {
            nodes.append(node)
            table[slot] = UInt16(nodes.count - 1)
        }
        place = .slots(table, nodes)
    }
}

/// W-TinyLFU with an adaptive window (Einziger, Friedman and Manes, "TinyLFU: a highly efficient cache admission policy",
/// ACM Transactions on Storage 13, 2017; the window by `WindowClimber`). Newcomers enter a window in the order of use. Who
/// falls out of it competes with the oldest of the main space, and whom the sketch has seen less often goes. The main
/// space is in two parts: `probation`, and `protected` for who was used there.
///
/// Shares are bytes. A large candidate is not refused for its size: he competes with one victim after the other.
package struct WTinyLFU: EvictionPolicy {
    private var nodes: [Node] = []
    private var window = Segment()
    private var probation = Segment()
    private var protected = Segment()
    private var sketch = FrequencySketch()
    private var climber: WindowClimber
    private var windowShare: Int
    private var protectedShare: Int
    /// The oldest in `probation` of those who fell out of the window and have not won yet.
    private var candidate = SlotLinks.none

    private static let firstWindowShare = 0.01
    private static let protectedPart = 0.8

    struct Node: LinkedNode {
        enum Place: UInt8 { case window, probation, protected }

        var links = SlotLinks()
        var size: UInt32 = 0
        var fingerprint: UInt32 = 0
        var place = Place.window
    }

    private struct Segment: Sendable {
        var queue = SlotQueue()
        var bytes = 0
    }

    package init(capacity: Int) {
        windowShare = Int(Double(capacity) * Self.firstWindowShare)
        protectedShare = Int(Double(capacity - windowShare) * Self.protectedPart)
        climber = WindowClimber(capacity: capacity)
    }

    package var count: Int { window.queue.count + probation.queue.count + protected.queue.count }
    package var footprint: Int { nodes.capacity * MemoryLayout<Node>.stride + sketch.footprint }

    package mutating func insert(_ slot: UInt32, hash: UInt64, size: UInt32, cost: UInt32) {
        nodes.extend(to: Int(slot), filler: Node())
        nodes[Int(slot)] = Node(size: size, fingerprint: GhostQueue.fingerprint(hash))
        push(slot, .window)
        sketch.grow(to: count)
        record(slot, hit: false)
    }

    package mutating func hit(_ slot: UInt32) {
        move(slot, nodes[Int(slot)].place == .window ? .window : .protected)
        while protected.bytes > protectedShare, protected.queue.count > 1 { move(protected.queue.oldest, .probation) }
        record(slot, hit: true)
    }

    package mutating func update(_ slot: UInt32, size: UInt32, cost: UInt32) {
        let place = nodes[Int(slot)].place
        unlink(slot)
        nodes[Int(slot)].size = size
        push(slot, place)
        hit(slot)
    }

    package mutating func remove(_ slot: UInt32) { unlink(slot) }

    package mutating func evict() -> UInt32? {
        while window.bytes > windowShare, window.queue.count > 1 {
            let demoted = window.queue.oldest
            move(demoted, .probation)
            if candidate == SlotLinks.none { candidate = demoted }
        }
        let victim = mainVictim()
        guard candidate != SlotLinks.none, victim != candidate else { return take(victim) }
        guard sketch.frequency(nodes[Int(candidate)].fingerprint) > sketch.frequency(nodes[Int(victim)].fingerprint)
        else { return take(candidate) }
        return take(victim)
    }

    /// The oldest of the main space, or of the window where that is all there is.
    private func mainVictim() -> UInt32 {
        if probation.queue.count > 0 { return probation.queue.oldest }
        return protected.queue.count > 0 ? protected.queue.oldest : window.queue.oldest
    }

    private mutating func take(_ slot: UInt32) -> UInt32? {
        guard slot != SlotLinks.none else { return nil }
        unlink(slot)
        return slot
    }

    private mutating func record(_ slot: UInt32, hit: Bool) {
        sketch.increment(nodes[Int(slot)].fingerprint)
        let change = climber.record(hit: hit, entries: count)
        guard change != 0 else { return }
        // What the window gains, `protected` loses, and the other way round.
        let most = windowShare + protectedShare
        let share = min(max(1, windowShare + change), most)
        protectedShare = most - share
        windowShare = share
    }

    private mutating func move(_ slot: UInt32, _ place: Node.Place) {
        unlink(slot)
        push(slot, place)
    }

    private mutating func push(_ slot: UInt32, _ place: Node.Place) {
        nodes[Int(slot)].place = place
        change(place) { segment, nodes in
            segment.queue.push(slot, in: &nodes)
            segment.bytes += Int(nodes[Int(slot)].size)
        }
    }

    private mutating func unlink(_ slot: UInt32) {
        if slot == candidate { candidate = nodes[Int(slot)].links.newer }
        change(nodes[Int(slot)].place) { segment, nodes in
            segment.queue.unlink(slot, in: &nodes)
            segment.bytes -= Int(nodes[Int(slot)].size)
        }
    }

    private mutating func change(_ place: Node.Place, _ body: (inout Segment, inout [Node]) -> Void) {
        switch place {
        case .window: body(&window, &nodes)
        case .probation: body(&probation, &nodes)
        case .protected: body(&protected, &nodes)
        }
    }

    package func checkInvariants() -> [String] {
        var faults: [String] = []
        for (segment, place) in [(window, Node.Place.window), (probation, .probation), (protected, .protected)] {
            let (slots, linkFaults) = segment.queue.walk(nodes)
            faults += linkFaults
            let bytes = slots.reduce(0) { $0 + Int(nodes[Int($1)].size) }
            if bytes != segment.bytes { faults.append("\(place) holds \(bytes) bytes, \(segment.bytes) are counted") }
            if slots.contains(where: { nodes[Int($0)].place != place }) { faults.append("a wrong place in \(place)") }
            if candidate != SlotLinks.none, place != .probation, slots.contains(candidate) {
                faults.append("the candidate stands in \(place)")
            }
        }
        if windowShare < 0 || protectedShare < 0 { faults.append("a share below zero") }
        return faults
    }
}

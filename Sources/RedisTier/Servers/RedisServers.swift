package import Logging
package import NIOCore
internal import RedisLocation
internal import Synchronization

/// The servers that together are "the Redis": finds them, keeps connections to those that hold keys, and follows a
/// failover or a slot that moves. Everything that speaks to Redis shares one. Any thread.
package final class RedisServers: Sendable {
    private struct State {
        var layout = Layout.empty
        var nodes: [RedisAddress: Node] = [:]
        var isStopping = false
        var observers: [UInt64: @Sendable () -> Void] = [:]
        var nextObserver: UInt64 = 0
    }

    let settings: LinkSettings
    let totals = ConnectionTotals()
    let logger: Logger
    let isCluster: Bool
    /// In front of every key.
    var prefix: String { configuration.prefix }
    private let configuration: RedisTierConfiguration
    private let eventLoops: [any EventLoop]
    private let state = Mutex(State())
    private let watch = Mutex<(any ServerWatch)?>(nil)

    /// - Parameters:
    ///   - configuration: must pass `validated()`.
    ///   - eventLoops: each gets connections of its own to each server.
    package init(
        _ configuration: RedisTierConfiguration, eventLoops: [any EventLoop], logger: Logger
    ) throws(RedisConfigurationError) {
        self.configuration = try configuration.validated()
        if case .cluster = configuration.deployment { isCluster = true } else { isCluster = false }
        settings = try LinkSettings(configuration)
        self.eventLoops = eventLoops
        self.logger = logger
    }

    /// Begins to look for the servers and to connect, in the background and again and again.
    package func start() {
        switch configuration.deployment {
        case .standalone(let address): settle { node in Layout(node(address)) }
        case .sentinel(let sentinels, let master):
            begin(
                SentinelWatch(
                    sentinels: sentinels, master: master, login: configuration.sentinelLogin,
                    connector: settings.connector, on: eventLoops[0], logger: logger,
                    found: { [weak self] master in self?.settle { node in Layout(node(master)) } }))
        case .cluster(let seeds):
            begin(
                ClusterWatch(
                    seeds: seeds, login: configuration.login, connector: settings.connector, on: eventLoops[0],
                    logger: logger, found: { [weak self] ranges in self?.settle { Layout(ranges, node: $0) } }))
        }
    }

    private func begin(_ new: any ServerWatch) {
        watch.withLock { $0 = new }
        new.start()
    }

    // MARK: Where keys are

    /// The slot of a key, 0 where slots don't matter.
    func slot(of key: ByteBuffer) -> Int { isCluster ? SlotHash.slot(of: key) : 0 }

    /// Who serves that slot; nil while nobody is known to.
    func node(slot: Int) -> Node? { state.withLock { $0.layout.node(slot: slot) } }

    /// A server that a redirection named, connected to if it is new.
    func node(at address: RedisAddress) -> Node? {
        let (node, isNew): (Node?, Bool) = state.withLock { state in
            if let known = state.nodes[address] { return (known, false) }
            guard !state.isStopping, state.nodes.count < 4096 else { return (nil, false) }
            let new = make(address)
            state.nodes[address] = new
            return (new, true)
        }
        if isNew { node?.start() }
        return node
    }

    /// What a server said instead of an answer to an operation on that slot. Returns the server to go to now.
    func follow(_ redirection: Redirection) -> Node? {
        totals.update { $0.redirections += 1 }
        switch redirection {
        case .readOnly:
            refresh()
            return nil
        case .ask(let address): return node(at: address)
        case .moved(let slot, let address):
            guard let node = node(at: address) else { return nil }
            state.withLock { $0.layout.move(slot: slot, to: node) }
            // One slot moved; its neighbours may have too.
            refresh()
            tellObservers()
            return node
        }
    }

    /// Looks again soon where the servers are.
    func refresh() { watch.withLock { $0 }?.refresh() }

    /// Takes over what a watch found: connects to servers that are new, leaves those that hold nothing any more.
    private func settle(_ layout: (_ node: (RedisAddress) -> Node) -> Layout) {
        var fresh: [Node] = []
        var left: [Node] = []
        let hasMoved = state.withLock { state -> Bool in
            guard !state.isStopping else { return false }
            let before = Set(state.layout.nodes.map(\.address))
            state.layout = layout { address in
                if let known = state.nodes[address] { return known }
                let new = make(address)
                state.nodes[address] = new
                fresh.append(new)
                return new
            }
            let after = Set(state.layout.nodes.map(\.address))
            left = state.nodes.values.filter { !after.contains($0.address) }
            for node in left { state.nodes[node.address] = nil }
            return !before.isEmpty && before != after
        }
        for node in fresh { node.start() }
        for node in left { node.shutdown(withinMilliseconds: 1000) {} }
        if hasMoved {
            totals.update { $0.moves += 1 }
            let names = state.withLock { $0.layout.nodes.map(\.address.name).sorted() }.joined(separator: " ")
            logger.notice("redis moved", metadata: ["to": .string(names)])
        }
        tellObservers()
    }

    private func make(_ address: RedisAddress) -> Node {
        Node(
            address, settings: settings, eventLoops: eventLoops, totals: totals, logger: logger,
            onLoss: { [weak self] in self?.refresh() })
    }

    // MARK: Observers

    /// Calls back, on any thread and at any rate, when a key may be elsewhere from now on. Returns a number for `forget`.
    func observe(_ body: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            state.nextObserver += 1
            state.observers[state.nextObserver] = body
            return state.nextObserver
        }
    }

    func forget(_ observer: UInt64) { state.withLock { _ = $0.observers.removeValue(forKey: observer) } }

    private func tellObservers() {
        for observer in state.withLock({ Array($0.observers.values) }) { observer() }
    }

    // MARK: State

    /// Of each server that holds keys: its address and whether it answers.
    package var nodeStates: [(name: String, state: LinkState)] {
        state.withLock { $0.layout.nodes }.map { ($0.address.name, $0.state) }
    }

    /// The best of the servers' states: with one of several gone the tier is in use.
    var best: LinkState { nodeStates.map(\.state).max() ?? .down }

    /// Takes nothing new, waits for what is in flight until the bound, closes. Calls back from any thread.
    package func shutdown(withinMilliseconds bound: Int64, _ done: @escaping @Sendable () -> Void) {
        watch.withLock { $0 }?.stop()
        let nodes = state.withLock { state in
            state.isStopping = true
            state.observers = [:]
            return Array(state.nodes.values)
        }
        let remaining = Remaining(nodes.count, done)
        for node in nodes { node.shutdown(withinMilliseconds: bound) { remaining.oneLess() } }
    }
}

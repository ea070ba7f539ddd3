internal import CacheModel
internal import Invalidation
internal import NIOCore

/// Leases as one loop asks for them. On that loop.
extension LoopSlot {
    private static let get = ByteBuffer(string: "GET")

    func lease(
        _ key: TierKey, seen: UInt64?, value: LeaseValue, deadline: Int64, _ done: @escaping (LeaseAnswer) -> Void
    ) {
        guard let milliseconds = configuration.leaseMilliseconds else { return done(.unavailable) }
        let arguments = [
            ByteBuffer(string: value.tail), ByteBuffer(string: String(milliseconds)),
            seen.map { ByteBuffer(integer: $0) } ?? ByteBuffer(),
        ]
        let names = [keys.lease(key), keys.entry(key)]
        run(Script.lease, on: names, arguments, deadline: deadline) { outcome in
            let answer = self.answer(outcome, key, value)
            self.counters.update { counts in
                switch answer {
                case .granted: counts.leases.granted += 1
                case .held: counts.leases.held += 1
                case .filled: counts.leases.filled += 1
                case .unavailable: counts.leases.unavailable += 1
                }
            }
            // It may have been granted all the same, too late: nobody shall wait for a fill that doesn't come.
            if case .failure(.timeout) = outcome { self.release(key, nonce: value.nonce) }
            done(answer)
        }
    }

    private func answer(_ outcome: Link.Outcome, _ key: TierKey, _ value: LeaseValue) -> LeaseAnswer {
        switch outcome {
        case .reply(.bulk(let bytes)):
            guard let found = LeaseValue(String(buffer: bytes)) else { return .unavailable }
            guard found.nonce == value.nonce else { return .held(found.held(key)) }
            return .granted(FillLease(key: key, token: found.token, nonce: found.nonce))
        case .reply(.null): return .filled
        case .reply, .failure: return .unavailable
        }
    }

    func isLeased(_ key: TierKey, deadline: Int64, _ done: @escaping (Bool?) -> Void) {
        guard configuration.leaseMilliseconds != nil else { return done(false) }
        let name = keys.lease(key)
        route.submit(Command([Self.get, name]), slot: route.servers.slot(of: name), .read, deadline: deadline) {
            switch $0 {
            case .reply(.bulk): done(true)
            case .reply(.null): done(false)
            case .reply, .failure: done(nil)
            }
        }
    }

    func release(_ key: TierKey, nonce: UInt64) {
        let argument = ByteBuffer(string: String(nonce, radix: 16))
        run(Script.release, on: [keys.lease(key)], [argument], deadline: Link.now + configuration.timeoutMilliseconds) {
            _ in
        }
    }

    /// Looks until the lease is gone or another's, at pauses from 4 to 50 ms.
    func wait(
        for lease: HeldLease, until end: Int64, pause: Int64 = 4, while isWanted: @escaping () -> Bool,
        _ done: @escaping (LeaseWait) -> Void
    ) {
        func finish(_ outcome: LeaseWait) {
            if outcome == .timeout { self.counters.update { $0.leases.timeouts += 1 } }
            done(outcome)
        }
        let name = keys.lease(lease.key)
        let slot = route.servers.slot(of: name)
        let deadline = Link.now + configuration.timeoutMilliseconds
        route.submit(Command([Self.get, name]), slot: slot, .read, deadline: deadline) { outcome in
            // Without an answer there is nothing to wait for.
            guard case .reply(.bulk(let bytes)) = outcome, LeaseValue(String(buffer: bytes))?.nonce == lease.nonce
            else { return finish(.over) }
            guard isWanted() else { return finish(.unwanted) }
            guard Link.now < end else { return finish(.timeout) }
            self.route.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(pause)) {
                self.wait(for: lease, until: end, pause: min(50, pause * 3 / 2 + 1), while: isWanted, done)
            }
        }
    }
}

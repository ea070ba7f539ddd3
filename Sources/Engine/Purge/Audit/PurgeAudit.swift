package import Invalidation

/// Who wanted to purge what, and what became of it: one line of the audit log.
package struct PurgeAuditRecord: Sendable {
    package enum Outcome: String, Sendable {
        /// On its way, and its answer waits for the other instances: what became of it is in a later line.
        case waiting
        /// Logged, and applied wherever the caller asked to wait.
        case applied
        /// Logged, but not applied everywhere in time, or not yet sent.
        case accepted
        /// No right to do it.
        case refused
        /// Not understood.
        case malformed
        case tooMany = "too_many"
        /// Could not be written.
        case failed
    }

    package var caller: PurgeCaller
    /// The selectors as JSON, when they were understood.
    package var selector: String?
    package var mode: InvalidationMode?
    package var position: Position?
    package var outcome: Outcome
    /// Of the answer; nil: it is still to come.
    package var status: Int?
    /// Why not.
    package var reason: String?
}

/// Where a wish came from.
package struct PurgeCaller: Sendable {
    /// `PURGE`, `BAN`, `PURGEKEYS` on the public listener; `admin` or `fastly` on the other.
    package var interface: String
    /// Of the socket.
    package var address: String
    package var userAgent: String
    /// Its request target, as it was sent.
    package var target: String
    /// By what right; nil: by none.
    package var grant: PurgeGrant?

    package init(interface: String, address: String, userAgent: String, target: String, grant: PurgeGrant? = nil) {
        self.target = target
        self.interface = interface
        self.address = address
        self.userAgent = userAgent
        self.grant = grant
    }

    /// The right in a word, for the audit log: never the token.
    package var who: String? {
        switch grant?.credential {
        case nil: nil
        case .address: "address"
        case .token(let index): "purge.tokens[\(index)]"
        case .adminToken: "admin.token"
        }
    }
}

/// Where audit lines go. Any thread; must not block.
package protocol PurgeAudit: AnyObject, Sendable {
    func record(_ record: PurgeAuditRecord)
    var statistics: AccessLogStatistics { get }
}

package import HTTPMessage

/// What a stored response remembers in order to tell its age and whether it is fresh, computed once when it is stored
/// (RFC 9111 §4.2). All durations are whole seconds; none is negative.
package struct Freshness: Sendable, Equatable {
    /// When the head arrived: `response_time` of RFC 9111 §4.2.3.
    package var responseTime: Timestamp
    /// `corrected_initial_age` of RFC 9111 §4.2.3.
    package var initialAge: UInt32
    /// `freshness_lifetime` of RFC 9111 §4.2.1.
    package var lifetime: UInt32
    /// How long after it went stale it may be served while one revalidation runs (RFC 5861 §3); 0: not at all.
    package var staleWhileRevalidate: UInt32
    /// How long after it went stale it may be served when the origin fails (RFC 5861 §4); 0: not at all.
    package var staleIfError: UInt32
    package var rules: Rules

    package struct Rules: OptionSet, Sendable, Equatable {
        package var rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Never served stale, by no one's wish: must-revalidate, proxy-revalidate, or what s-maxage implies when the
        /// response says nothing else (RFC 9111 §5.2.2.2, §5.2.2.8, §5.2.2.10).
        package static let mustRevalidate = Rules(rawValue: 1)
        /// Validated before each use: unqualified no-cache (RFC 9111 §5.2.2.4).
        package static let alwaysValidate = Rules(rawValue: 2)
        /// RFC 8246: a client's reload does not revalidate it while it is fresh.
        package static let immutable = Rules(rawValue: 4)
        /// The lifetime is a guess (RFC 9111 §4.2.2) or the site's default, not the origin's word.
        package static let guessed = Rules(rawValue: 8)
        /// Served stale within its own windows only, not by a request's max-stale: s-maxage beside the response's own
        /// stale directives (RFC 9111 §5.2.2.10, RFC 5861).
        package static let noClientStale = Rules(rawValue: 16)
        /// A field that is not kept with the response decided (`CacheControl.isConsumed`): a 304 without such a field
        /// leaves it in force.
        package static let consumedControl = Rules(rawValue: 32)
        /// That field withheld others by name; which is not kept, so a 304 without it can't freshen the response.
        package static let consumedNames = Rules(rawValue: 64)
    }

    package init(
        responseTime: Timestamp, initialAge: UInt32, lifetime: UInt32, staleWhileRevalidate: UInt32 = 0,
        staleIfError: UInt32 = 0, rules: Rules = []
    ) {
        self.responseTime = responseTime
        self.initialAge = initialAge
        self.lifetime = lifetime
        self.staleWhileRevalidate = staleWhileRevalidate
        self.staleIfError = staleIfError
        self.rules = rules
    }

    /// `current_age` of RFC 9111 §4.2.3, in seconds. A clock that was set back counts as no time passed.
    package func age(at now: Timestamp) -> Int64 {
        let resident = max(0, InitialAge.difference(now.seconds, responseTime.seconds))
        return Int64(initialAge) + min(resident, 1 << 40)
    }

    /// Seconds of freshness left; 0 or less: stale (RFC 9111 §4.2: fresh while lifetime > age).
    package func timeToLive(at now: Timestamp) -> Int64 { Int64(lifetime) - age(at: now) }
}

internal import CPlatform
internal import Glibc

/// The clocks of this floor.
enum Clock {
    /// Milliseconds since 1970.
    static func wall() -> Int64 { cplatform_wall_milliseconds() }

    /// Milliseconds of a clock that only goes forward; for time budgets and the circuit breaker.
    static func monotonic() -> Int64 { cplatform_monotonic_milliseconds() }
}

extension DiskError {
    /// The system's words for an errno (glibc keeps them apart for each thread).
    static func text(ofErrno code: Int32) -> String { String(cString: strerror(code)) }
}

internal import Glibc

/// CLOCK_BOOTTIME: goes on while the machine sleeps or the process stands still, and is never set back. All processes of
/// a machine have the same until it boots. The call stays in user space (vDSO).
package enum BootClock {
    @Sendable package static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }
}

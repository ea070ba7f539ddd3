import Glibc

/// What the system says of this process.
enum Process {
    /// Bytes of memory that are resident now.
    static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let words = text.split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 : 0
    }

    /// Nanoseconds by that clock.
    static func nanoseconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// Runs the work on that many threads of their own at once and waits for them.
    static func threads(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
        final class Work: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        let started = (0..<count).map { number in
            var thread = pthread_t()
            let argument = Unmanaged.passRetained(Work { work(number) }).toOpaque()
            let failed = pthread_create(
                &thread, nil,
                {
                    if let argument = $0 { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
                    return nil
                }, argument)
            precondition(failed == 0, "no thread: \(failed)")
            return thread
        }
        for thread in started { pthread_join(thread, nil) }
    }
}

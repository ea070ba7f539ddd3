import ArgumentParser
import CacheModel
import DiskTier
import Foundation

/// What the disk tier costs. Each line of the output is one figure; Benchmarks/RESULTS.md has them with their dates.
@main
struct DiskBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures the disk tier in an empty folder.",
        subcommands: [Index.self, Fill.self, Restart.self, Hit.self])

    struct Place: ParsableArguments {
        @Argument(help: "The folder of the tier.") var path: String
    }

    /// RSS over millions of records; small bodies, so that the device is not the measure.
    struct Index: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Memory of the index, a record.")
        @OptionGroup var place: Place

        func run() throws {
            let bench = try Bench(place.path)
            bench.fill(0..<1_000, bytes: 64)
            let (before, start) = (Usage.residentBytes, bench.tier.indexFootprint)
            var at = 1_000
            for target in [500_000, 1_000_000, 2_000_000, 4_000_000] {
                bench.fill(at..<target, bytes: 64)
                at = target
                let count = Double(target - 1_000)
                let index = Double(bench.tier.indexFootprint - start) / count
                let resident = Double(Usage.residentBytes - before) / count
                print("\(target): index \(index) bytes a record, RSS \(resident)")
            }
            bench.stop()
        }
    }

    struct Fill: ParsableCommand {
        enum End: String, ExpressibleByArgument {
            /// Cleanly, with an index saved.
            case stop
            /// By SIGKILL, with no index saved.
            case kill
            /// By SIGKILL, 20,000 records after an index was saved.
            case killAfterSave = "kill-after-save"
        }

        static let configuration = CommandConfiguration(abstract: "CPU of a write, then an end for `restart` to see.")
        @OptionGroup var place: Place
        @Argument(help: "Records.") var count: Int
        @Argument(help: "Bytes of a body.") var bytes: Int
        @Option(help: "How it ends: stop, kill or kill-after-save.") var end = End.stop

        func run() throws {
            let bench = try Bench(place.path)
            bench.fill(0..<1_000, bytes: bytes)
            let usage = Usage()
            bench.fill(1_000..<1_000 + count, bytes: bytes)
            print("fill of \(bytes) bytes: \(usage.each(count))")
            switch end {
            case .stop:
                let closing = Usage()
                bench.stop()
                print("closed: \(closing.each(1))")
            case .kill:
                kill(getpid(), SIGKILL)
            case .killAfterSave:
                print("saved: \(bench.tier.saveIndex())")
                bench.fill(2_000_000..<2_020_000, bytes: bytes)
                kill(getpid(), SIGKILL)
            }
        }
    }

    struct Restart: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Time until what `fill` left can be read.")
        @OptionGroup var place: Place

        func run() throws {
            let usage = Usage()
            let bench = try Bench(place.path)
            let entries = bench.tier.statistics().entries ?? 0
            print("ready: \(usage.each(1)), \(entries) records, \(bench.tier.opening)")
            bench.stop()
        }
    }

    struct Hit: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "CPU and time of a read, one at a time.")
        @OptionGroup var place: Place
        @Argument(help: "Reads.") var count: Int
        @Argument(help: "Bytes of a body.") var bytes: Int

        func run() throws {
            let bench = try Bench(place.path)
            bench.fill(0..<100, bytes: bytes)
            bench.read(1_000, of: 100)
            let usage = Usage()
            bench.read(count, of: 100)
            print("hit of \(bytes) bytes: \(usage.each(count))")
            bench.stop()
        }
    }
}

/// What this process used since this was made.
struct Usage {
    private let processor = Self.processorMicroseconds
    private let clock = ContinuousClock.now

    func each(_ count: Int) -> String {
        let processor = (Self.processorMicroseconds - processor) / Double(count)
        let time = clock.duration(to: .now) / .microseconds(1) / Double(count)
        return "\(processor) us CPU, \(time) us of time each"
    }

    private static var processorMicroseconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    static var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4_096 } ?? 0
    }
}

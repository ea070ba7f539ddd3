import ArgumentParser
import Eviction
import Foundation
import Simulation

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play access logs or traces through policies and cache sizes, and show the hit ratios.",
        discussion: """
            Reads access logs (common, combined, JSON) and traces ("key size" or "time key size"), plain or gzip, and
            prints object hits and byte hits in percent. docs/simulate.md tells how to read them.
            Exit status 0: done; 1: a file can't be read or understood.
            """)

    @Argument(help: "Access logs or traces, read one after the other; - is standard input.")
    var files: [String]

    @Option(name: .long, help: "Policies, with commas between. (default: all: \(names))")
    var policy: String?

    @Option(name: .long, help: "Cache sizes, with commas between: bytes (64MB) or shares of all objects (10%).")
    var size = "1%,2%,5%,10%,20%,50%"

    @Flag(name: .long, help: "Take every object to be of size 1: sizes are then numbers of objects.")
    var objects = false

    @Option(name: .long, help: "Write the results to this file as CSV.")
    var csv: String?

    @Option(name: .long, help: "Write the miss-ratio curves to this file: .svg or .html.")
    var plot: String?

    private static var names: String { PolicyName.allCases.map(\.rawValue).joined(separator: ", ") }

    private var policies: [PolicyName?] {
        guard let policy else { return PolicyName.allCases }
        return policy.split(separator: ",", omittingEmptySubsequences: false).map { PolicyName(rawValue: String($0)) }
    }

    private var sizes: [CacheSize?] {
        size.split(separator: ",", omittingEmptySubsequences: false).map { CacheSize($0) }
    }

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("Name a file, or - for standard input.") }
        if policies.contains(nil) { throw ValidationError("--policy: \"\(policy ?? "")\" is not of: \(Self.names)") }
        if sizes.contains(nil) { throw ValidationError("--size: \"\(size)\" is no list of sizes as 64MB or 10%") }
        if let plot, !plot.hasSuffix(".svg"), !plot.hasSuffix(".html") {
            throw ValidationError("--plot: \"\(plot)\" ends in neither .svg nor .html")
        }
    }

    func run() async throws {
        let trace = try read()
        let capacities = Set(sizes.compactMap { $0?.capacity(footprint: trace.footprint) }).sorted()
        var jobs: [(PolicyName, Int)] = []
        for policy in policies.compactMap({ $0 }) { jobs += capacities.map { (policy, $0) } }
        let report = Report(await Self.play(trace, jobs), footprint: trace.footprint, countsObjects: objects)

        var summary = "\(trace.requests.count) requests for \(trace.sizes.count) objects"
        summary += objects ? "" : " of \(report.size(trace.footprint)) together"
        if trace.skippedLines > 0 { summary += "; \(trace.skippedLines) lines skipped that no cache would store" }
        print("\(summary)\nobject hits / byte hits, %\n\n\(report.table)")
        if let csv { try write(report.csv, to: csv) }
        if let plot { try write(plot.hasSuffix(".svg") ? report.svg : report.html, to: plot) }
        guard let choice = Choice(report.outcomes)?.outcome else { return }
        print("Choice: policy \(choice.policy.rawValue), size \(report.size(choice.capacity))")
    }

    private func read() throws -> Trace {
        let trace: Trace
        do {
            trace = try TraceReader.read(files)
        } catch {
            ConfigurationFile.fail("\(error)")
        }
        guard !trace.isEmpty else { ConfigurationFile.fail("\(files.joined(separator: ", ")): no requests") }
        return objects ? trace.withEqualSizes() : trace
    }

    private func write(_ text: String, to file: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        } catch {
            ConfigurationFile.fail("\(file): \(error.localizedDescription)")
        }
    }

    /// Plays the jobs, as many at a time as there are processors, and returns their outcomes in the order of the jobs.
    private static func play(_ trace: Trace, _ jobs: [(PolicyName, Int)]) async -> [Outcome] {
        var progress = ProgressBar(of: jobs.count)
        return await withTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes = [Outcome?](repeating: nil, count: jobs.count)
            var started = 0
            func start() {
                guard started < jobs.count else { return }
                let (index, (policy, capacity)) = (started, jobs[started])
                group.addTask { (index, trace.replay(policy, capacity: capacity)) }
                started += 1
            }
            for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) { start() }
            for await (index, outcome) in group {
                outcomes[index] = outcome
                progress.advance()
                start()
            }
            progress.end()
            return outcomes.compactMap { $0 }
        }
    }
}

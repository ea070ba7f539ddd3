import Eviction
import Glibc

/// Measures what Benchmarks/RESULTS.md says of the memory tier. One policy a process where memory is measured: what one
/// has freed would be the next one's for nothing.
let usage = """
    usage: MemoryBenchmark lookup [POLICY …]            lookups beside a bare probe, on one thread and on two
           MemoryBenchmark slope POLICY [ENTRIES]       RSS an entry beyond its own bytes
           MemoryBenchmark churn POLICY [REPLACEMENTS]  RSS beside the budget, full and after replacements
    """
let words = CommandLine.arguments.dropFirst()
let policies = words.dropFirst().compactMap { PolicyName(rawValue: $0) }
let number = words.last.flatMap { Int($0) }
switch words.first {
case "lookup": Lookups.run(policies.isEmpty ? PolicyName.allCases : policies, entries: number ?? 1_000_000)
case "slope": for policy in policies { Footprint.slope(policy, entries: number ?? 1_000_000, body: 1024) }
case "churn": for policy in policies { Footprint.churn(policy, budget: 256 << 20, replacements: number ?? 10_000_000) }
default:
    print(usage)
    exit(64)
}

import Eviction
import Simulation
import Testing

/// The policies beside other people's implementations (libCacheSim 0.3.5, Caffeine 3.1.8) on three traces, and the default
/// beside the best of them. The larger traces are played only where they are.
@Suite struct ReferenceTests {
    /// Object hits may differ from the other implementation's by so many points.
    static let tolerances: [(policy: PolicyName, reference: String, points: Double)] = [
        (.lru, "LRU", 0.01), (.sieve, "SIEVE", 0.1), (.s3FIFO, "S3-FIFO", 0.5), (.arc, "ARC", 0.5),
        (.gdsf, "GDSF", 0.5), (.wTinyLFU, "W-TinyLFU-Caffeine-3.1.8", 1),
    ]

    /// libCacheSim's ghost queue and small queue round to nothing in so small a cache.
    private static let fewestObjects = 100

    @Test("the policies hit what other implementations hit", arguments: Reference.played)
    func sameHits(rows: Reference.Rows) throws {
        let trace = try rows.trace()
        for (policy, name, points) in Self.tolerances {
            guard let reference = rows.hits[name], rows.mode == "objects" || policy != .arc else { continue }
            if rows.mode == "objects", policy == .s3FIFO, rows.capacity < Self.fewestObjects { continue }
            let hits = trace.replay(policy, capacity: rows.capacity).objectHitRatio * 100
            // Caffeine's window also takes part in the first fill; being better than it is no fault.
            let isWithin =
                policy == .wTinyLFU
                ? hits > reference.objects - points
                : abs(hits - reference.objects) < points + 0.005
            #expect(isWithin, "\(policy) \(rows): \(hits), reference \(reference.objects)")
        }
    }

    @Test(
        "the default is within a point of the best in object hits, and not below LRU in byte hits",
        arguments: Reference.played)
    func adaptive(rows: Reference.Rows) throws {
        let outcome = try rows.trace().replay(.adaptive, capacity: rows.capacity)
        let bounds = ["Belady", "BeladySize", "PFOO-L-bound"]
        let best = rows.hits.filter { !bounds.contains($0.key) }.map(\.value.objects).max() ?? 0
        #expect(outcome.objectHitRatio * 100 > best - 1, "\(rows)")
        #expect(outcome.byteHitRatio * 100 >= (rows.hits["LRU"]?.bytes ?? 100) - 0.005, "\(rows)")
        let bound = rows.hits[rows.mode == "bytes" ? "PFOO-L-bound" : "Belady"]?.objects ?? 0
        #expect(outcome.objectHitRatio * 100 < bound, "\(rows): above the bound")
    }
}

/// reference.tsv, by trace, mode and capacity.
enum Reference {
    struct Rows: Sendable, CustomTestStringConvertible {
        var name: String
        var mode: String
        var capacity: Int
        var hits: [String: (objects: Double, bytes: Double)]
        var testDescription: String { "\(name), \(capacity) \(mode)" }

        func trace() throws -> Trace {
            let trace = try Reference.trace(name)
            return mode == "objects" ? trace.withEqualSizes() : trace
        }
    }

    private static func path(_ name: String) -> String? {
        name == "web12" ? Traces.web12 : Traces.folder.map { "\($0)/\(name).txt.gz" }
    }

    static func trace(_ name: String) throws -> Trace { try TraceReader.read([try #require(path(name))]) }

    /// web12 always; the others, which take minutes in a debug build, only when they are asked for.
    static let played: [Rows] = all.filter { $0.name == "web12" || Traces.isSweep }

    private static let all: [Rows] = {
        let path = Traces.root + "/fixtures/traces/reference.tsv"
        let text = (try? TemporaryFile.bytes(of: path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        var rows: [String: Rows] = [:]
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: "\t").map(String.init)
            let key = fields[0..<3].joined(separator: " ")
            rows[key, default: Rows(name: fields[0], mode: fields[1], capacity: Int(fields[2])!, hits: [:])]
                .hits[fields[3]] = (Double(fields[4])!, Double(fields[5])!)
        }
        return rows.keys.sorted().compactMap { rows[$0] }
    }()
}

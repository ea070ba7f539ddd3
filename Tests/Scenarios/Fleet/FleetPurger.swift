import TestSupport

/// Sends purges of all kinds, one after the other, each after the origin has something new.
struct FleetPurger {
    enum Sort: CaseIterable {
        case url, urlSoft, tag, tagSoft, tags, prefix, glob, globOfHost, host, all, allSoft, several, partition,
            tagOfPartition
    }

    /// Of the pages.
    static let partition = "half"

    private let fleet: RunningFleet
    private let promise: FleetPromise
    private var random: SplitMix

    init(_ fleet: RunningFleet, _ promise: FleetPromise, seed: UInt64) {
        self.fleet = fleet
        self.promise = promise
        random = SplitMix(state: seed)
    }

    mutating func run() async {
        while !promise.isOver {
            guard let index = promise.present.randomElement(using: &random) else {
                try? await Task.sleep(for: .milliseconds(5))
                continue
            }
            let isPost = Int.random(in: 0..<8, using: &random) == 0
            do { if isPost { try await post(at: index) } else { try await purge(at: index) } } catch {
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// Changes a page through the instance, as its users do.
    private mutating func post(at index: Int) async throws {
        let page = pick()
        let life = promise.life(index)
        let version = try await fleet.origin.bump()
        let answer = try await fleet.proxies[index].request(
            "POST", RunningFleet.target(page), ["Host: \(RunningFleet.host)"], body: "x")
        if answer.status == 200 { promise.changed(page, to: version, at: index, life: life) }
    }

    /// Throws when the origin or the instance did not answer: then nothing is promised.
    private mutating func purge(at index: Int) async throws {
        let page = pick()
        let (sort, selectors, pages) = selection(page)
        let waits = Int.random(in: 0..<4, using: &random) > 0
        let version = try await fleet.origin.bump()
        let answer: RunningFleet.PurgeAnswer
        switch sort {
        case .url, .urlSoft, .tag, .tagSoft:
            let fields =
                (waits ? ["Purge-Wait: 400ms"] : []) + (sort == .urlSoft || sort == .tagSoft ? ["Soft-Purge: 1"] : [])
            let isTag = sort == .tag || sort == .tagSoft
            answer = try await fleet.purge(
                isTag ? "/" : RunningFleet.target(page), at: index, fields + (isTag ? ["Surrogate-Key: t\(page)"] : []))
        default:
            let members =
                selectors + (sort == .allSoft ? ["\"soft\":true"] : []) + (waits ? ["\"wait\":\"400ms\""] : [])
            answer = try await fleet.invalidate("{\(members.joined(separator: ","))}", at: index)
        }
        promise.answered(sort, of: pages, to: version, at: index, answer)
        guard answer.isEverywhere else { return }
        for other in promise.present {
            let asked = pages.randomElement(using: &random) ?? page
            let least = promise.least(asked, at: other)
            guard let got = try? await fleet.get(asked, from: other) else { continue }
            promise.check(asked, got.version, least: least, at: other, got.response)
        }
    }

    private mutating func selection(_ page: Int) -> (sort: Sort, members: [String], pages: [Int]) {
        let sort = Sort.allCases.randomElement(using: &random) ?? .url
        let every = Array(0..<FleetPromise.pages)
        let (second, third) = (pick(), pick())
        switch sort {
        case .url, .urlSoft, .tag, .tagSoft: return (sort, [], [page])
        case .tags: return (sort, ["\"tags\":[\"t\(page)\",\"t\(second)\"]"], [page, second])
        case .prefix:
            return (sort, ["\"prefixes\":[\"\(RunningFleet.host)\(RunningFleet.start(page))\"]"], [page])
        case .glob: return (sort, ["\"patterns\":[\"/ver*page=\(page)&*\"]"], [page])
        case .globOfHost: return (sort, ["\"patterns\":[\"\(RunningFleet.host)/version*\"]"], every)
        case .host: return (sort, ["\"hosts\":[\"\(RunningFleet.host)\"]"], every)
        case .all, .allSoft: return (sort, ["\"all\":true"], every)
        case .partition: return (sort, ["\"partition\":\"\(Self.partition)\""], every)
        case .tagOfPartition:
            return (sort, ["\"tags\":[\"t\(page)\"]", "\"partition\":\"\(Self.partition)\""], [page])
        case .several:
            let members = [
                "\"urls\":[\"http://\(RunningFleet.host)\(RunningFleet.target(page))\"]",
                "\"tags\":[\"t\(second)\"]", "\"patterns\":[\"*page=\(third)&tags*\"]",
            ]
            return (sort, members, [page, second, third])
        }
    }

    private mutating func pick() -> Int { Int.random(in: 0..<FleetPromise.pages, using: &random) }
}

import Invalidation
import TestSupport

/// What an instance does for clients, as the engine does it: a look into memory, a flight that walks the tiers, asks for
/// the lease and then the origin, and what becomes of the answer.
extension FleetModel {
    /// How long after it was sent a request of a blind instance may be joined.
    private static let blindMilliseconds: Int64 = 1000

    /// A request arrives.
    @discardableResult
    func request(_ key: Int, at name: Int) -> ModelReader? {
        let it = instances[name]
        guard it.isRunning, !it.isPaused, it.readers.count < 12 else { return nil }
        let least = max(promised[key] ?? 0, promisedHere[name]?[key] ?? 0)
        let reader = ModelReader(key, least: least, arrival: it.table.stamp)
        it.readers.append(reader)
        return reader
    }

    /// Runs that request, and the flight that it waits for, until it has its answer or the origin is asked.
    func drive(_ reader: ModelReader, at name: Int) {
        let it = instances[name]
        for _ in 0..<40 {
            let ran = runOne([name]) { move in
                switch move {
                case .reader(let other): other === reader
                case .flight(let flight): flight.key == reader.key && !flight.isAsking
                default: false
                }
            }
            if !ran || reader.version != nil { break }
            if it.flights[reader.key]?.first?.isAsking == true, case .waiting = reader.stage { break }
        }
    }

    // MARK: Memory

    func advance(_ reader: ModelReader, _ it: ModelInstance) {
        switch reader.stage {
        case .arrived:
            guard let stored = it.memory[reader.key] else { return wait(reader, it) }
            reader.stage = .looking(stored, stamp: it.table.stamp)
        case .looking(let stored, let stamp):
            if stored.checkedBelow > stamp, !it.table.isBlind(now: now) {
                reader.stage = .judged(stored, .valid, upTo: 0)
                return
            }
            let (verdict, upTo) = judge(stored.entry, reader.key, it, checkedBelow: stored.checkedBelow)
            reader.stage = .judged(stored, verdict, upTo: verdict == .valid ? upTo + 1 : 0)
        case .judged(let stored, let verdict, let upTo):
            stored.checkedBelow = max(stored.checkedBelow, upTo)
            let isFresh = stored.entry.freshUntil > now
            if verdict == .valid, isFresh { return answer(reader, stored.entry.version, isHit: true, it) }
            if verdict == .gone { lurk(stored.entry, reader.key) }
            if ModelPage.all[reader.key].isUsableStale, verdict == .valid || verdict == .stale {
                staleHits += 1
                revalidate(reader.key, it)
                return answer(reader, stored.entry.version, isHit: true, it)
            }
            wait(reader, it)
        case .waiting, .answered: break
        }
    }

    private func answer(_ reader: ModelReader, _ version: Int, isHit: Bool, _ it: ModelInstance) {
        it.readers.removeAll { $0 === reader }
        reader.stage = .answered
        reader.version = version
        reader.isHit = isHit
        if isHit { hits += 1 }
        if version < reader.least {
            fail("\(it.name) served version \(version) of \(reader.key) (hit: \(isHit)), \(reader.least) was promised")
        }
    }

    /// The lurker, or a read that found it dead, takes it out later, by its id.
    private func lurk(_ entry: ModelEntry, _ key: Int) {
        if lateRemovals.count < 4 { lateRemovals.append((key, entry.id)) }
    }

    func arrive(removal index: Int) {
        let (key, id) = lateRemovals.remove(at: index)
        if isServerUp, shared[key]?.id == id { shared[key] = nil }
        for it in instances where it.memory[key]?.entry.id == id { it.memory[key] = nil }
    }

    // MARK: Judging

    /// As `Engine.judge` does.
    private func judge(
        _ entry: ModelEntry, _ key: Int, _ it: ModelInstance, checkedBelow: UInt64 = 0
    ) -> (verdict: Verdict, upTo: UInt64) {
        let (verdict, upTo) = verdict(
            key, tags: entry.tags, isCut: entry.isCut, asOf: entry.asOf,
            localNumber: entry.instance == it.table.instance ? entry.localNumber : 0, it, checkedBelow: checkedBelow)
        return (verdict != .gone && it.table.isBlind(now: now) ? .unknown : verdict, upTo)
    }

    /// By the records alone.
    private func verdict(
        _ key: Int, tags: [String], isCut: Bool, asOf: Position, localNumber: UInt64, _ it: ModelInstance,
        checkedBelow: UInt64 = 0
    ) -> (verdict: Verdict, upTo: UInt64) {
        let packed = tags.flatMap { [UInt8($0.utf8.count)] + $0.utf8 }
        let page = ModelPage.all[key]
        // As in the key, where the default one has no name.
        let name = page.partition == Selector.defaultPartition ? [] : page.partition
        return name.withUnsafeBytes { partition in
            bytes(ModelPage.host).withUnsafeBytes { host in
                bytes(page.path).withUnsafeBytes { path in
                    packed.withUnsafeBytes { tags in
                        it.table.judge(
                            InvalidationSubject(
                                partition: partition, host: host, path: path, query: nil, tags: tags, tagsCut: isCut),
                            asOf: asOf, localNumber: localNumber, checkedBelow: checkedBelow)
                    }
                }
            }
        }
    }

    /// Of the answer to a flight's request.
    private func verdict(_ flight: ModelFlight, tags: [String], isCut: Bool, _ it: ModelInstance) -> Verdict {
        verdict(
            flight.key, tags: tags, isCut: isCut, asOf: flight.asOf!, localNumber: flight.localNumber, it
        ).verdict
    }

    // MARK: Flights

    private func wait(_ reader: ModelReader, _ it: ModelInstance) {
        reader.stage = .waiting
        let key = reader.key
        if reader.tries > 3 {
            let solo = ModelFlight(key, isSolo: true)
            solo.stage = .stamp
            (solo.leader, solo.followers) = (reader, [reader])
            it.solos.append(solo)
            return
        }
        var slot = it.flights[key] ?? []
        if let running = slot.first, isUsable(running, reader.arrival, it) {
            if let outcome = running.outcome { tell(reader, outcome, it) } else { running.followers.append(reader) }
        } else if slot.count == 2 {
            slot[1].followers.append(reader)
        } else {
            let flight = ModelFlight(key, candidate: memoryCandidate(key, it))
            (flight.leader, flight.followers) = (reader, [reader])
            slot.append(flight)
            it.flights[key] = slot
        }
    }

    /// Behind a stale answer's back.
    private func revalidate(_ key: Int, _ it: ModelInstance) {
        guard it.flights[key] == nil else { return }
        it.flights[key] = [ModelFlight(key, candidate: memoryCandidate(key, it))]
    }

    private func memoryCandidate(_ key: Int, _ it: ModelInstance) -> ModelEntry? {
        guard let entry = it.memory[key]?.entry, judge(entry, key, it).verdict != .gone else { return nil }
        return entry
    }

    /// Rule 3, as far as it can be told without the answer's tags.
    private func isUsable(_ flight: ModelFlight, _ arrival: UInt64, _ it: ModelInstance) -> Bool {
        guard let asOf = flight.asOf else { return true }
        if it.table.isBlind(now: now), now > flight.time + Self.blindMilliseconds { return false }
        guard flight.stamp < arrival else { return true }
        return verdict(flight.key, tags: [], isCut: false, asOf: asOf, localNumber: flight.localNumber, it).verdict
            == .valid
    }

    func advance(_ flight: ModelFlight, _ it: ModelInstance) {
        let key = flight.key
        switch flight.stage {
        case .waiting: flight.stage = .shared
        case .shared:
            flight.stage = .disk
            if hasSharedTier, canReach(it) { found(shared[key], flight, it, in: .shared) }
        case .disk:
            flight.stage = .lease
            found(it.disk[key], flight, it, in: .disk)
        case .lease: lease(flight, it)
        case .held(let lease, let until):
            guard now >= until || leases[key]?.token != lease.token || !canReach(it) else { return }
            flight.stage = .again
        case .again:
            flight.stage = .stamp
            if canReach(it) { found(shared[key], flight, it, in: .shared, onlyFresh: true) }
        case .stamp:
            flight.stamp = it.table.stamp
            flight.stage = .number
        case .number:
            flight.localNumber = it.table.nextLocalNumber()
            flight.stage = .position
        case .position:
            flight.asOf = it.table.position
            flight.time = now
            // An unknown one needs a strong tag; whatever else may have been confirmed is asked for whole.
            if let candidate = flight.candidate {
                let verdict = judge(candidate, key, it).verdict
                if verdict == .gone || verdict == .unknown && !ModelPage.all[key].isStrong { flight.candidate = nil }
            }
            flight.stage = .sent
        case .sent: flight.stage = .answered(originsAnswer(flight))
        case .answered(let answer): took(answer, flight, it)
        case .storing(let entry, let left): store(entry, left, flight, it)
        case .ended: break
        }
    }

    private func found(
        _ entry: ModelEntry?, _ flight: ModelFlight, _ it: ModelInstance, in layer: ModelFlight.Layer,
        onlyFresh: Bool = false
    ) {
        guard let entry else { return }
        let verdict = judge(entry, flight.key, it).verdict
        if verdict == .valid, entry.freshUntil > now {
            // Promotion changes nothing in it.
            it.memory[flight.key] = ModelStored(entry)
            resolve(flight, entry.version, isHit: true, it) { _ in self.judge(entry, flight.key, it).verdict == .valid }
            return end(flight, it)
        }
        if verdict == .gone { return lurk(entry, flight.key) }
        if flight.candidate == nil, !onlyFresh { flight.candidate = entry }
    }

    private func lease(_ flight: ModelFlight, _ it: ModelInstance) {
        flight.stage = .stamp
        guard hasSharedTier, canReach(it), !flight.isSolo else { return }
        if let held = leases[flight.key], held.until > now, held.holder != it.table.instance {
            // Not for one who may have asked the origin before a purge that this instance knows of; and once only.
            let isWorthIt =
                verdict(flight.key, tags: [], isCut: false, asOf: held.asOf, localNumber: 0, it).verdict == .valid
            guard isWorthIt, !flight.hasWaited else { return }
            flight.hasWaited = true
            flight.stage = .held(held, until: now + 500)
            return
        }
        let lease = ModelLease(
            holder: it.table.instance, token: random.next(), asOf: it.table.position, until: now + 2000)
        leases[flight.key] = lease
        flight.lease = lease
    }

    private func release(_ token: UInt64?, _ key: Int) {
        if let token, leases[key]?.token == token { leases[key] = nil }
    }

    private func originsAnswer(_ flight: ModelFlight) -> ModelFlight.Answer {
        let (key, page) = (flight.key, ModelPage.all[flight.key])
        let version = versions[key] ?? 1
        let tags = page.tags + (laterTags[key] ?? [])
        guard isOriginUp else { return .init(version: version, tags: tags, isFailure: true) }
        let isConfirmation = flight.candidate.map { !page.isStrong || $0.version == version } ?? false
        return .init(version: version, tags: tags, isConfirmation: isConfirmation)
    }

    // MARK: The answer

    private func took(_ answer: ModelFlight.Answer, _ flight: ModelFlight, _ it: ModelInstance) {
        let (key, page) = (flight.key, ModelPage.all[flight.key])
        if answer.isFailure { return failed(flight, it) }
        var version = answer.version
        if answer.isConfirmation, let old = flight.candidate {
            // Rule 6: under its old and its new tags, and by what came since it was asked for.
            let now = judge(old, key, it).verdict
            let number = old.instance == it.table.instance ? old.localNumber : 0
            let byNewTags = verdict(
                key, tags: page.isCut ? [] : answer.tags, isCut: page.isCut, asOf: old.asOf, localNumber: number, it
            ).verdict
            guard now != .gone, now != .unknown || page.isStrong, byNewTags != .gone else {
                return refetch(flight, it)
            }
            confirmations += 1
            version = old.version
        }
        let entry = ModelEntry(
            id: random.next(), asOf: flight.asOf!, instance: it.table.instance, localNumber: flight.localNumber,
            version: version, tags: page.isCut ? [] : answer.tags, isCut: page.isCut, freshUntil: self.now + lifetime)
        resolve(flight, version, isHit: false, it) { reader in
            reader.arrival <= flight.stamp
                || self.verdict(flight, tags: entry.tags, isCut: entry.isCut, it) == .valid
        }
        flight.stage = .storing(entry, left: [.memory, .disk, .shared])
    }

    private func refetch(_ flight: ModelFlight, _ it: ModelInstance) {
        flight.candidate = nil
        flight.asOf = nil
        flight.stage = .stamp
        guard flight.hasRefetched else {
            flight.hasRefetched = true
            return
        }
        resolve(flight, 0, isHit: false, it) { _ in false }
        end(flight, it)
    }

    private func failed(_ flight: ModelFlight, _ it: ModelInstance) {
        if let old = flight.candidate, ModelPage.all[flight.key].isUsableStale {
            let verdict = judge(old, flight.key, it).verdict
            if verdict == .valid || verdict == .stale {
                staleHits += 1
                resolve(flight, old.version, isHit: true, it) { _ in
                    let verdict = self.judge(old, flight.key, it).verdict
                    return verdict == .valid || verdict == .stale
                }
                return end(flight, it)
            }
        }
        // 502 or 504: nothing old.
        for reader in flight.followers { answer(reader, .max, isHit: false, it) }
        flight.followers = []
        end(flight, it)
    }

    private func resolve(
        _ flight: ModelFlight, _ version: Int, isHit: Bool, _ it: ModelInstance,
        _ isValid: @escaping (ModelReader) -> Bool
    ) {
        let outcome = ModelFlight.Outcome(version: version, isHit: isHit, isValid: isValid)
        flight.outcome = outcome
        let waiting = flight.followers
        flight.followers = []
        for reader in waiting { tell(reader, outcome, it) }
    }

    private func tell(_ reader: ModelReader, _ outcome: ModelFlight.Outcome, _ it: ModelInstance) {
        if outcome.isValid(reader) {
            answer(reader, outcome.version, isHit: outcome.isHit, it)
        } else {
            // It looks again.
            reader.tries += 1
            reader.stage = .arrived
        }
    }

    private func store(
        _ entry: ModelEntry, _ left: [ModelFlight.Layer], _ flight: ModelFlight, _ it: ModelInstance
    ) {
        let key = flight.key
        guard let layer = left.first, verdict(flight, tags: entry.tags, isCut: entry.isCut, it) != .gone else {
            return end(flight, it)
        }
        flight.stage = .storing(entry, left: Array(left.dropFirst()))
        switch layer {
        case .memory:
            if !isSuperseded(entry, by: it.memory[key]?.entry) { it.memory[key] = ModelStored(entry) }
        case .disk:
            if !isSuperseded(entry, by: it.disk[key]) { it.disk[key] = entry }
        case .shared:
            // A position that this instance can't vouch for is no one else's to trust.
            guard canReach(it), !it.table.isBlind(now: now) else { return }
            lateWrites.append((key, entry, flight.lease?.token))
            flight.lease = nil
        }
    }

    /// Rule 7.
    private func isSuperseded(_ entry: ModelEntry, by old: ModelEntry?) -> Bool {
        old.map { $0.asOf.epoch == entry.asOf.epoch && $0.asOf.n > entry.asOf.n } ?? false
    }

    func arrive(write index: Int) {
        let (key, entry, token) = lateWrites.remove(at: index)
        guard isServerUp else { return }
        if !isSuperseded(entry, by: shared[key]) { shared[key] = entry }
        release(token, key)
    }

    private func end(_ flight: ModelFlight, _ it: ModelInstance) {
        flight.stage = .ended
        release(flight.lease?.token, flight.key)
        it.solos.removeAll { $0 === flight }
        guard var slot = it.flights[flight.key], slot.first === flight else { return }
        slot.removeFirst()
        it.flights[flight.key] = slot.isEmpty ? nil : slot
        if let next = slot.first, next.candidate == nil { next.candidate = memoryCandidate(flight.key, it) }
    }
}

package import CacheModel

extension Engine {
    /// A slower tier and how it takes part.
    package struct SlowTier: Sendable {
        /// When a fill reaches the tier.
        package enum Write: Sendable {
            case through, behind, off
        }

        /// When a hit in the tier is copied to the faster ones.
        package enum Promotion: Sendable, Equatable {
            case always, never
            case hits(Int)
        }

        package var tier: any Tier
        package var write: Write
        package var promotion: Promotion
        /// Nothing stays longer than so many milliseconds; nil: the response decides.
        package var maxTTL: Int64?
        package let meter: TierMeter
        let promotions = PromotionCounts()

        /// - Parameter total: of the same tier in all partitions; nil: there is one.
        package init(
            tier: any Tier, write: Write, promotion: Promotion, maxTTL: Int64? = nil, total: TierMeter? = nil
        ) {
            meter = TierMeter(total: total)
            self.tier = tier
            self.write = write
            self.promotion = promotion
            self.maxTTL = maxTTL
        }

        /// Asks the tier and counts how long it took.
        func read(_ key: TierKey, on loop: any EngineLoop, _ done: @escaping @Sendable (TierRead) -> Void) {
            let asked = ContinuousClock.now
            tier.read(key, on: loop) { [meter] read in
                meter.read(asked.duration(to: .now))
                done(read)
            }
        }

        /// Files the response and counts what came of it.
        /// - Parameter waits: whether anybody waits for it.
        func write(
            _ response: StoredResponse, key: TierKey, ttlMilliseconds: Int64, waits: Bool, on loop: any EngineLoop,
            _ done: @escaping @Sendable (TierWrite) -> Void
        ) {
            let asked = ContinuousClock.now
            file(.response(response), key: key, ttlMilliseconds: ttlMilliseconds, waits: waits, on: loop) {
                [meter] outcome in
                meter.wrote(outcome, asked.duration(to: .now))
                done(outcome)
            }
        }

        /// Files the record, uncounted.
        func file(
            _ record: Record, key: TierKey, ttlMilliseconds: Int64, waits: Bool, on loop: any EngineLoop,
            _ done: @escaping @Sendable (TierWrite) -> Void
        ) {
            let ttl = capped(ttlMilliseconds)
            if waits {
                tier.write(record, key: key, ttlMilliseconds: ttl, on: loop, done)
            } else {
                tier.writeBehind(record, key: key, ttlMilliseconds: ttl, on: loop, done)
            }
        }

        func capped(_ ttl: Int64) -> Int64 { min(ttl, maxTTL ?? ttl) }
    }
}

/// What a rule says of writing to tiers: for each tier that it names, a mode in place of the tier's own.
package struct TierWrites: Sendable, Equatable {
    /// False: memory does not take it.
    package var memory: Bool?
    package var redis: Engine.SlowTier.Write?
    package var disk: Engine.SlowTier.Write?

    package init(memory: Bool? = nil, redis: Engine.SlowTier.Write? = nil, disk: Engine.SlowTier.Write? = nil) {
        self.memory = memory
        self.redis = redis
        self.disk = disk
    }

    /// How the response is written to the tier; a tier that is off stays off.
    func mode(of setup: Engine.SlowTier) -> Engine.SlowTier.Write {
        guard setup.write != .off else { return .off }
        switch setup.tier.name {
        case .memory: return setup.write
        case .redis: return redis ?? setup.write
        case .disk: return disk ?? setup.write
        }
    }

    /// Whether memory takes it.
    var storesInMemory: Bool { memory ?? true }

    /// What is not said yet is taken from a later rule.
    mutating func add(_ later: TierWrites) {
        memory = memory ?? later.memory
        redis = redis ?? later.redis
        disk = disk ?? later.disk
    }
}

/// What a rule says of copying hits of slower tiers to the faster ones, in place of the tier's own `promotion`.
package struct TierPromotions: Sendable, Equatable {
    package var redis: Engine.SlowTier.Promotion?
    package var disk: Engine.SlowTier.Promotion?

    package init(redis: Engine.SlowTier.Promotion? = nil, disk: Engine.SlowTier.Promotion? = nil) {
        self.redis = redis
        self.disk = disk
    }

    func promotion(from setup: Engine.SlowTier) -> Engine.SlowTier.Promotion {
        switch setup.tier.name {
        case .memory: setup.promotion
        case .redis: redis ?? setup.promotion
        case .disk: disk ?? setup.promotion
        }
    }

    /// What is not said yet is taken from a later rule.
    mutating func add(_ later: TierPromotions) {
        redis = redis ?? later.redis
        disk = disk ?? later.disk
    }
}

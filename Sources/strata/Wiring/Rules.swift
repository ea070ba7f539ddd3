import Engine
import HTTPMessage
import Invalidation
import Settings

/// Rules as proxy.conf says them, in the form that requests are decided by.
extension Rule {
    init(_ rule: Configuration.Rule, _ settings: Configuration) {
        self.init(
            conditions: RuleConditions(rule.match), cache: rule.cache, ttl: rule.ttl.map { $0 / 1000 },
            force: rule.force, staleWhileRevalidate: rule.staleWhileRevalidate.map { $0 / 1000 },
            staleIfError: rule.staleIfError.map { $0 / 1000 }, stripCookies: rule.stripCookies,
            query: rule.query.map(QueryRules.init), tags: rule.tags?.map { Array($0.utf8) },
            requestFields: FieldChanges(rule.requestHeaders), responseFields: FieldChanges(rule.responseHeaders),
            writes: TierWrites(
                memory: rule.write.memory.map { $0 != .off }, redis: rule.write.redis.map(Engine.SlowTier.Write.init),
                disk: rule.write.disk.map(Engine.SlowTier.Write.init)),
            promotions: TierPromotions(
                redis: rule.promote.redis.map(Engine.SlowTier.Promotion.init),
                disk: rule.promote.disk.map(Engine.SlowTier.Promotion.init)),
            partition: rule.partition.map { settings.partitionNumber($0) })
    }
}

extension Engine.SlowTier.Write {
    init(_ mode: Configuration.WriteMode) {
        self =
            switch mode {
            case .through: .through
            case .behind: .behind
            case .off: .off
            }
    }
}

extension Engine.SlowTier.Promotion {
    init(_ promotion: Configuration.Promotion) {
        self =
            switch promotion {
            case .always: .always
            case .never: .never
            case .hits(let count): .hits(count)
            }
    }
}

extension RuleConditions {
    init(_ match: Configuration.RuleMatch) {
        self.init(paths: match.paths)
        methods = match.methods.map { Array($0.utf8) }
        headers = match.headers.map { Named(name: Array($0.name.lowercased().utf8), value: $0.value) }
        cookies = match.cookies.map { Named(name: Array($0.name.utf8), value: $0.value) }
        contentTypes = match.contentTypes
        statuses = match.statuses
    }
}

extension FieldChanges {
    init(_ changes: Configuration.HeaderChanges) {
        self.init(
            changes.set.map { Change(set: $0.name, to: $0.value) } + changes.remove.map { Change(remove: $0) })
    }
}

extension QueryRules {
    init(_ query: Configuration.QueryKey) {
        self.init(keep: query.keep?.map(\.text), drop: query.drop.map(\.text), sort: query.sort)
    }
}

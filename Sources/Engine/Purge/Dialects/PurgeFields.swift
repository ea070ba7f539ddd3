internal import HTTPMessage
internal import Invalidation

/// The fields of a `PURGE`, `BAN` or `PURGEKEYS`: our own, and those that the clients of Varnish, Fastly and nginx
/// send. Which those are, and who sends them, is in docs/purging.md.
struct PurgeFields {
    /// How the value of a field names tags.
    enum TagForm {
        case spaces, commas
        /// A regular expression over the list.
        case pattern
    }

    let fields: FieldBlock
    /// Fields that the site reads tags from, lower case: some clients purge by the same name.
    let siteTagFields: [TagField]

    /// Fields whose value is a list of tags whatever the method.
    private static let lists: [(name: String, form: TagForm)] = [
        ("surrogate-key", .spaces), ("xkey", .spaces), ("xkey-purge", .spaces), ("xkey-softpurge", .spaces),
        ("cache-tag", .commas),
    ]
    /// Fields with a regular expression whatever the method. Drupal's modules and Magento send these.
    private static let patterns = [
        "x-magento-tags-pattern", "x-cache-tags-pattern", "cache-tags", "purge-cache-tags", "x-drupal-cache-tags",
        "x-drupal-purge-tags", "x-drupal-tags-pattern",
    ]

    func value(_ name: String) -> [UInt8]? {
        let wanted = Array(name.utf8)
        guard let line = fields.lines.first(where: { matches($0, wanted) }) else { return nil }
        return Array(fields.value(line))
    }

    func contains(_ name: String) -> Bool { value(name) != nil }

    /// Whether the line has this name, which is in lower case.
    private func matches(_ line: FieldBlock.Line, _ name: [UInt8]) -> Bool {
        let bytes = fields.nameBytes(line)
        return bytes.count == name.count && bytes.lazy.map(FieldBlock.lowercase).elementsEqual(name)
    }

    /// The tags that fields name; nil: there is no such field.
    /// - Parameter byPattern: `X-Cache-Tags` is a list in a `PURGE` and a regular expression in a `BAN`, and so are the
    ///   site's own fields.
    func tagTargets(byPattern: Bool) throws(PurgeMistake) -> [PurgeTarget]? {
        var targets: [PurgeTarget]?
        for line in fields.lines {
            let name = String(decoding: fields.nameBytes(line).map(FieldBlock.lowercase), as: UTF8.self)
            guard let form = form(name, byPattern: byPattern) else { continue }
            targets = targets ?? []
            targets! += try Self.targets(Array(fields.value(line)), form, field: fields.name(of: line))
        }
        return targets
    }

    private func form(_ name: String, byPattern: Bool) -> TagForm? {
        if let known = Self.lists.first(where: { $0.name == name }) {
            return byPattern && !name.hasPrefix("xkey-") ? .pattern : known.form
        }
        if Self.patterns.contains(name) { return .pattern }
        if name == "x-cache-tags" { return byPattern ? .pattern : .commas }
        guard let site = siteTagFields.first(where: { $0.name.elementsEqual(name.utf8) }) else { return nil }
        if byPattern { return .pattern }
        return site.separator == .comma ? .commas : .spaces
    }

    private static func targets(_ value: [UInt8], _ form: TagForm, field: String) throws(PurgeMistake) -> [PurgeTarget]
    {
        var tags: [[UInt8]] = []
        switch form {
        case .spaces: tags = value.split { $0 == 0x20 || $0 == 0x09 }.map { Array($0) }
        case .commas: tags = value.split(separator: 0x2c).map(trimmed).filter { !$0.isEmpty }
        case .pattern where !value.contains(where: special.contains):
            // No expression at all: a list, as its separators are.
            tags = value.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x2c }.map { Array($0) }
        case .pattern:
            do throws(PatternText.Unknown) {
                switch try PatternText(trimmed(value[...])).tags() {
                case .all: return [.all]
                case .some(let found): tags = found
                }
            } catch {
                throw PurgeMistake(
                    field, "\(JSONText.quoted(value)) is no list of tags; name them as (^|,)(one|two)(,|$)")
            }
        }
        guard !tags.isEmpty else { throw PurgeMistake(field, "it names no tag") }
        var targets: [PurgeTarget] = []
        for tag in tags { targets.append(try PurgeTarget(tag: tag, field: field)) }
        return targets
    }

    /// What makes a text more than literals.
    private static let special = Array(#"()|^$\*+?[]{}"#.utf8)

    private static func trimmed(_ part: ArraySlice<UInt8>) -> [UInt8] {
        var part = part
        while part.first == 0x20 || part.first == 0x09 { part.removeFirst() }
        while part.last == 0x20 || part.last == 0x09 { part.removeLast() }
        return Array(part)
    }

    // MARK: How

    /// Hard or soft, in which partitions, and how long to wait, as the fields have it.
    func options() throws(PurgeMistake) -> PurgeWish {
        var wish = PurgeWish()
        for line in fields.lines where line.name == .softPurge || line.name == .fastlySoftPurge {
            if try flag(line) { wish.mode = .soft }
        }
        if contains("xkey-softpurge") {
            if contains("xkey-purge") {
                throw PurgeMistake("xkey-softpurge", "xkey-purge stands beside it: a purge is hard or soft")
            }
            wish.mode = .soft
        }
        for line in fields.lines where line.name == .purgeWait {
            wish.waitMilliseconds = try PurgeWish.wait(Array(fields.value(line)), field: "Purge-Wait")
        }
        if let value = value("purge-again") {
            wish.againMilliseconds = try PurgeWish.again(value, field: "Purge-Again")
        }
        for line in fields.lines where matches(line, Array("purge-partition".utf8)) {
            for name in fields.value(line).split(separator: 0x2c, omittingEmptySubsequences: false) {
                try wish.add(partition: Self.trimmed(name), field: "Purge-Partition")
            }
        }
        if let line = fields.lines.first(where: { matches($0, Array("purge-refresh".utf8)) }), try flag(line) {
            wish.refresh = true
            wish.mode = .soft
        }
        return wish
    }

    private func flag(_ line: FieldBlock.Line) throws(PurgeMistake) -> Bool {
        switch String(decoding: fields.value(line), as: UTF8.self).lowercased() {
        case "1", "true", "yes": return true
        case "0", "false", "no", "": return false
        default: throw PurgeMistake(fields.name(of: line), "write 1 or 0")
        }
    }
}

extension FieldBlock {
    /// The line's name as it was sent.
    fileprivate func name(of line: Line) -> String { String(decoding: nameBytes(line), as: UTF8.self) }
}

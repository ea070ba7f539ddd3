internal import Engine
internal import Invalidation

/// A node that was read by its schema: its value or what is below it, and where it stood. Every key of the schema is
/// there, given or not. With mistakes some values are missing; the accessors then give neutral ones, and nothing is
/// built.
struct Setting: Sendable {
    enum Content: Sendable {
        case nothing
        case value(Value)
        case list([Setting])
        /// Keys of the schema.
        case keys([String: Setting])
        /// Names chosen by the user, in the file's order.
        case named([(name: String, setting: Setting)])
    }

    var line = 0
    var column = 0
    var path: String
    /// Stands in the file (or on the command line), whether it is right or wrong.
    var isGiven = false
    /// There is a mistake in it.
    var isBroken = false
    /// What a message may show of it: its text in quotes, or "the value".
    var shown = "the value"
    var content = Content.nothing

    subscript(_ key: String) -> Setting {
        if case .keys(let keys) = content, let setting = keys[key] { return setting }
        return Setting(line: line, column: column, path: "\(path).\(key)", isBroken: isBroken)
    }

    var isPresent: Bool {
        if case .nothing = content { false } else { true }
    }

    var value: Value? {
        if case .value(let value) = content { value } else { nil }
    }

    var items: [Setting] {
        if case .list(let items) = content { items } else { [] }
    }

    var members: [(name: String, setting: Setting)] {
        if case .named(let members) = content { members } else { [] }
    }

    var number: Int? {
        if case .number(let number) = value { number } else { nil }
    }

    var int: Int { number ?? 0 }
    var milliseconds: Int64 { Int64(int) }

    var flag: Bool? {
        if case .flag(let flag) = value { flag } else { nil }
    }

    var text: String? {
        if case .text(let text) = value { text } else { nil }
    }

    var texts: [String] { items.compactMap(\.text) }

    var networks: AddressSet {
        AddressSet(
            items.compactMap {
                if case .network(let network) = $0.value { network } else { nil }
            }, includesUnix: items.contains { $0.value == .unixPeers })
    }

    var statuses: [ClosedRange<Int>] {
        items.compactMap {
            if case .statuses(let statuses) = $0.value { statuses } else { nil }
        }
    }

    var globs: [Glob] {
        items.compactMap {
            if case .glob(let glob) = $0.value { glob } else { nil }
        }
    }
}

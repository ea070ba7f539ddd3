internal import Engine
internal import Foundation
internal import Invalidation

/// The body of `POST /cache/invalidate`: an object with the members that design.md section 8 names. Lists may be single
/// strings. Anything else is refused by its name, and nothing is purged.
struct InvalidationBody {
    let wish: PurgeWish

    init(_ bytes: [UInt8]) throws(PurgeMistake) {
        let members = try Self.members(bytes)
        var wish = PurgeWish()
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "urls", "url":
                for text in try value.texts(name) {
                    wish.targets.append(try PurgeTarget.urlOrPrefix(text, field: name))
                }
            case "prefixes", "prefix":
                for text in try value.texts(name) { wish.targets.append(try PurgeTarget(prefix: text, field: name)) }
            case "patterns", "pattern":
                for text in try value.texts(name) { wish.targets.append(try PurgeTarget(glob: text, field: name)) }
            case "tags", "tag":
                for text in try value.texts(name) { wish.targets.append(try PurgeTarget(tag: text, field: name)) }
            case "hosts", "host":
                for text in try value.texts(name) { wish.targets.append(try PurgeTarget(host: text, field: name)) }
            case "partitions", "partition":
                for text in try value.texts(name) { try wish.add(partition: text, field: name) }
            case "all":
                guard try value.flag(name) else { throw PurgeMistake(name, "write true, or leave it out") }
                wish.targets.append(.all)
            case "soft":
                if try value.flag(name) { wish.mode = .soft }
            case "refresh":
                wish.refresh = try value.flag(name)
            case "wait":
                wish.waitMilliseconds = try PurgeWish.wait(try value.time(name), field: name)
            case "again":
                wish.againMilliseconds = try PurgeWish.again(try value.time(name), field: name)
            default:
                throw PurgeMistake(name, "there is no such member; known: \(Self.known)")
            }
        }
        if wish.refresh { wish.mode = .soft }
        self.wish = wish
    }

    private static let known = "urls, prefixes, patterns, tags, hosts, partitions, all, soft, refresh, wait, again"

    private static func members(_ bytes: [UInt8]) throws(PurgeMistake) -> [String: Member] {
        guard let members = try? JSONDecoder().decode([String: Member].self, from: Data(bytes)) else {
            throw PurgeMistake("body", "it is no object of JSON")
        }
        if let name = MemberNames.escaped(in: bytes) { throw PurgeMistake(name, "write the member's name without \\") }
        if let name = MemberNames.repeated(in: bytes) { throw PurgeMistake(name, "it stands there twice") }
        return members
    }

    private enum Member: Decodable {
        case flag(Bool)
        case text(String)
        case list([String])
        /// A number, an object, null.
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let list = try? container.decode([String].self) {
                self = .list(list)
            } else {
                self = .other
            }
        }

        func texts(_ name: String) throws(PurgeMistake) -> [[UInt8]] {
            switch self {
            case .text(let text): return [Array(text.utf8)]
            // A script whose list came out empty must not purge what stands beside it.
            case .list(let texts) where texts.isEmpty: throw PurgeMistake(name, "it names nothing")
            case .list(let texts): return texts.map { Array($0.utf8) }
            case .flag, .other: throw PurgeMistake(name, "write a list of strings")
            }
        }

        func time(_ name: String) throws(PurgeMistake) -> [UInt8] {
            guard case .text(let text) = self else {
                throw PurgeMistake(name, "write a time as text, for example \"2s\"")
            }
            return Array(text.utf8)
        }

        func flag(_ name: String) throws(PurgeMistake) -> Bool {
            guard case .flag(let flag) = self else { throw PurgeMistake(name, "write true or false") }
            return flag
        }
    }
}

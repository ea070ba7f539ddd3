internal import CacheModel
internal import NIOCore

/// The names of keys in Redis (docs/tiers.md): printable ASCII, with the URL's digest as hash tag, so that all that
/// belongs to a URL is in one slot of a cluster.
///
/// ```
/// {prefix}e:{32 hex digits}              what is stored under a URL: a response, or the list of its variants
/// {prefix}e:{32 hex digits}:32 digits    one variant
/// {prefix}lease:{32 hex digits}[:…]      who is filling it
/// ```
struct KeyNames: Sendable {
    private let entryStart: [UInt8]
    private let leaseStart: [UInt8]
    /// What comes before the digits in a GET of an entry without and with a selection.
    private let getStart: [UInt8]
    private let getVariantStart: [UInt8]

    init(prefix: String) {
        entryStart = Array("\(prefix)e:{".utf8)
        leaseStart = Array("\(prefix)lease:{".utf8)
        func get(_ digits: Int) -> [UInt8] {
            Array("*2\r\n$3\r\nGET\r\n$\(prefix.utf8.count + digits)\r\n\(prefix)e:{".utf8)
        }
        getStart = get(3 + 32 + 1)
        getVariantStart = get(3 + 32 + 2 + 32)
    }

    func entry(_ key: TierKey) -> ByteBuffer { name(entryStart, key) }
    func lease(_ key: TierKey) -> ByteBuffer { name(leaseStart, key) }

    /// The command that reads an entry.
    func get(_ key: TierKey) -> Command {
        Command(bytes: name(key.selection.isEmpty ? getStart : getVariantStart, key, isCommand: true))
    }

    /// The slot of a key's entry and lease in a cluster.
    func slot(_ key: TierKey) -> Int {
        SlotHash.slot(of: ByteBuffer.exact(count: 32) { $0.store(tag(key), at: 0) })
    }

    private func tag(_ key: TierKey) -> TierKey.Digest {
        key.selection.isEmpty ? key.digest : TierKey.Digest(key.primary.bytes, [])
    }

    /// In one piece, as every hit needs one.
    private func name(_ start: [UInt8], _ key: TierKey, isCommand: Bool = false) -> ByteBuffer {
        let isVariant = !key.selection.isEmpty
        let count = start.count + (isVariant ? 66 : 33) + (isCommand ? 2 : 0)
        return ByteBuffer.exact(count: count) { memory in
            memory.copyBytes(from: start)
            var at = start.count + 32
            memory.store(tag(key), at: start.count)
            memory[at] = UInt8(ascii: "}")
            at += 1
            if isVariant {
                memory[at] = UInt8(ascii: ":")
                memory.store(key.digest, at: at + 1)
                at += 33
            }
            if isCommand {
                memory[at] = 0x0d
                memory[at + 1] = 0x0a
            }
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// 32 lower-case hex digits.
    fileprivate func store(_ digest: TierKey.Digest, at: Int) {
        func put(_ word: UInt64, _ place: Int) {
            storeBytes(of: Self.digits(word).bigEndian, toByteOffset: place, as: UInt64.self)
        }
        put(digest.high >> 32, at)
        put(digest.high & 0xffff_ffff, at + 8)
        put(digest.low >> 32, at + 16)
        put(digest.low & 0xffff_ffff, at + 24)
    }

    /// The eight digits of 32 bits, the highest in the highest byte.
    private static func digits(_ word: UInt64) -> UInt64 {
        var digits = word
        digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff
        digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff
        digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = (digits &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return digits &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }
}

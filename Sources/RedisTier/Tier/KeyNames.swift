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
    private let entryStart: ByteBuffer
    private let leaseStart: ByteBuffer
    /// What comes before the digits in a GET of an entry without and with a selection.
    private let getStart: ByteBuffer
    private let getVariantStart: ByteBuffer

    init(prefix: String) {
        entryStart = ByteBuffer(string: prefix + "e:{")
        leaseStart = ByteBuffer(string: prefix + "lease:{")
        func get(_ digits: Int) -> ByteBuffer {
            ByteBuffer(string: "*2\r\n$3\r\nGET\r\n$\(prefix.utf8.count + digits)\r\n\(prefix)e:{")
        }
        getStart = get(3 + 32 + 1)
        getVariantStart = get(3 + 32 + 2 + 32)
    }

    func entry(_ key: TierKey) -> ByteBuffer { name(entryStart, key) }
    func lease(_ key: TierKey) -> ByteBuffer { name(leaseStart, key) }

    /// The command that reads an entry.
    func get(_ key: TierKey) -> Command {
        var bytes = name(key.selection.isEmpty ? getStart : getVariantStart, key)
        bytes.writeStaticString("\r\n")
        return Command(bytes: bytes)
    }

    /// The slot of a key's entry and lease in a cluster.
    func slot(_ key: TierKey) -> Int {
        var digits = ByteBuffer()
        digits.write(hex: tag(key))
        return SlotHash.slot(of: digits)
    }

    private func tag(_ key: TierKey) -> TierKey.Digest {
        key.selection.isEmpty ? key.digest : TierKey.Digest(key.primary.bytes, [])
    }

    private func name(_ start: ByteBuffer, _ key: TierKey) -> ByteBuffer {
        var name = ByteBuffer()
        name.reserveCapacity(start.readableBytes + 72)
        name.writeImmutableBuffer(start)
        name.write(hex: tag(key))
        if key.selection.isEmpty {
            name.writeStaticString("}")
        } else {
            name.writeStaticString("}:")
            name.write(hex: key.digest)
        }
        return name
    }
}

extension ByteBuffer {
    /// 32 lower-case digits.
    fileprivate mutating func write(hex digest: TierKey.Digest) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 32) { memory in
            for (at, word) in [digest.high, digest.low].enumerated() {
                var rest = word
                for place in stride(from: 15, through: 0, by: -1) {
                    let digit = UInt8(truncatingIfNeeded: rest & 15)
                    memory[at * 16 + place] = digit < 10 ? 0x30 + digit : 0x57 + digit
                    rest >>= 4
                }
            }
            return 32
        }
    }
}

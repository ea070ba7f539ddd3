/// Which site serves a host: an exact name first, then the longest `*.suffix`, then `*`.
///
/// One pass over the host from its end computes the hash of every suffix, so that a lookup takes no memory and at most
/// one probe a label. `*.example.com` matches names of any depth below `example.com`, not `example.com` itself.
package struct SiteTable: Sendable {
    private var exact = NameTable()
    private var suffixes = NameTable()
    private var fallback: Int?

    package init() {}

    /// Adds a pattern: `example.com`, `192.0.2.1`, `[2001:db8::1]`, `*.example.com` or `*`, in lower case, without port.
    /// False if it is there already.
    package mutating func insert(_ pattern: String, site: Int) -> Bool {
        if pattern == "*" {
            guard fallback == nil else { return false }
            fallback = site
            return true
        }
        if pattern.hasPrefix("*.") {
            return suffixes.insert(Array(pattern.utf8.dropFirst(2)), value: site)
        }
        return exact.insert(Array(pattern.utf8), value: site)
    }

    /// The site for a canonical host: lower case, no trailing dot. A port is allowed and not looked at. Nil: no site (421).
    package func index(ofHost bytes: UnsafeRawBufferPointer) -> Int? {
        let host = UnsafeRawBufferPointer(rebasing: bytes[..<Self.lengthWithoutPort(bytes)])
        var hash = NameTable.seed
        var found: Int?
        var position = host.count
        while position > 0 {
            position -= 1
            if !suffixes.isEmpty, host[position] == UInt8(ascii: "."), position > 0 {
                let suffix = UnsafeRawBufferPointer(rebasing: host[(position + 1)...])
                found = suffixes.value(of: suffix, hash: hash) ?? found
            }
            hash = NameTable.step(hash, host[position])
        }
        return exact.value(of: host, hash: hash) ?? found ?? fallback
    }

    /// The host's length without `:port`. In `[::1]` no colon begins a port.
    private static func lengthWithoutPort(_ bytes: UnsafeRawBufferPointer) -> Int {
        var position = bytes.count
        while position > 0 {
            let byte = bytes[position - 1]
            if byte == UInt8(ascii: ":") {
                let isPort = bytes[0] != UInt8(ascii: "[") || (position > 1 && bytes[position - 2] == UInt8(ascii: "]"))
                return isPort ? position - 1 : bytes.count
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return bytes.count }
            position -= 1
        }
        return bytes.count
    }
}

/// A hash table from byte strings to numbers, hashed from the last byte to the first (FNV-1a). The keys come from the
/// configuration, so nobody outside can make them collide.
struct NameTable: Sendable {
    static let seed: UInt64 = 0xcbf2_9ce4_8422_2325

    static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }

    private struct Entry: Sendable {
        var hash: UInt64
        var name: [UInt8]
        var value: Int
    }

    private var entries: [Entry] = []
    /// Open addressing; a power of two, at most half full. An index into `entries`, or -1.
    private var slots: [Int32] = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func insert(_ name: [UInt8], value: Int) -> Bool {
        let hash = name.reversed().reduce(Self.seed, Self.step)
        guard name.withUnsafeBytes({ self.value(of: $0, hash: hash) }) == nil else { return false }
        entries.append(Entry(hash: hash, name: name, value: value))
        if entries.count * 2 > slots.count {
            slots = Array(repeating: -1, count: max(8, slots.count * 2))
            for index in entries.indices { place(index) }
        } else {
            place(entries.count - 1)
        }
        return true
    }

    private mutating func place(_ index: Int) {
        var slot = Self.spread(entries[index].hash) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(index)
    }

    func value(of name: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        guard !slots.isEmpty else { return nil }
        var slot = Self.spread(hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if entries[index].hash == hash, entries[index].name.elementsEqual(name) { return entries[index].value }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// FNV's low bits are its weak ones.
    private static func spread(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & 0x7fff_ffff)
    }
}

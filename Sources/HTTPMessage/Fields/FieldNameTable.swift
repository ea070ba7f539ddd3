/// The hash table behind `FieldName.intern`. A parser keeps it at hand, so that a field costs no access to a lazily
/// initialised global.
struct FieldNameTable: Sendable {
    static let shared = FieldNameTable()

    /// Open addressing; empty slots hold `.other`. A probe ends at the latest after `slots.count` steps, since fewer
    /// than half of them are taken.
    private let slots: [FieldName]
    private static let mask = 511

    private init() {
        var slots = [FieldName](repeating: .other, count: Self.mask + 1)
        for name in FieldName.allCases where name != .other {
            var slot = Self.bucket(name.bytes)
            while slots[slot] != .other { slot = (slot + 1) & Self.mask }
            slots[slot] = name
        }
        self.slots = slots
    }

    /// See `FieldName.intern`.
    func find(_ bytes: UnsafeRawBufferPointer) -> FieldName {
        guard !bytes.isEmpty, bytes.count <= Self.longest else { return .other }
        var slot = Self.bucket(bytes)
        while true {
            let candidate = slots[slot]
            if candidate == .other || candidate.equals(bytes) { return candidate }
            slot = (slot + 1) & Self.mask
        }
    }

    /// How many slots are looked at to find this name; for the test that the hash spreads the names well.
    func probes(_ name: FieldName) -> Int {
        var slot = Self.bucket(name.bytes)
        var count = 1
        while slots[slot] != name {
            slot = (slot + 1) & Self.mask
            count += 1
        }
        return count
    }

    /// No known name is longer.
    private static let longest = 32

    /// Length and three bytes, letter case folded. `bytes` is not empty and short, so nothing overflows.
    @inline(__always)
    private static func bucket(_ bytes: UnsafeRawBufferPointer) -> Int {
        let count = bytes.count
        let first = Int(bytes[0] | 0x20)
        let middle = Int(bytes[count / 2] | 0x20)
        let last = Int(bytes[count - 1] | 0x20)
        return (first * 33 + middle * 137 + last * 7 + count * 59) & mask
    }

    /// Whether `bytes` spell the name at `own`, which is as long; both are tokens, so folding bit 5 is exact enough.
    @inline(__always)
    static func matches(_ own: UnsafeRawPointer, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count
        guard count >= 8 else {
            for i in 0..<count
            where (own.load(fromByteOffset: i, as: UInt8.self) | 0x20) != (bytes[i] | 0x20) { return false }
            return true
        }
        var i = 0
        // Eight bytes at a time; the last step overlaps the one before it.
        while true {
            let difference =
                own.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                ^ bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)
            if difference & ~0x2020_2020_2020_2020 != 0 { return false }
            if i == count - 8 { return true }
            i = min(i + 8, count - 8)
        }
    }
}

extension FieldName {
    /// The customary spelling as bytes; the storage is constant and lives for ever.
    var bytes: UnsafeRawBufferPointer {
        let text = self.text
        return UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}

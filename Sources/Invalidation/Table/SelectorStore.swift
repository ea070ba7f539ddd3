/// Selectors and their marks, packed: about fifty bytes each beside the selector's own. An entry keeps its number while it
/// is there; a number that became free is given out again.
struct SelectorStore: Sendable {
    /// The records that a selector stands in: places in `RecordQueue`, 0 for none.
    struct Marks {
        var hard: UInt32 = 0
        var soft: UInt32 = 0
        /// Hard, of an unsafe method. Apart from `hard`, because it may be forgotten early: it must not stand in for a
        /// purge that may not (rule 21).
        var unsafeMethod: UInt32 = 0

        func contains(_ place: UInt32) -> Bool { hard == place || soft == place || unsafeMethod == place }
        var isEmpty: Bool { hard == 0 && soft == 0 && unsafeMethod == 0 }

        mutating func forget(_ place: UInt32) {
            if hard == place { hard = 0 }
            if soft == place { soft = 0 }
            if unsafeMethod == place { unsafeMethod = 0 }
        }
    }

    private struct Entry {
        /// Where its bytes begin: the low 32 bits, then 8 more above 24 bits of the hash.
        var low: UInt32
        var highAndHash: UInt32
        var marks = Marks()

        var at: Int { Int(highAndHash >> 24) << 32 | Int(low) }
        var hash: UInt32 { highAndHash & 0xff_ffff }

        init(at: Int, hash: UInt64) {
            low = UInt32(truncatingIfNeeded: at)
            highAndHash = UInt32(truncatingIfNeeded: at >> 32) << 24 | UInt32(truncatingIfNeeded: hash >> 40)
        }
    }

    private var entries = Chunks<Entry>()
    private var free: [UInt32] = []
    /// Open addressing, linear probing: an entry's number + 1, or 0. A power of two, at most three quarters full.
    private var slots: [UInt32] = Array(repeating: 0, count: 16)
    /// kind · varint length, first string · varint length, second string.
    private var bytes = ByteChunks()
    private var deadBytes = 0
    private(set) var count = 0

    /// No marks for a number that is not given out, as one of a dead record may be.
    subscript(number: Int) -> Marks {
        get { number < entries.count ? entries[number].marks : Marks() }
        set { entries[number].marks = newValue }
    }

    // MARK: Looking

    func find(_ selector: Selector) -> Int? {
        Self.withParts(selector) { find(selector.kind, $0, $1) }
    }

    func find(_ kind: Selector.Kind, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int? {
        look(kind, first, second, Self.hash(kind, first, second)).number
    }

    func selector(_ number: Int) -> Selector {
        bytes.from(entries[number].at) { bytes in
            let (kind, first, second, _) = Self.parts(bytes)
            guard let selector = Selector(kind, Array(first), Array(second)) else {
                preconditionFailure("what was packed is a selector")
            }
            return selector
        }
    }

    private func look(
        _ kind: Selector.Kind, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ hash: UInt64
    ) -> (slot: Int, number: Int?) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        let tag = UInt32(truncatingIfNeeded: hash >> 40)
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            let entry = entries[number]
            if entry.hash == tag {
                let isSame = bytes.from(entry.at) { bytes in
                    let found = Self.parts(bytes)
                    return found.kind == kind && found.first.elementsEqual(first) && found.second.elementsEqual(second)
                }
                if isSame { return (slot, number) }
            }
            slot = (slot + 1) & mask
        }
        return (slot, nil)
    }

    // MARK: Changing

    /// The number of the selector, which is put in if it is not there.
    mutating func insert(_ selector: Selector) -> Int {
        Self.withParts(selector) { insert(selector.kind, $0, $1) }
    }

    private mutating func insert(
        _ kind: Selector.Kind, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) -> Int {
        let hash = Self.hash(kind, first, second)
        var (slot, known) = look(kind, first, second, hash)
        if let known { return known }
        precondition(entries.count < Int(UInt32.max), "the table is full")
        if (count + 1) * 4 > slots.count * 3 {
            resize(slots.count * 2)
            slot = look(kind, first, second, hash).slot
        }
        let place = bytes.append(21 + first.count + second.count) { bytes in
            bytes.append(kind.rawValue)
            for part in [first, second] {
                Self.appendVarint(part.count, to: &bytes)
                bytes.append(contentsOf: part)
            }
        }
        let entry = Entry(at: place, hash: hash)
        let number: Int
        if let again = free.popLast() {
            number = Int(again)
            entries[number] = entry
        } else {
            number = entries.count
            entries.append(entry)
        }
        slots[slot] = UInt32(number + 1)
        count += 1
        return number
    }

    mutating func remove(_ number: Int) {
        let mask = slots.count - 1
        var hole = home(number)
        while slots[hole] != UInt32(number + 1) { hole = (hole + 1) & mask }
        var at = (hole + 1) & mask
        while slots[at] != 0 {
            let distance = (at - home(Int(slots[at]) - 1)) & mask
            if distance >= (at - hole) & mask {
                slots[hole] = slots[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        slots[hole] = 0
        count -= 1
        if count == 0 {
            self = SelectorStore()
            return
        }
        deadBytes += length(number)
        // No slot names it any more; what is left marks the place as free.
        entries[number].marks = Marks()
        free.append(UInt32(number))
        if deadBytes > bytes.count / 2, deadBytes > 4096 { packBytes() }
    }

    /// Gives each mark its new place, after the queue was compacted.
    mutating func moveMarks(_ place: (UInt32) -> UInt32) {
        for index in entries.indices where !entries[index].marks.isEmpty {
            let old = entries[index].marks
            entries[index].marks = Marks(
                hard: old.hard == 0 ? 0 : place(old.hard), soft: old.soft == 0 ? 0 : place(old.soft),
                unsafeMethod: old.unsafeMethod == 0 ? 0 : place(old.unsafeMethod))
        }
    }

    /// Bytes held.
    var footprint: Int {
        entries.footprint + slots.capacity * 4 + free.capacity * 4 + bytes.footprint
    }

    // MARK: Room

    private mutating func resize(_ size: Int) {
        let old = slots
        slots = Array(repeating: 0, count: size)
        for number in old where number != 0 {
            var slot = home(Int(number) - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = number
        }
    }

    private mutating func packBytes() {
        var packed = ByteChunks()
        for slot in slots where slot != 0 {
            let number = Int(slot) - 1
            let old = entries[number]
            let place = bytes.from(old.at) { bytes in
                let length = Self.parts(bytes).length
                return packed.append(length) { $0.append(contentsOf: bytes[..<length]) }
            }
            var entry = Entry(at: place, hash: UInt64(old.hash) << 40)
            entry.marks = old.marks
            entries[number] = entry
        }
        bytes = packed
        deadBytes = 0
    }

    private func home(_ number: Int) -> Int {
        bytes.from(entries[number].at) { bytes in
            let (kind, first, second, _) = Self.parts(bytes)
            return Int(truncatingIfNeeded: Self.hash(kind, first, second)) & (slots.count - 1)
        }
    }

    private func length(_ number: Int) -> Int { bytes.from(entries[number].at) { Self.parts($0).length } }

    // MARK: The packed form

    private static func hash(
        _ kind: Selector.Kind, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) -> UInt64 {
        // Another key in each process: nobody can choose tags that collide.
        var hasher = Hasher()
        hasher.combine(kind.rawValue)
        hasher.combine(bytes: first)
        hasher.combine(first.count)
        hasher.combine(bytes: second)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    private static func withParts<Result>(
        _ selector: Selector, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let (first, second) = selector.strings
        return first.withUnsafeBytes { first in second.withUnsafeBytes { body(first, $0) } }
    }

    /// - Parameter bytes: begin with one packed selector.
    private static func parts(
        _ bytes: UnsafeRawBufferPointer
    ) -> (kind: Selector.Kind, first: UnsafeRawBufferPointer, second: UnsafeRawBufferPointer, length: Int) {
        var at = 1
        func string() -> UnsafeRawBufferPointer {
            var length = 0
            var shift = 0
            while true {
                let byte = bytes[at]
                at += 1
                length |= Int(byte & 0x7f) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            defer { at += length }
            return UnsafeRawBufferPointer(rebasing: bytes[at..<at + length])
        }
        guard let kind = Selector.Kind(rawValue: bytes[0]) else { preconditionFailure("what was packed is a kind") }
        let first = string()
        let second = string()
        return (kind, first, second, at)
    }

    private static func appendVarint(_ value: Int, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

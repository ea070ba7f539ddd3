import Invalidation
import Testing

@testable import RedisTier

/// invalidation.md rule 15: what a process that is started with the log away goes on from.
@Suite("The table that is kept") struct KeptTableTests {
    private static let table = KeptTable(
        boot: "5f0c3f0e-0000-4000-8000-123456789abc", contact: 123_456,
        mark: AppliedMark(epoch: 7, n: 9, nonce: 11), floor: 2,
        records: [
            InvalidationRecord(n: 3, nonce: 1, mode: .hard, selectors: [.tag([0x61]), .all], acceptedAt: 5),
            InvalidationRecord(n: 9, nonce: 11, mode: .soft, selectors: [.host([0x68])], acceptedAt: 6),
        ])

    @Test("comes back as it was, with a nonce and without, with records and without")
    func roundTrip() throws {
        for nonce in [nil, 0, 11] as [UInt64?] {
            for records in [[], Self.table.records] {
                var table = Self.table
                table.mark.nonce = nonce
                table.records = records
                let again = try #require(KeptTable(table.bytes))
                #expect(again.boot == table.boot && again.contact == table.contact && again.mark == table.mark)
                #expect(again.floor == table.floor && again.records == table.records)
            }
        }
    }

    @Test("cut at any byte, with a byte behind, or with any bit flipped it is none")
    func damaged() {
        let bytes = Self.table.bytes
        for length in bytes.indices { #expect(KeptTable(Array(bytes[..<length])) == nil, "cut at \(length)") }
        #expect(KeptTable(bytes + [0]) == nil)
        for place in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[place] ^= 1 << bit
                #expect(KeptTable(flipped) == nil, "byte \(place) bit \(bit)")
            }
        }
    }

    @Test("bytes that are none of ours, of an older form, or absurd never trap", arguments: 0..<200)
    func arbitrary(seed: Int) {
        var bytes = Self.table.bytes
        if seed == 0 { bytes = [] }
        if seed == 1 { bytes = Array("STRTAB".utf8) }
        for step in 0..<(seed % 7) where !bytes.isEmpty {
            bytes[(seed * 31 + step * 17) % bytes.count] = UInt8(truncatingIfNeeded: seed * step)
        }
        if bytes != Self.table.bytes { #expect(KeptTable(bytes) == nil) }
    }

    @Test("the boot has one name for all processes")
    func boot() { #expect(KeptTable.boot != nil && KeptTable.boot == KeptTable.boot) }
}

import TestSupport
import Invalidation
import Testing

@Suite("Bytes of a record")
struct RecordBytesTests {
    private static func random(_ random: inout SplitMix) -> InvalidationRecord {
        func string() -> [UInt8] {
            (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        func unrestricted() -> Selector {
            switch Int.random(in: 0..<6, using: &random) {
            case 5: .glob(string())
            case 0: .url(host: string(), target: string())
            case 1: .prefix(host: string(), prefix: string())
            case 2: .tag(string())
            case 3: .host(string())
            default: .all
            }
        }
        let selectors = (0..<Int.random(in: 1...5, using: &random)).map { _ -> Selector in
            let selector = unrestricted()
            return Bool.random(using: &random) ? selector : selector.within(string().filter { $0 != 0 })
        }
        return InvalidationRecord(
            n: .random(in: 0 ... .max, using: &random), nonce: .random(in: 0 ... .max, using: &random),
            mode: Bool.random(using: &random) ? .hard : .soft, selectors: selectors,
            acceptedAt: .random(in: .min ... .max, using: &random))
    }

    @Test("records come back")
    func roundTrip() {
        var random = SplitMix(state: 1)
        for _ in 0..<3_000 {
            let record = Self.random(&random)
            #expect(RecordBytes.decode(RecordBytes.encode(record)) == record)
        }
    }

    @Test("the bytes are those that are documented")
    func layout() {
        let record = InvalidationRecord(
            n: 1, nonce: 2, mode: .soft, selectors: [.url("h", "/x")], acceptedAt: 3)
        #expect(
            RecordBytes.encode(record)
                == [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 2, 0, 1, 1]
                + [0, 0, 0, 1, 0x68, 0, 0, 0, 2, 0x2f, 0x78])
    }

    @Test("a partition is a kind of its own, and its name and a NUL begin the first string of what is restricted to it")
    func restricted() {
        let restricted = RecordBytes.encode(.url("h", "/x").within("shop"))
        #expect(
            restricted == [0x11, 0, 0, 0, 6] + bytes("shop\0h") + [0, 0, 0, 2, 0x2f, 0x78],
            "fleets have these in their logs")
        #expect(RecordBytes.encode(.tag("t").within("shop")) == [0x13, 0, 0, 0, 6] + bytes("shop\0t") + [0, 0, 0, 0])
        #expect(RecordBytes.encode(Selector.all.within("shop")) == [0x15, 0, 0, 0, 4] + bytes("shop") + [0, 0, 0, 0])
        #expect(RecordBytes.encode(.tag("t")) == [3, 0, 0, 0, 1, 0x74, 0, 0, 0, 0])
        // A tag of a cache group begins with a NUL itself.
        let group = Selector.tag("\0http\0h\0g").within("shop")
        #expect(RecordBytes.decodeSelector(RecordBytes.encode(group)) == group)
        // Without the NUL it is none.
        #expect(RecordBytes.decodeSelector([0x13, 0, 0, 0, 1, 0x74, 0, 0, 0, 0]) == nil)
    }

    @Test("cut at any length, or with a byte behind: no record")
    func truncated() {
        var random = SplitMix(state: 2)
        for _ in 0..<50 {
            let encoded = RecordBytes.encode(Self.random(&random))
            for length in 0..<encoded.count { #expect(RecordBytes.decode(Array(encoded[..<length])) == nil) }
            #expect(RecordBytes.decode(encoded + [0]) == nil)
        }
    }

    @Test("unknown modes and kinds, no selector at all, and absurd lengths: no record")
    func hostile() {
        let good = RecordBytes.encode(record(1, .hard, [.tag("t")]))
        for (at, value) in [(24, 0), (24, 3), (27, 0), (27, 7), (26, 0), (26, 2), (25, 0xff), (28, 0xff), (28, 0x7f)] {
            var bytes = good
            bytes[at] = UInt8(value)
            #expect(RecordBytes.decode(bytes) == nil, "\(value) at \(at)")
        }
        #expect(RecordBytes.decode(Array(good[..<25]) + [0, 0]) == nil)
    }

    @Test("arbitrary bytes never trap, and what decodes encodes again")
    func arbitrary() {
        var random = SplitMix(state: 3)
        for _ in 0..<20_000 {
            var bytes = RecordBytes.encode(Self.random(&random))
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = random.pick([0, 1, 2, 5, 0x7f, 0x80, 0xff])
            }
            if let record = RecordBytes.decode(bytes) {
                #expect(RecordBytes.decode(RecordBytes.encode(record)) == record)
            }
        }
    }

    @Test(
        "what has no byte form is told, and never written",
        arguments: [
            (0, 0, false), (1, 0, true), (1, RecordBytes.maxString, true), (1, RecordBytes.maxString + 1, false),
            (RecordBytes.maxSelectors, 1, true), (RecordBytes.maxSelectors + 1, 1, false), (15, 1 << 20, true),
            (17, 1 << 20, false),
        ])
    func bounds(count: Int, length: Int, fits: Bool) {
        let selectors = [Selector](repeating: .tag([UInt8](repeating: 0x74, count: length)), count: count)
        #expect(RecordBytes.fits(selectors) == fits)
        if fits {
            let record = record(1, .hard, selectors)
            let encoded = RecordBytes.encode(record)
            #expect(encoded.count <= RecordBytes.maxLength)
            #expect(RecordBytes.decode(encoded) == record)
        }
    }
}

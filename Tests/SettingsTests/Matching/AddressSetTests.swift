import Settings
import Testing

@Suite("Addresses")
struct AddressSetTests {
    @Test("IPv4 and IPv6 texts (RFC 4291 section 2.2, RFC 5952)", arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("::", "::"), ("::1", "::1"), ("2001:DB8::1", "2001:db8::1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1::", "1::"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
    func parse(_ text: String, _ canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test("what is no address", arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "+1.2.3.4", "1..2.3", "0x1.2.3.4", "1.2.3.4/8",
        ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", "[::1]", "1:", ":1", "1:2:3:4:5:6:7:8::",
        "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "localhost", "::ffff:1.2.3.4.5", "1:2:3:4:5:6:7:1.2.3.4", "１.2.3.4",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    ])
    func refuse(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("networks", arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3", "10.1.2.3"), ("10.1.2.3/32", "10.1.2.3"), ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"), ("2001:db8::/32", "2001:db8::/32"), ("::1", "::1"), ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
    ])
    func networks(_ text: String, _ canonical: String) throws {
        #expect(try AddressSet.Network(text).description == canonical)
    }

    @Test("what is no network", arguments: [
        ("10.0.0.0/33", AddressSet.Network.Problem.prefixOutOfRange(32)), ("10.0.0.0/", .prefixOutOfRange(32)),
        ("10.0.0.0/-1", .prefixOutOfRange(32)), ("::/129", .prefixOutOfRange(128)), ("::/0128", .prefixOutOfRange(128)),
        ("::ffff:10.0.0.0/8", .prefixOutOfRange(128)), ("10.0.0/8", .notAnAddress), ("/8", .notAnAddress),
        ("10.0.0.0/8/8", .prefixOutOfRange(32)),
    ])
    func refuseNetwork(_ text: String, _ problem: AddressSet.Network.Problem) {
        #expect(throws: problem) { try AddressSet.Network(text) }
    }

    @Test("a network with bits behind its prefix names the one that was meant")
    func hostBits() throws {
        let meant = try AddressSet.Network("10.1.0.0/16")
        #expect(throws: AddressSet.Network.Problem.hostBits(meant)) { try AddressSet.Network("10.1.2.3/16") }
    }

    struct Row: Sendable {
        var networks: [String]
        var inside: [String]
        var outside: [String]
    }

    @Test("membership", arguments: [
        Row(networks: [], inside: [], outside: ["127.0.0.1", "::1"]),
        Row(networks: ["127.0.0.0/8", "::1"], inside: ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"],
            outside: ["128.0.0.0", "126.255.255.255", "::2", "::", "::ffff:128.0.0.1"]),
        Row(networks: ["0.0.0.0/0"], inside: ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], outside: ["::1", "::102:304"]),
        Row(networks: ["::/0"], inside: ["::", "ffff::", "::1"], outside: ["1.2.3.4", "::ffff:1.2.3.4"]),
        Row(networks: ["10.0.0.0/8", "10.1.0.0/16", "9.255.255.255"], inside: ["9.255.255.255", "10.0.0.0", "10.255.255.255"],
            outside: ["9.255.255.254", "11.0.0.0"]),
        Row(networks: ["192.0.2.128/25", "192.0.2.4", "2001:db8::/33"], inside: ["192.0.2.4", "192.0.2.200", "2001:db8:7fff::1"],
            outside: ["192.0.2.3", "192.0.2.127", "192.0.3.0", "2001:db8:8000::"]),
    ])
    func contains(_ row: Row) throws {
        let set = AddressSet(try row.networks.map { try AddressSet.Network($0) })
        #expect(row.inside.filter { !set.contains(IPAddress($0)!) } == [])
        #expect(row.outside.filter { set.contains(IPAddress($0)!) } == [])
        #expect(set.isEmpty == row.networks.isEmpty)
    }

    @Test("packed addresses, as sockets have them")
    func packed() {
        func isLoopback(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { AddressSet.loopback.contains($0) } }
        #expect(isLoopback([127, 1, 2, 3]))
        #expect(!isLoopback([3, 2, 1, 127]))
        #expect(isLoopback(Array(repeating: 0, count: 15) + [1]))
        #expect(isLoopback(Array(repeating: 0, count: 10) + [255, 255, 127, 0, 0, 1]))
        #expect(!isLoopback(Array(repeating: 0, count: 12) + [127, 0, 0, 1]))
        #expect(!isLoopback([127]))
        #expect(!isLoopback([]))
    }
}

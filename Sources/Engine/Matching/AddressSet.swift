/// A set of IP addresses, made of single addresses and networks. A lookup is a binary search over ranges that don't
/// touch.
///
/// IPv4 and IPv6 are apart: `::/0` is every IPv6 address and no IPv4 one. An IPv4 address in an IPv6 coat
/// (`::ffff:192.0.2.1`, what a dual-stack socket shows) counts as IPv4, in the set and in the question.
package struct AddressSet: Sendable, Hashable {
    /// An address with the number of its leading bits that count.
    package struct Network: Sendable, Hashable {
        package var address: IPAddress
        /// 0 to 32 for IPv4, 0 to 128 for IPv6.
        package var prefix: Int

        /// Why a text is no network.
        package enum Problem: Error, Equatable {
            case notAnAddress
            case prefixOutOfRange(Int)
            /// Bits behind the prefix are set; the network that was probably meant.
            case hostBits(Network)
        }

        /// Reads `192.0.2.0/24`, `2001:db8::/32` or a single address.
        package init(_ text: String) throws(Problem) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = IPAddress(String(parts[0])) else { throw .notAnAddress }
            let wasMapped = parts[0].contains(":") && address.isV4
            let width = address.isV4 && !wasMapped ? 32 : 128
            var length = width
            if parts.count == 2 {
                let digits = parts[1].utf8
                guard (1...3).contains(digits.count), digits.allSatisfy({ $0 >= 48 && $0 <= 57 }),
                    let number = Int(parts[1]), number <= width, !wasMapped || number >= 96
                else { throw .prefixOutOfRange(width) }
                length = number
            }
            self.init(address: address, prefix: wasMapped ? length - 96 : length)
            guard first == address else { throw .hostBits(Network(address: first, prefix: prefix)) }
        }

        init(address: IPAddress, prefix: Int) {
            self.address = address
            self.prefix = prefix
        }

        /// The lowest address.
        var first: IPAddress {
            switch address {
            case .v4(let value): .v4(value & ~hostMaskV4)
            case .v6(let value): .v6(value & ~hostMaskV6)
            }
        }

        // Swift's `>>` gives 0 for a shift by the whole width.
        var hostMaskV4: UInt32 { UInt32.max >> UInt32(prefix) }
        var hostMaskV6: UInt128 { UInt128.max >> UInt128(prefix) }
    }

    private var v4: [ClosedRange<UInt32>] = []
    private var v6: [ClosedRange<UInt128>] = []
    /// Peers on unix sockets, which have no address.
    private var includesUnix: Bool

    package init(_ networks: [Network] = [], includesUnix: Bool = false) {
        self.includesUnix = includesUnix
        var ranges4: [ClosedRange<UInt32>] = []
        var ranges6: [ClosedRange<UInt128>] = []
        for network in networks {
            switch network.first {
            case .v4(let low): ranges4.append(low...(low | network.hostMaskV4))
            case .v6(let low): ranges6.append(low...(low | network.hostMaskV6))
            }
        }
        v4 = Self.merged(ranges4)
        v6 = Self.merged(ranges6)
    }

    /// 127.0.0.0/8 and ::1.
    package static let loopback = AddressSet([
        Network(address: .v4(0x7f00_0000), prefix: 8), Network(address: .v6(1), prefix: 128),
    ])

    package var isEmpty: Bool { v4.isEmpty && v6.isEmpty && !includesUnix }

    package func contains(_ address: IPAddress) -> Bool {
        switch address {
        case .v4(let value): Self.contains(value, in: v4)
        case .v6(let value): Self.contains(value, in: v6)
        }
    }

    /// `packed` is 4 or 16 bytes in network order, as in a socket address, or empty for the peer on a unix socket; any
    /// other length is in no set.
    package func contains(_ packed: UnsafeRawBufferPointer) -> Bool {
        packed.isEmpty ? includesUnix : IPAddress(packed: packed).map(contains) ?? false
    }

    private static func merged<Value>(_ ranges: [ClosedRange<Value>]) -> [ClosedRange<Value>] {
        var result: [ClosedRange<Value>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, last.upperBound >= range.lowerBound {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    private static func contains<Value>(_ value: Value, in ranges: [ClosedRange<Value>]) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(value)
    }
}

extension IPAddress {
    package var isV4: Bool {
        if case .v4 = self { true } else { false }
    }
}

extension AddressSet.Network: CustomStringConvertible {
    package var description: String {
        prefix == (address.isV4 ? 32 : 128) ? "\(address)" : "\(address)/\(prefix)"
    }
}

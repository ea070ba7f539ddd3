/// Requests to play through policies. A request is the number of its object; an object is a size and a hash.
package struct Trace: Sendable {
    /// The object of each request, in the order of the requests.
    package private(set) var requests: [UInt32] = []
    /// By object: bytes, the most that any of its requests had.
    package private(set) var sizes: [Int] = []
    /// By object: well mixed.
    private(set) var hashes: [UInt64] = []
    /// Lines that are no request for something a cache could hold.
    package internal(set) var skippedLines = 0
    private var objects: [UInt64: UInt32] = [:]
    private var largest = 0

    package init() {}

    package var isEmpty: Bool { requests.isEmpty }
    /// Bytes of all objects together: what a cache needs to lose none.
    package var footprint: Int { sizes.reduce(0, +) }

    /// Whether sums over all requests stay below 2^63 bytes with one more of that size.
    func canCount(_ size: Int) -> Bool {
        !max(largest, size).multipliedReportingOverflow(by: requests.count + 1).overflow
    }

    /// - Parameter key: a hash of what names the object; 64 bits are taken for the name itself.
    package mutating func append(key: UInt64, size: Int) {
        largest = max(largest, size)
        if let object = objects[key] {
            sizes[Int(object)] = max(sizes[Int(object)], size)
            requests.append(object)
        } else {
            let object = UInt32(sizes.count)
            objects[key] = object
            sizes.append(size)
            hashes.append(Self.mix(key))
            requests.append(object)
        }
    }

    /// The same requests with objects that are all of size 1: hit ratios by objects, capacities in objects.
    package func withEqualSizes() -> Trace {
        var copy = self
        copy.sizes = [Int](repeating: 1, count: sizes.count)
        return copy
    }

    /// The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    static func mix(_ key: UInt64) -> UInt64 {
        var mixed = key &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

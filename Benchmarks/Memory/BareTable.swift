import CacheModel
import Glibc

/// What a lookup can't do without: a hash table of the same entries in as many parts with the same kind of lock, in
/// which a key is found and compared. No policy, no counters, no reference taken; nothing can be removed.
final class BareTable: @unchecked Sendable {
    // Safe because a part is touched between lock and unlock of its mutex only.

    private struct Place {
        var half: UInt32 = 0
        var entry: UInt32 = 0
    }

    private struct Part {
        var mutex = pthread_mutex_t()
        var places: UnsafeMutablePointer<Place>
        var entries: UnsafeMutablePointer<Unmanaged<ResponseBlock>?>
        var count: UInt32 = 0
    }

    private let parts: UnsafeMutablePointer<Part>
    private let partCount: Int
    private let mask: Int
    private let shift: UInt64

    /// - Parameter shards: a power of two.
    init(shards: Int, entries: Int) {
        var places = 64
        while places < entries / shards * 2 { places *= 2 }
        partCount = shards
        mask = places - 1
        shift = UInt64(64 - shards.trailingZeroBitCount)
        parts = .allocate(capacity: shards)
        for number in 0..<shards {
            let part = Part(places: .allocate(capacity: places), entries: .allocate(capacity: places))
            part.places.initialize(repeating: Place(), count: places)
            part.entries.initialize(repeating: nil, count: places)
            (parts + number).initialize(to: part)
            var attributes = pthread_mutexattr_t()
            pthread_mutexattr_init(&attributes)
            pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_ADAPTIVE_NP))
            pthread_mutex_init(&(parts + number).pointee.mutex, &attributes)
        }
    }

    deinit {
        for number in 0..<partCount {
            for entry in 0..<Int(parts[number].count) { parts[number].entries[entry]?.release() }
            parts[number].places.deallocate()
            parts[number].entries.deallocate()
        }
        parts.deallocate()
    }

    func insert(_ response: StoredResponse, hash: UInt64) {
        let part = parts + Int(truncatingIfNeeded: hash >> shift)
        var place = Int(truncatingIfNeeded: hash) & mask
        while part.pointee.places[place].entry != 0 { place = (place + 1) & mask }
        part.pointee.entries[Int(part.pointee.count)] = Unmanaged.passRetained(response.block)
        part.pointee.count += 1
        part.pointee.places[place] = Place(half: UInt32(truncatingIfNeeded: hash), entry: part.pointee.count)
    }

    @inline(__always)
    func contains(hash: UInt64, key: UnsafeRawBufferPointer) -> Bool {
        let part = parts + Int(truncatingIfNeeded: hash >> shift)
        pthread_mutex_lock(&part.pointee.mutex)
        defer { pthread_mutex_unlock(&part.pointee.mutex) }
        let half = UInt32(truncatingIfNeeded: hash)
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let found = part.pointee.places[place]
            if found.entry == 0 { return false }
            if found.half == half, let entry = part.pointee.entries[Int(found.entry) - 1] {
                let isIt = entry._withUnsafeGuaranteedRef {
                    $0.key.count == key.count && memcmp($0.key.baseAddress!, key.baseAddress!, key.count) == 0
                }
                if isIt { return true }
            }
            place = (place + 1) & mask
        }
    }
}

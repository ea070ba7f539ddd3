/// Uses that the policy has not been told of: a hit writes four bytes beside one another instead of fetching what the
/// policy keeps of its slot. Whoever asks the policy anything tells it first, so it hears of every use, in order.
struct UseBatch {
    private static let most = 64

    private var slots: InlineArray<64, UInt32> = .init(repeating: 0)
    private var count = 0

    /// Returns whether it is full now.
    @inline(__always)
    mutating func append(_ slot: UInt32) -> Bool {
        slots[count] = slot
        count += 1
        return count == Self.most
    }

    var isEmpty: Bool { count == 0 }

    /// The uses, oldest first, which it forgets.
    mutating func take() -> UseBatch {
        let taken = self
        count = 0
        return taken
    }

    /// Calls with the slots; returns how many.
    func forAll(_ body: (UnsafeBufferPointer<UInt32>) -> Void) -> Int {
        slots.span.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[..<count])) }
        return count
    }
}

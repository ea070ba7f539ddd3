extension S3FIFO {
    /// What S3-FIFO keeps for a slot: 16 bytes.
    struct Node: LinkedNode {
        enum Place: UInt32 {
            case nowhere = 0
            case small = 1
            case main = 2
        }

        var links = SlotLinks()
        /// Bytes of the entry.
        var size: UInt32 = 0
        /// | fingerprint 28 | uses 2 | place 2 |
        private var packed: UInt32 = 0

        static let mostUses: UInt32 = 3

        init() {}

        init(size: UInt32, fingerprint: UInt32, place: Place) {
            self.size = size
            packed = fingerprint << 4 | place.rawValue
        }

        var fingerprint: UInt32 { packed >> 4 }

        var uses: UInt32 {
            get { packed >> 2 & 3 }
            set { packed = packed & ~(3 << 2) | newValue << 2 }
        }

        var place: Place {
            get { Place(rawValue: packed & 3) ?? .nowhere }
            set { packed = packed & ~3 | newValue.rawValue }
        }

        mutating func raiseUses() {
            // Safe because it is below the greatest value of its two bits.
            if packed & (3 << 2) != Self.mostUses << 2 { packed &+= 1 << 2 }
        }
    }
}

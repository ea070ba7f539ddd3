/// How bodies are compressed for Redis.
package struct RecordCompression: Sendable, Equatable {
    /// zlib's, 1 (fast) to 9 (small).
    package var level: Int
    /// Smaller bodies go as they are; bytes.
    package var minSize: Int

    package init(level: Int, minSize: Int) {
        self.level = level
        self.minSize = minSize
    }
}

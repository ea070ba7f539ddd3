package import Invalidation

extension CacheKeyParts {
    /// What invalidations judge of a stored response. Views into `key`, whose parts these are, and into `tags`.
    package func subject(
        of key: UnsafeRawBufferPointer, tags: UnsafeRawBufferPointer, tagsCut: Bool
    ) -> InvalidationSubject {
        func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: key[range]) }
        return InvalidationSubject(
            partition: part(partition), host: part(host), path: part(path), query: query.map(part), tags: tags,
            tagsCut: tagsCut)
    }
}

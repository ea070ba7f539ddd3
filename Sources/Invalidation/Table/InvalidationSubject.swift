/// What an entry or a flight is judged by. Views are valid during the call.
package struct InvalidationSubject {
    /// The name of its partition; empty: the default one.
    package var partition: UnsafeRawBufferPointer
    /// `host` or `host:port` as in the cache key.
    package var host: UnsafeRawBufferPointer
    package var path: UnsafeRawBufferPointer
    /// Nil: the URL has no `?`.
    package var query: UnsafeRawBufferPointer?
    /// Packed: a varint length and the bytes of each. Empty for a flight whose head is not known yet.
    package var tags: UnsafeRawBufferPointer
    /// More tags came than are kept: every tag record selects it (invalidation.md rule 2).
    package var tagsCut: Bool

    package init(
        partition: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        host: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer, query: UnsafeRawBufferPointer?,
        tags: UnsafeRawBufferPointer, tagsCut: Bool
    ) {
        self.partition = partition
        self.host = host
        self.path = path
        self.query = query
        self.tags = tags
        self.tagsCut = tagsCut
    }

    /// The host name without a port. A bracketed IPv6 address keeps its brackets.
    var hostName: UnsafeRawBufferPointer {
        guard let colon = host.lastIndex(of: 0x3a) else { return host }
        if host.last == 0x5d { return host }
        return UnsafeRawBufferPointer(rebasing: host[..<colon])
    }

    /// As selectors have it.
    var partitionName: [UInt8] { partition.isEmpty ? Selector.defaultPartition : Array(partition) }

    var target: [UInt8] {
        guard let query else { return Array(path) }
        return Array(path) + [0x3f] + Array(query)
    }

    /// Whether a selector with this glob names it.
    package func matches(_ glob: Glob) -> Bool {
        GlobTexts(host: Array(host), name: Array(hostName), target: target).match(glob)
    }

    /// Calls back for each tag until one answers true.
    func anyTag(_ matches: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        var at = 0
        while at < tags.count {
            var length = 0
            var shift = 0
            while at < tags.count, shift < 28 {
                let byte = tags[at]
                at += 1
                length |= Int(byte & 0x7f) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            guard length <= tags.count - at else { return false }
            if matches(UnsafeRawBufferPointer(rebasing: tags[at..<at + length])) { return true }
            at += length
        }
        return false
    }
}

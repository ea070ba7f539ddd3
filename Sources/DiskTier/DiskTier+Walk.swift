package import CacheModel
internal import Synchronization

/// Telling what is there.
extension DiskTier: WalkableTier {
    package func page(
        cursor: UInt64, limit: Int, on loop: any EngineLoop,
        _ done: @escaping @Sendable (_ entries: [TierEntry], _ next: UInt64?) -> Void
    ) {
        typealias Page = (entries: [TierEntry], next: UInt64?)
        let reply = Reply<Page>(on: loop, abandoned: ([], nil)) { done($0.entries, $0.next) }
        guard !closed.load(ordering: .relaxed), reading.admit() else {
            reply.finish(([], nil))
            return
        }
        let queued = readers.submit { [self] in
            let (slots, next) = store.index.page(cursor: cursor, limit: limit)
            var entries: [TierEntry] = []
            var failure: FileFailure?
            for slot in slots {
                do throws(FileFailure) {
                    if let entry = try store.entry(slot) { entries.append(entry) }
                } catch {
                    // A walk drops no record: the next read of that key does.
                    failure = error
                }
            }
            reading.came(failure)
            reply.finish((entries, next))
        }
        if !queued { reply.finish(([], cursor)) }
    }
}

internal import CPlatform
package import CacheModel
internal import Synchronization

/// Spools where there is no disk tier: files without a name in the given folder (design.md section 4), gone with the
/// flight or the process. Nothing of them is ever filed.
package final class StateSpoolFactory: BodySpoolFactory {
    private final class Budget: SpaceKeeper {
        let left: Mutex<Int>
        init(_ limit: Int) { left = Mutex(limit) }

        func reserve(_ bytes: Int) -> Bool {
            left.withLock { left in
                guard bytes <= left else { return false }
                left -= bytes
                return true
            }
        }

        func release(_ bytes: Int) { left.withLock { $0 += bytes } }
        func makeWay(forBody length: Int, isKnown: Bool, written: Int) -> Bool { false }
    }

    private let folder: String
    private let budget: Budget
    private let writers = WorkPool(threads: 1, limit: .max)
    private let readers = WorkPool(threads: 2, limit: 4_096)
    private let breaker: Guard
    private let pieceMilliseconds: Int64

    /// - Parameters:
    ///   - folder: must be there; nothing is made until the first spool.
    ///   - limit: bytes that all spools together may hold.
    ///   - pieceMilliseconds: time budget of one read.
    package init(folder: String, limit: Int, pieceMilliseconds: Int64 = 10_000) {
        self.folder = folder
        self.pieceMilliseconds = pieceMilliseconds
        budget = Budget(limit)
        breaker = Guard("write", path: folder, holdMilliseconds: 10_000, logger: nil)
    }

    package func makeSpool(expectedLength: Int?) -> (any BodySpool)? {
        guard expectedLength ?? 0 <= budget.left.withLock({ $0 }) else { return nil }
        guard breaker.admit() else { return nil }
        let folder = folder
        let place = BodyPlace(
            number: 0,
            open: { () throws(FileFailure) in
                let descriptor = cplatform_open_unlinked(folder)
                guard descriptor >= 0 else { throw FileFailure(descriptor) }
                return OpenFile(descriptor, on: SystemDevice())
            }, unlink: {})
        return FileSpool(
            place, owner: ObjectIdentifier(self), space: budget, writers: writers, readers: readers, limit: .max,
            expected: nil,
            budget: pieceMilliseconds, breaker: breaker, inFlight: Monitor(0),
            counting: { _ in })
    }
}

import CacheModel
import Synchronization
import Testing

@testable import Engine

@Suite("Purges that are appended once more")
struct RepeatedPurgesTests {
    @Test("There are places for so many, and each is given back")
    func places() {
        let repeated = RepeatedPurges()
        for _ in 0..<RepeatedPurges.maxWaiting { #expect(repeated.reserve()) }
        #expect(!repeated.reserve())
        repeated.release()
        #expect(repeated.reserve())
    }
}

internal import Foundation

/// Runs blocking work on a thread of its own, so that no test holds a thread of the task pool: on a machine with two
/// processors two such tests would stop all the others.
package func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}

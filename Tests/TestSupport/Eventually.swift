/// Waits until the condition holds, asking every few milliseconds: for what another process does in its own time.
/// Returns whether it held before the deadline; the last look is after it, however late this task came to run.
package func eventually(
    within deadline: Duration = .seconds(15), every step: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let end = ContinuousClock.now + deadline
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try? await Task.sleep(for: step)
    }
    return try await condition()
}

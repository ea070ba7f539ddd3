/// A tier that has some records at hand, without a wait and without a callback: what makes a hit in it nearly as cheap as
/// one in memory.
package protocol PromptTier: Tier {
    /// The record under the key, with its whole body, verified as `read` would verify it, and counted as a hit. Nil, and
    /// nothing counted: ask `read`. Takes microseconds; any thread.
    func recordAtHand(_ key: TierKey) -> Record?
}

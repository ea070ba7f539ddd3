import Testing

/// Stories about the tiers, one after another: each has processes of its own.
@Suite("Tiers", .serialized) enum TierStories {}

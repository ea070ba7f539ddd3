import Testing

/// Stories about caching, one after another: each has processes of its own.
@Suite("Caching", .serialized) enum CachingStories {}

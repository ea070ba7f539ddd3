import Testing

/// Stories about purges, one after another: each has processes of its own.
@Suite("Purge", .serialized) enum PurgeStories {}

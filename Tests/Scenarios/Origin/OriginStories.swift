import Testing

/// Stories about the origin, one after another: each has processes of its own.
@Suite("Origin", .serialized) enum OriginStories {}

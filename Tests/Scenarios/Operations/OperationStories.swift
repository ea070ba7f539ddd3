import Testing

/// Stories about running it, one after another: each has processes of its own.
@Suite("Operations", .serialized) enum OperationStories {}

import Testing

/// Several instances, one Redis, one origin (invalidation.md).
@Suite(.serialized) enum FleetStories {}

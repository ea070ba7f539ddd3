import Testing

/// What people ask about when they put a cache in front of their site, one after another: each has processes of its own.
/// Parts of a video: `VideoInRanges`. Cookies and credentials by the letter: `UsersKeptApart`.
@Suite("Users", .serialized) enum UserStories {}

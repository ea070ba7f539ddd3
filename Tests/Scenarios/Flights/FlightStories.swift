import Testing

/// Stories about flights, one after another: each has processes of its own.
@Suite("Flights", .serialized) enum FlightStories {}

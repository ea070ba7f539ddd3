// epoll and eventfd, which Swift's Glibc module leaves out.
#pragma once
#include <stdbool.h>
#include <stdint.h>

static const uint32_t CPLATFORM_READABLE = 1;
static const uint32_t CPLATFORM_WRITABLE = 2;
/// Told once per change instead of as long as it holds.
static const uint32_t CPLATFORM_EDGE = 4;
/// Only reported, never asked for: error or hang-up.
static const uint32_t CPLATFORM_BROKEN = 8;

typedef struct {
    int descriptor;
    /// Sum of the flags above.
    uint32_t ready;
} cplatform_readiness;

/// An epoll instance, closed on exec; -1 and errno on failure.
int cplatform_epoll_create(void);
/// Watches the descriptor for the flags from now on; 0, or -1 and errno. `isWatched` is what the caller believes: it
/// saves a system call, and may be wrong.
int cplatform_epoll_watch(int epoll, int descriptor, uint32_t flags, bool isWatched);
/// Stops watching; harmless if it was not watched.
void cplatform_epoll_forget(int epoll, int descriptor);
/// Waits up to `milliseconds` (-1: for ever) and fills up to `capacity` (at most 256) entries. Returns how many, 0 also
/// when a signal came; -1 and errno on failure.
int cplatform_epoll_wait(int epoll, cplatform_readiness *entries, int capacity, int milliseconds);

/// A non-blocking event counter, closed on exec; -1 and errno on failure.
int cplatform_event_create(void);
/// Adds one to the counter: wakes whoever watches it. Any thread.
void cplatform_event_signal(int event);

/// Names the calling thread for debuggers and /proc; at most 15 bytes.
void cplatform_name_thread(const char *name);

#define _GNU_SOURCE
#include "cplatform_epoll.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int cplatform_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int cplatform_epoll_watch(int epoll, int descriptor, uint32_t flags, bool isWatched) {
    struct epoll_event event = {0};
    if (flags & CPLATFORM_READABLE) event.events |= EPOLLIN;
    if (flags & CPLATFORM_WRITABLE) event.events |= EPOLLOUT;
    if (flags & CPLATFORM_EDGE) event.events |= EPOLLET;
    event.data.fd = descriptor;
    if (epoll_ctl(epoll, isWatched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event) == 0) return 0;
    if (errno == EEXIST) return epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
    return errno == ENOENT ? epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) : -1;
}

void cplatform_epoll_forget(int epoll, int descriptor) {
    struct epoll_event unused = {0};
    epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &unused);
}

int cplatform_epoll_wait(int epoll, cplatform_readiness *entries, int capacity, int milliseconds) {
    struct epoll_event events[256];
    int count = epoll_wait(epoll, events, capacity < 256 ? capacity : 256, milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++) {
        uint32_t ready = 0;
        if (events[i].events & EPOLLIN) ready |= CPLATFORM_READABLE;
        if (events[i].events & EPOLLOUT) ready |= CPLATFORM_WRITABLE;
        if (events[i].events & (EPOLLERR | EPOLLHUP)) ready |= CPLATFORM_BROKEN;
        entries[i].descriptor = events[i].data.fd;
        entries[i].ready = ready;
    }
    return count;
}

int cplatform_event_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void cplatform_event_signal(int event) {
    uint64_t one = 1;
    // Fails only when the counter is full, and then the watcher has been woken already.
    ssize_t written = write(event, &one, sizeof one);
    (void)written;
}

void cplatform_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

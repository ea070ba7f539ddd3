#define _GNU_SOURCE
#include "cplatform_files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define AGAIN(result, call) \
    do { \
        result = (call); \
    } while (result < 0 && errno == EINTR)

int cplatform_open(const char *path, int flags, unsigned mode) {
    int fd;
    AGAIN(fd, open(path, flags | O_CLOEXEC, (mode_t)mode));
    return fd < 0 ? -errno : fd;
}

int cplatform_open_unlinked(const char *folder) {
    int fd = cplatform_open(folder, O_TMPFILE | O_RDWR, 0600);
    if (fd >= 0 || (fd != -EOPNOTSUPP && fd != -EISDIR && fd != -ENOENT && fd != -EINVAL)) return fd;
    // The file system has no O_TMPFILE: make a name and take it away.
    char path[4096];
    if (snprintf(path, sizeof path, "%s/spool-XXXXXX", folder) >= (int)sizeof path) return -ENAMETOOLONG;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) return -errno;
    unlink(path);
    return fd;
}

int cplatform_close(int fd) { return close(fd) < 0 ? -errno : 0; }

int64_t cplatform_pread(int fd, void *bytes, size_t count, int64_t offset) {
    ssize_t n;
    AGAIN(n, pread(fd, bytes, count, offset));
    return n < 0 ? -errno : n;
}

int64_t cplatform_pwrite(int fd, const void *bytes, size_t count, int64_t offset) {
    ssize_t n;
    AGAIN(n, pwrite(fd, bytes, count, offset));
    return n < 0 ? -errno : n;
}

int64_t cplatform_pread_cached(int fd, void *bytes, size_t count, int64_t offset) {
    struct iovec part = {bytes, count};
    ssize_t n;
    AGAIN(n, preadv2(fd, &part, 1, offset, RWF_NOWAIT));
    return n < 0 ? -errno : n;
}

int cplatform_fdatasync(int fd) {
    int r;
    AGAIN(r, fdatasync(fd));
    return r < 0 ? -errno : 0;
}

int cplatform_fsync(int fd) {
    int r;
    AGAIN(r, fsync(fd));
    return r < 0 ? -errno : 0;
}

int cplatform_ftruncate(int fd, int64_t length) {
    int r;
    AGAIN(r, ftruncate(fd, length));
    return r < 0 ? -errno : 0;
}

int cplatform_unlink(const char *path) { return unlink(path) < 0 ? -errno : 0; }

int cplatform_rename(const char *from, const char *to) { return rename(from, to) < 0 ? -errno : 0; }

int cplatform_mkdir(const char *path, unsigned mode) {
    if (mkdir(path, (mode_t)mode) == 0) return 0;
    int failure = errno;
    struct stat s;
    if (failure == EEXIST && stat(path, &s) == 0 && S_ISDIR(s.st_mode)) return 0;
    return -(failure == EEXIST ? ENOTDIR : failure);
}

int cplatform_lock(int fd) {
    int r;
    AGAIN(r, flock(fd, LOCK_EX | LOCK_NB));
    return r < 0 ? -errno : 0;
}

int cplatform_start_writeback(int fd, int64_t offset, int64_t count) {
    return sync_file_range(fd, offset, count, SYNC_FILE_RANGE_WRITE) < 0 ? -errno : 0;
}

int cplatform_is_file(int fd, const char *path) {
    struct stat one, other;
    if (fstat(fd, &one) < 0) return -errno;
    if (stat(path, &other) < 0) return errno == ENOENT ? 0 : -errno;
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

int64_t cplatform_file_size(int fd) {
    struct stat s;
    return fstat(fd, &s) < 0 ? -errno : s.st_size;
}

int cplatform_list(const char *folder, void (*each)(void *context, const char *name), void *context) {
    DIR *dir = opendir(folder);
    if (!dir) return -errno;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (!entry) break;
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) each(context, entry->d_name);
    }
    int failure = errno;
    closedir(dir);
    return -failure;
}

static int64_t milliseconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t cplatform_wall_milliseconds(void) { return milliseconds(CLOCK_REALTIME); }
int64_t cplatform_monotonic_milliseconds(void) { return milliseconds(CLOCK_MONOTONIC); }

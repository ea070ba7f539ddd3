#pragma once
#include <hiredis/hiredis.h>

// Typed helpers for what is awkward to reach from Swift in hiredis 0.14.

/// The object under construction that encloses the task's, or NULL at the top.
static inline void *chiredis_parent_object(const redisReadTask *task) {
    return task->parent ? task->parent->obj : NULL;
}

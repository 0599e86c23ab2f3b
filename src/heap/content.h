/*
 * What an immutable leaf holds, in 32 bits, so that equal ones are found without
 * keeping what they hold (snapshot.content).
 */
#ifndef WHYMEM_CONTENT_H
#define WHYMEM_CONTENT_H

#include "heap/state.h"

/* 0 of what is no int, float, str or bytes, and of what cannot be read. */
uint32_t content_of(const struct heap *heap, addr_t object, const struct type_info *type);

#endif

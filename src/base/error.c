#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct error error_no_memory = {
	.kind = ERROR_OUT_OF_MEMORY,
	.text = "not enough memory for the analysis",
	.remedy = "free some memory or raise the memory limit of the cgroup that whymem runs in",
};

struct error *error_create(
	enum error_kind kind, int sys_errno, const char *remedy, const char *format, ...)
{
	struct error *error = malloc(sizeof(*error));
	if (!error)
		return &error_no_memory;
	error->kind = kind;
	error->sys_errno = sys_errno;
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	snprintf(error->remedy, sizeof(error->remedy), "%s", remedy ? remedy : "");
	return error;
}

struct error *error_set_remedy(struct error *error, const char *format, ...)
{
	if (error == &error_no_memory)
		return error;
	va_list args;
	va_start(args, format);
	vsnprintf(error->remedy, sizeof(error->remedy), format, args);
	va_end(args);
	return error;
}

void error_destroy(struct error *error)
{
	if (error != &error_no_memory)
		free(error);
}

const char *error_kind_name(enum error_kind kind)
{
	static const char *const names[] = {
#define X(id, name) [ERROR_##id] = (name),
		ERROR_KINDS (X)
#undef X
	};
	return names[kind];
}

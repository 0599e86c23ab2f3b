/*
 * Which Python a module is: from the debug offsets (3.13 on), Py_Version (3.11
 * on), the text that Py_GetVersion() made, or the name of the file.
 */
#include "cpython/runtime.h"

#include <stdio.h>
#include <stdlib.h>

bool has_cookie(const struct mem *mem, addr_t runtime)
{
	const void *at = mem_at(mem, runtime, 24);
	return at && !memcmp(at, "xdebugpy", 8);
}

/* 0x030c01f0 is 3.12.1 final; levels a, b, c for alpha, beta and candidate. */
static bool from_hex(uint32_t hex, struct python_version *ret)
{
	unsigned minor = hex >> 16 & 0xff, micro = hex >> 8 & 0xff, level = hex >> 4 & 15;
	if (hex >> 24 != 3 || minor < 3 || minor > 99)
		return false;
	ret->hex = hex;
	ret->minor = minor;
	ret->micro = micro;
	ret->micro_known = true;
	int n = snprintf(ret->text, sizeof(ret->text), "3.%u.%u", minor, micro);
	const char *stage = level == 10 ? "a" : level == 11 ? "b" : level == 12 ? "rc" : NULL;
	if (stage)
		snprintf(ret->text + n, sizeof(ret->text) - (size_t)n, "%s%u", stage, hex & 15);
	return true;
}

/* Reads digits at *at into *ret; false when there are none or too many. */
static bool number(const char **at, const char *end, unsigned *ret)
{
	unsigned value = 0, n = 0;
	for (; *at < end && **at >= '0' && **at <= '9' && n < 3; (*at)++, n++)
		value = value * 10 + (unsigned)(**at - '0');
	*ret = value;
	return n && n < 3;
}

static bool skip(const char **at, const char *end, const char *text)
{
	size_t n = strlen(text);
	if ((size_t)(end - *at) < n || memcmp(*at, text, n) != 0)
		return false;
	*at += n;
	return true;
}

/* "3.10.13 (main, ..." or "3.11.0rc2+ (..." */
static bool from_text(const char *at, const char *end, struct python_version *ret)
{
	unsigned minor, micro, serial = 0, level = 15;
	at += 2;
	if (!number(&at, end, &minor) || at == end || *at++ != '.' || !number(&at, end, &micro))
		return false;
	if (at < end && (*at == 'a' || *at == 'b')) {
		level = *at++ == 'a' ? 10 : 11;
		if (!number(&at, end, &serial))
			return false;
	} else if (end - at > 2 && at[0] == 'r' && at[1] == 'c') {
		at += 2;
		level = 12;
		if (!number(&at, end, &serial))
			return false;
	}
	at += at < end && *at == '+';
	bool free_threaded = skip(&at, end, " experimental free-threading build") ||
			     skip(&at, end, " free-threading build");
	if (end - at < 2 || at[0] != ' ' || at[1] != '(')
		return false;
	ret->free_threaded = free_threaded;
	return from_hex(3u << 24 | minor << 16 | micro << 8 | level << 4 | serial, ret);
}

static bool scan_text(const char *text, size_t n, struct python_version *ret)
{
	const char *end = text + n;
	for (const char *at = text; (at = memmem(at, (size_t)(end - at), "3.", 2)); at++)
		if ((at == text || !at[-1]) && from_text(at, end, ret))
			return true;
	return false;
}

/* In the buffer that Py_GetVersion() fills at the start of the interpreter. */
static bool from_buffer(
	const struct mem *mem, const struct module *module, struct python_version *ret)
{
	vec_foreach (&module->writable, span) {
		const char *text = mem_at(mem, span->address, span->n_bytes);
		if (text && scan_text(text, span->n_bytes, ret))
			return true;
	}
	return false;
}

/* "libpython3.10.so.1.0", "python3.9": no micro version. */
static bool from_name(const struct module *module, struct python_version *ret)
{
	const char *slash = strrchr(module->first->path, '/');
	const char *at = strstr(slash ? slash : module->first->path, "python3.");
	if (!at)
		return false;
	at += strlen("python3.");
	unsigned minor;
	if (!number(&at, at + strlen(at), &minor))
		return false;
	ret->minor = minor;
	ret->hex = 3u << 24 | minor << 16;
	snprintf(ret->text, sizeof(ret->text), "3.%u", minor);
	return true;
}

bool read_version(const struct mem *mem, const struct module *module, addr_t runtime,
	struct python_version *ret)
{
	struct python_version version = {0};
	struct module_span symbol;
	uint32_t hex;
	bool found = false;
	if (runtime && has_cookie(mem, runtime)) {
		found = from_hex((uint32_t)mem_word(mem, runtime + 8), &version);
		version.free_threaded = mem_word(mem, runtime + 16) == 1;
	}
	if (!found && module_find_symbol(module, "Py_Version", &symbol) &&
		mem_read_u32(mem, symbol.address, &hex))
		found = from_hex(hex, &version);
	found = found || from_buffer(mem, module, &version) || from_name(module, &version);
	if (found)
		*ret = version;
	return found;
}

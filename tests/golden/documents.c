#include "documents.h"

#define MIB (INT64_C(1) << 20)

static void fill_head(struct row *root, const char *command)
{
	row_set_int(root, "schema", 1);
	row_set_text(root, "command", command);
}

static void fill_target(struct row *root, const char *kind)
{
	struct row *target = row_add_row(root, "target");
	row_set_text(target, "kind", kind);
	row_set_int(target, "pid", 4242);
	row_set_text(target, "program", "gunicorn worker");
	row_set_text(target, "python", "3.12.1");
	row_set_text(target, "build", "release");
	row_set_text(target, "arch", "x86_64");
	row_set_text(target, "libc", "glibc");
	row_set_int(target, "thread_count", 4);
	row_set_int(target, "started_unix_ns", INT64_C(1769700000000000000));
	row_set_int(target, "captured_unix_ns", INT64_C(1769973600000000000));
}

static struct row *fill_capture(struct row *root, const char *method)
{
	struct row *capture = row_add_row(root, "capture");
	row_set_text(capture, "method", method);
	row_set_int(capture, "pause_ns", 8300000);
	row_set_int(capture, "elapsed_ns", 1900000000);
	row_set_int(capture, "peak_rss_bytes", 812000000);
	row_set_bool(capture, "complete", true);
	row_set_bool(capture, "redacted", true);
	return capture;
}

static void fill_envelope(struct row *root, const char *command)
{
	fill_head(root, command);
	fill_target(root, "process");
	row_add_table(fill_capture(root, "clone"), "warnings");
}

/* ---- explain ---- */

static void fill_memory(struct row *root, int64_t rss)
{
	struct row *memory = row_add_row(root, "memory");
	row_set_int(memory, "total_bytes", rss);
	row_set_int(memory, "rss_bytes", rss);
	row_set_int(memory, "pss_bytes", rss * 89 / 100);
	row_set_int(memory, "uss_bytes", rss * 86 / 100);
	row_set_int(memory, "swap_bytes", 0);
	row_set_int(memory, "page_table_bytes", 4 * MIB);
	row_set_int(memory, "hugetlb_bytes", 0);
	row_set_int(memory, "cgroup_limit_bytes", 2048 * MIB);
	row_set_null(memory, "cgroup_used_bytes");
}

struct part_row {
	const char *part;
	int64_t bytes;
};

static void fill_account(struct row *root, const struct part_row *parts, size_t n)
{
	struct table *account = row_add_table(root, "account");
	for (size_t i = 0; i < n; i++) {
		struct row *row = table_add(account);
		row_set_text(row, "part", parts[i].part);
		row_set_int(row, "bytes", parts[i].bytes);
	}
}

static void fill_objects(struct row *root, int64_t count, int64_t live, int64_t garbage)
{
	struct row *objects = row_add_row(root, "objects");
	row_set_int(objects, "count", count);
	row_set_int(objects, "bytes", live + garbage);
	row_set_int(objects, "live_count", count - 1);
	row_set_int(objects, "live_bytes", live);
	row_set_int(objects, "garbage_count", 1);
	row_set_int(objects, "garbage_bytes", garbage);
}

static void add_holder(struct table *holders, const char *path, const char *type, int64_t items,
	int64_t retained, const char *file, int64_t line)
{
	struct row *row = table_add(holders);
	row_set_text(row, "path", path);
	row_set_text(row, "type", type);
	row_set_text(row, "module", "builtins");
	row_set_text(row, "file", file);
	row_set_u64(row, "line", file ? (uint64_t)line : UINT64_MAX);
	row_set_int(row, "address", 0x7f0012345678);
	row_set_text(row, "fingerprint", "5f3a");
	row_set_u64(row, "item_count", (uint64_t)items);
	row_set_int(row, "self_bytes", retained / 10);
	row_set_int(row, "retained_bytes", retained);
	row_set_int(row, "retained_resident_bytes", retained);
}

static void fill_holders(struct row *root)
{
	struct table *holders = row_add_table(root, "holders");
	add_holder(holders, "app.cache.RESULTS", "dict", 1203441, 890 * MIB, "app/cache.py", 12);
	add_holder(holders,
		"billing.tasks.consumer._connection.transport._pending_deliveries[*].message."
		"headers",
		"collections.OrderedDict", 41030, 71 * MIB,
		"/srv/app/venv/lib/python3.12/site-packages/billing/tasks.py", 1041);
	add_holder(holders, "jobs.RECENT", "deque", 5100, 12 * MIB + 400000, "jobs.py", 7);
	add_holder(holders, "worker thread run.local('table\033[31m')", "list", -1, 3 * MIB,
		"run.py", 77);
	add_holder(holders, "módulo.データ", "list", 77, 2 * MIB, NULL, 0);
	for (int i = 0; i < 15; i++)
		add_holder(holders, "app.registry.ENTRIES", "set", 100, MIB - i * 1000, NULL, 0);
}

static void add_finding(struct table *findings, const char *path, const char *summary,
	int64_t saving, const char *advice, const char *part)
{
	struct row *row = table_add(findings);
	row_set_text(row, "rule", "unbounded_cache");
	row_set_text(row, "path", path);
	row_set_text(row, "type", path ? "dict" : NULL);
	row_set_text(row, "file", path ? "app/cache.py" : NULL);
	row_set_u64(row, "line", path ? 12 : UINT64_MAX);
	row_set_null(row, "address");
	row_set_text(row, "fingerprint", "5f3a");
	row_set_int(row, "retained_bytes", MAX(saving, 0));
	row_set_u64(row, "saving_bytes", (uint64_t)saving);
	row_set_text(row, "saving_method", "counted");
	row_set_text(row, "summary", summary);
	row_set_text(row, "advice", advice);
	row_set_text(row_add_row(row, "evidence"), "part", part);
}

static void fill_findings(struct row *root)
{
	struct table *findings = row_add_table(root, "findings");
	add_finding(findings, "app.cache.RESULTS", "dict of 1203441 entries, nothing limits it",
		890 * MIB, "Give it a maximum size.", NULL);
	add_finding(findings,
		"app.sessions.Session._all['tls'].history[*].very_long_attribute_name",
		"241030 Session of a module that has a long text to say about them", 92 * MIB,
		"Call gc.enable() or break the cycles.", NULL);
	add_finding(findings, NULL, "free memory that malloc keeps", -1, "Set MALLOC_ARENA_MAX=2.",
		"free.malloc");
	add_finding(findings, "jobs.RECENT", "deque of 5100 entries", 1 * MIB, "Bound it.", NULL);
}

static void fill_explain_body(struct row *root, bool derived)
{
	static const struct part_row parts[] = {
		{"objects", 1214 * MIB},
		{"objects.live", 1122 * MIB},
		{"objects.garbage", 92 * MIB},
		{"native", 371 * MIB},
		{"native.owned", 311 * MIB},
		{"native.unowned", 60 * MIB},
		{"native.interpreter", 0},
		{"native.foreign", 0},
		{"free", 230 * MIB},
		{"free.pymalloc", 142 * MIB},
		{"free.malloc", 88 * MIB},
		{"free.freelist", 0},
		{"program", 140 * MIB},
		{"program.libraries", 101 * MIB},
		{"program.interpreter", 39 * MIB},
		{"stacks", 9 * MIB},
		{"overhead", 100000},
		{"overhead.malloc", 100000},
		{"overhead.pymalloc", 0},
		{"files", 0},
		{"shared", 0},
		{"tracer", 0},
		{"unexplained", 4 * MIB - 100000},
	};
	fill_memory(root, 1968 * MIB);
	fill_account(root, parts, ARRAY_SIZE(parts));
	fill_objects(root, 14800000, 1122 * MIB, 92 * MIB);
	if (!derived) {
		row_set_null(root, "verdict");
		fill_holders(root);
		row_add_table(root, "findings");
		return;
	}
	struct row *verdict = row_add_row(root, "verdict");
	row_set_text(verdict, "kind", "unbounded");
	row_set_text(verdict, "text",
		"one unbounded dict holds 45 % of RSS: app.cache.RESULTS (does it grow? whymem "
		"watch 4242)");
	fill_holders(root);
	fill_findings(root);
}

static void fill_advice(struct row *root)
{
	fill_envelope(root, "advice");
	fill_findings(root);
}

static void fill_rules(struct row *root)
{
	fill_head(root, "advice");
	struct row *row = table_add(row_add_table(root, "rules"));
	row_set_text(row, "rule", "unbounded_container");
	row_set_text(row, "title", "a container that grows by use and that nothing limits");
}

static void fill_explain(struct row *root)
{
	fill_envelope(root, "explain");
	fill_explain_body(root, true);
}

static void fill_underived(struct row *root)
{
	fill_envelope(root, "explain");
	fill_explain_body(root, false);
}

/* A small process read from a file, damaged, with names that are no UTF-8. */
static void fill_damaged(struct row *root)
{
	static const struct part_row parts[] = {
		{"objects", 3 * MIB},
		{"objects.live", 3 * MIB},
		{"objects.garbage", 0},
		{"novel", 700},
		{"program", 6 * MIB},
		{"program.interpreter", 6 * MIB},
		{"unexplained", 0},
	};
	fill_head(root, "explain");
	fill_target(root, "snapshot");
	struct row *capture = row_add_row(root, "capture");
	row_set_text(capture, "method", "file");
	row_set_null(capture, "pause_ns");
	row_set_bool(capture, "complete", false);
	struct row *warning = table_add(row_add_table(capture, "warnings"));
	row_set_text(warning, "id", "target_died");
	row_set_text(warning, "text",
		"the process ended while it was read: 3 of 41 mappings are missing");
	fill_memory(root, 9 * MIB + 700);
	fill_account(root, parts, ARRAY_SIZE(parts));
	fill_objects(root, 41030, 3 * MIB, 0);
	row_set_null(root, "verdict");
	struct table *holders = row_add_table(root, "holders");
	add_holder(holders, "caf\xe9.\xed\xa0\x80\xf0\x9f\x98\x80['\r\n\u202e']", "dict", 3,
		2 * MIB, NULL, 0);
	row_set_null(root, "findings");
}

/* ---- the other commands ---- */

static void fill_types(struct row *root)
{
	static const struct {
		const char *name, *module;
		int64_t count, bytes, retained;
	} types[] = {
		{"str", "builtins", 1203441, 123 * MIB, -1},
		{"dict", "builtins", 241030, 81 * MIB + 7, -1},
		{"Session", "app.models.session", 100, 40000, -1},
		{"VeryLongClassNameThatNobodyWouldWantToReadTwiceOnAScreen", "app.models", 1, 48,
			-1},
	};
	fill_envelope(root, "types");
	row_set_text(root, "by", "type");
	struct table *rows = row_add_table(root, "rows");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct row *row = table_add(rows);
		row_set_text(row, "name", types[i].name);
		row_set_text(row, "module", types[i].module);
		row_set_int(row, "count", types[i].count);
		row_set_int(row, "self_bytes", types[i].bytes);
		row_set_u64(row, "retained_bytes", (uint64_t)types[i].retained);
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_int(rest, "row_count", 310);
	row_set_int(rest, "count", 99000);
	row_set_int(rest, "self_bytes", 12 * MIB);
}

static void add_node(struct table *rows, int64_t parent, int64_t depth, const char *path,
	const char *type, int64_t retained)
{
	struct row *row = table_add(rows);
	row_set_int(row, "id", (int64_t)rows->rows.n - 1);
	row_set_u64(row, "parent", (uint64_t)parent);
	row_set_int(row, "depth", depth);
	row_set_text(row, "path", path);
	row_set_text(row, "type", type);
	row_set_int(row, "address", 0x1000);
	row_set_int(row, "object_count", retained / 100);
	row_set_int(row, "self_bytes", retained / 7);
	row_set_int(row, "retained_bytes", retained);
}

static void fill_retained(struct row *root)
{
	fill_envelope(root, "retained");
	struct table *rows = row_add_table(root, "rows");
	add_node(rows, -1, 0, "app.cache", "module", 900 * MIB);
	add_node(rows, 0, 1, "app.cache.RESULTS", "dict", 890 * MIB);
	add_node(rows, 1, 2, "app.cache.RESULTS[...]", "Result", 3 * MIB);
	add_node(rows, 2, 9, "app.cache.RESULTS[...].a.very.deep.place.in.the.tree", "list", 40000);
	add_node(rows, -1, 0, "jobs", "module", 12 * MIB);
	struct row *rest = row_add_row(root, "rest");
	row_set_int(rest, "row_count", 1);
	row_set_int(rest, "retained_bytes", 70000);
}

static void add_step(
	struct table *steps, const char *kind, const char *name, int64_t index, const char *type)
{
	struct row *row = table_add(steps);
	row_set_text(row, "kind", kind);
	row_set_text(row, "name", name);
	row_set_u64(row, "index", (uint64_t)index);
	row_set_text(row, "type", type);
	row_set_int(row, "address", 0x7f0000001000);
}

static struct row *add_path(
	struct table *paths, const char *path, int64_t count, const char *kind, const char *name)
{
	struct row *row = table_add(paths);
	row_set_text(row, "path", path);
	struct row *from = row_add_row(row, "root");
	row_set_text(from, "kind", kind);
	row_set_text(from, "name", name);
	bool is_frame = !strcmp(kind, "frame");
	row_set_u64(from, "thread_id", is_frame ? 4243 : UINT64_MAX);
	row_set_text(from, "file", is_frame ? "app/worker.py" : NULL);
	row_set_u64(from, "line", is_frame ? 31 : UINT64_MAX);
	row_set_int(row, "object_count", count);
	row_set_int(row, "retained_bytes", 40 * MIB);
	return row;
}

static void fill_why(struct row *root)
{
	fill_envelope(root, "why");
	row_set_text(root, "query", "app.Client");
	struct row *matched = row_add_row(root, "matched");
	row_set_int(matched, "count", 12);
	row_set_int(matched, "self_bytes", MIB);
	row_set_int(matched, "retained_bytes", 40 * MIB);
	struct row *dominator = row_add_row(root, "dominator");
	row_set_text(dominator, "path", "app.pool.CLIENTS");
	row_set_text(dominator, "type", "list");
	row_set_int(dominator, "address", 4096);
	struct table *paths = row_add_table(root, "paths");
	struct row *path = add_path(paths, "app.pool.CLIENTS[*]", 11, "module", "app.pool");
	struct table *steps = row_add_table(path, "steps");
	add_step(steps, "attr", "CLIENTS", -1, "list");
	add_step(steps, "index", NULL, -1, "app.Client");
	path = add_path(paths, "run().client", 1, "frame", "run");
	steps = row_add_table(path, "steps");
	add_step(steps, "local", "client", -1, "app.Client");
	add_step(steps, "key", NULL, -1, "str");
	add_step(steps, "index", NULL, 3, "str");
}

static void add_thing(struct table *nodes, int64_t parent, int64_t depth, const char *kind,
	const char *type, const char *name, int64_t count, int64_t bytes)
{
	struct row *row = table_add(nodes);
	row_set_int(row, "id", (int64_t)nodes->rows.n - 1);
	row_set_u64(row, "parent", (uint64_t)parent);
	row_set_int(row, "depth", depth);
	row_set_text(row, "kind", kind);
	row_set_text(row, "type", type);
	row_set_text(row, "name", name);
	row_set_u64(row, "address", count > 1 ? UINT64_MAX : 4096);
	row_set_u64(row, "item_count", count > 1 ? UINT64_MAX : 1200);
	row_set_int(row, "object_count", count);
	row_set_int(row, "self_bytes", bytes / 2);
	row_set_int(row, "retained_bytes", bytes);
	row_set_int(row, "hidden_ref_count", depth == 2 ? 3600 : 0);
}

static void add_reference(struct table *edges, int64_t from, int64_t to, const char *label,
	int64_t count, bool is_tree)
{
	struct row *row = table_add(edges);
	row_set_int(row, "from", from);
	row_set_int(row, "to", to);
	row_set_text(row, "label", label);
	row_set_int(row, "label_count", label ? 1 : 7);
	row_set_int(row, "ref_count", count);
	row_set_bool(row, "is_tree", is_tree);
}

static void fill_refs_of(struct row *root, const char *direction)
{
	fill_envelope(root, "refs");
	row_set_text(root, "query", "app.cache.RESULTS");
	row_set_text(root, "direction", direction);
	row_set_null(root, "to");
	row_set_null(root, "avoid");
	row_set_int(root, "depth", 3);
	row_set_int(row_add_row(root, "matched"), "count", 1);
}

static void fill_refs(struct row *root)
{
	fill_refs_of(root, "onwards");
	struct table *nodes = row_add_table(root, "nodes"), *edges = row_add_table(root, "edges");
	add_thing(nodes, -1, 0, "target", "dict", NULL, 1, 890 * MIB);
	add_thing(nodes, 0, 1, "object", "app.Result", NULL, 1200, 880 * MIB);
	add_thing(nodes, 1, 2, "object", "list", NULL, 1200, 400 * MIB);
	add_thing(nodes, 1, 2, "root", "module",
		"app.a.module.whose.name.is.far.too.long.for.a.box", 1, 2 * MIB);
	add_thing(nodes, 0, 1, "object", "function", "<function app.<lambda> & co>", 1, 400);
	add_reference(edges, 0, 1, "[*]", 1200, true);
	add_reference(edges, 0, 4, "['default']", 1, true);
	add_reference(edges, 1, 1, ".next", 1199, false);
	add_reference(edges, 1, 2, ".parts", 1200, true);
	add_reference(edges, 1, 3, ".<closure>.module", 1200, true);
	add_reference(edges, 2, 0, ".<owner of it>", 1200, false);
	add_reference(edges, 3, 2, NULL, 12, false);
	struct row *rest = row_add_row(root, "rest");
	row_set_int(rest, "row_count", 12);
	row_set_int(rest, "ref_count", 7200);
}

static void fill_refs_back(struct row *root)
{
	fill_refs_of(root, "back");
	struct table *nodes = row_add_table(root, "nodes"), *edges = row_add_table(root, "edges");
	add_thing(nodes, -1, 0, "target", "app.Result", NULL, 1200, 880 * MIB);
	add_thing(nodes, 0, 1, "object", "dict", NULL, 1, 890 * MIB);
	add_thing(nodes, 1, 2, "root", "module", "app.cache", 1, 9 * MIB);
	add_thing(nodes, 0, 1, "root", "frame", "app.main", 1, 4096);
	add_reference(edges, 0, 0, ".next", 1199, false);
	add_reference(edges, 1, 0, "[*]", 1200, true);
	add_reference(edges, 2, 1, ".RESULTS", 1, true);
	add_reference(edges, 3, 0, ".<locals>.result", 1, true);
	row_set_int(row_add_row(root, "rest"), "row_count", 0);
}

static void fill_arenas(struct row *root)
{
	static const char *const allocators[] = {"pymalloc", "malloc", "malloc thread arena"};
	struct table *arenas = row_add_table(root, "arenas");
	for (size_t i = 0; i < ARRAY_SIZE(allocators); i++) {
		struct row *row = table_add(arenas);
		row_set_text(row, "allocator", allocators[i]);
		row_set_int(row, "address", 0x7f0000000000 + (int64_t)i * MIB);
		row_set_int(row, "bytes", 64 * MIB);
		row_set_int(row, "resident_bytes", 60 * MIB);
		row_set_int(row, "used_bytes", 20 * MIB);
		row_set_int(row, "free_bytes", 40 * MIB);
	}
}

static void fill_native(struct row *root)
{
	fill_envelope(root, "native");
	fill_arenas(root);
	struct row *row = table_add(row_add_table(root, "size_classes"));
	row_set_int(row, "block_bytes", 64);
	row_set_int(row, "pool_count", 1000);
	row_set_int(row, "used_count", 200000);
	row_set_int(row, "free_count", 51000);
	row = table_add(row_add_table(root, "mappings"));
	row_set_int(row, "address", 0x7f1200000000);
	row_set_int(row, "bytes", 200 * MIB);
	row_set_int(row, "resident_bytes", 150 * MIB);
	row_set_text(row, "part", "files");
	row_set_text(row, "file", "/var/lib/search/indexes/current/segments/0001/index.bin");
	row = table_add(row_add_table(root, "pins"));
	row_set_text(row, "path", "jobs.RECENT[*]");
	row_set_text(row, "type", "tuple");
	row_set_int(row, "object_count", 5100);
	row_set_int(row, "pinned_bytes", 90 * MIB);
	row_set_int(root, "trim_bytes", 71 * MIB);
}

static void fill_garbage(struct row *root)
{
	static const int64_t thresholds[] = {700, 10, 10}, counts[] = {1, 2, 3};
	fill_envelope(root, "garbage");
	struct row *gc = row_add_row(root, "gc");
	row_set_bool(gc, "enabled", false);
	row_set_ints(gc, "thresholds", thresholds, ARRAY_SIZE(thresholds));
	row_set_ints(gc, "counts", counts, ARRAY_SIZE(counts));
	row_set_int(gc, "frozen_count", 0);
	row_set_int(root, "object_count", 241030);
	row_set_int(root, "bytes", 92 * MIB);
	struct row *row = table_add(row_add_table(root, "rows"));
	row_set_text(row, "types", "Session, dict, list");
	row_set_int(row, "object_count", 241030);
	row_set_int(row, "bytes", 92 * MIB);
	row_set_int(row, "address", 4096);
	row = table_add(row_add_table(root, "c_held"));
	row_set_text(row, "type", "bytearray");
	row_set_int(row, "object_count", 1);
	row_set_int(row, "retained_bytes", MIB);
	row_set_int(row, "excess_ref_count", 1);
}

struct golden_cache {
	const char *path, *kind, *type;
	uint64_t n_entries, n_max, n_hits, n_misses, n_bytes, line;
};

static void fill_caches(struct row *root)
{
	static const struct golden_cache caches[] = {
		{"app.cache.RESULTS", "module", "dict", 1203441, UINT64_MAX, UINT64_MAX, UINT64_MAX,
			890 * MIB, UINT64_MAX},
		{"app.tariff.Client.price", "lru_cache", "_lru_cache_wrapper", 4000, UINT64_MAX, 7,
			4000, 3 * MIB, 31},
		{"app.tariff.Client.zone", "lru_cache", "_lru_cache_wrapper", 128, 128, 90210, 128,
			MIB / 4, 44},
	};
	fill_envelope(root, "caches");
	struct table *rows = row_add_table(root, "rows");
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++) {
		struct row *row = table_add(rows);
		row_set_text(row, "path", caches[i].path);
		row_set_text(row, "kind", caches[i].kind);
		row_set_text(row, "type", caches[i].type);
		row_set_u64(row, "entry_count", caches[i].n_entries);
		row_set_u64(row, "max_count", caches[i].n_max);
		row_set_u64(row, "hit_count", caches[i].n_hits);
		row_set_u64(row, "miss_count", caches[i].n_misses);
		row_set_u64(row, "retained_bytes", caches[i].n_bytes);
		row_set_text(row, "file", "/srv/shop/app/cache.py");
		row_set_u64(row, "line", caches[i].line);
		row_set_int(row, "address", 4096);
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_int(rest, "row_count", 61);
	row_set_int(rest, "retained_bytes", MIB / 2);
}

static struct row *add_process(struct table *rows, int64_t pid, const char *program)
{
	struct row *row = table_add(rows);
	row_set_int(row, "pid", pid);
	row_set_int(row, "parent_pid", 1);
	row_set_text(row, "program", program);
	row_set_text(row, "python", "3.12.1");
	row_set_int(row, "rss_bytes", 400 * MIB - pid);
	row_set_u64(row, "pss_bytes", pid % 2 ? UINT64_MAX : 300 * MIB);
	row_set_u64(row, "uss_bytes", pid % 2 ? UINT64_MAX : 280 * MIB);
	row_set_int(row, "swap_bytes", 0);
	row_set_text(row, "container",
		pid % 2 ? "1f2e3d4c5b6a798081726354453627181f2e3d4c5b6a79808172635445362718"
			: NULL);
	return row;
}

static void fill_dups(struct row *root)
{
	static const struct {
		const char *kind, *type, *path, *held_as;
		int64_t copies, distinct, bytes;
	} dups[] = {
		{"value", "str", "shop.orders.ORDERS", "Order.country", 1203441, 40, 123 * MIB},
		{"shape", "dict", "app.cache.RESULTS[...].rows", "list", 241030, 3, 81 * MIB},
		{"structure", "tuple", NULL, NULL, 19, 2, 1520},
	};
	fill_envelope(root, "dups");
	struct table *rows = row_add_table(root, "rows");
	for (size_t i = 0; i < ARRAY_SIZE(dups); i++) {
		struct row *row = table_add(rows);
		row_set_text(row, "kind", dups[i].kind);
		row_set_text(row, "type", dups[i].type);
		row_set_int(row, "distinct_count", dups[i].distinct);
		row_set_int(row, "copy_count", dups[i].copies);
		row_set_int(row, "waste_bytes", dups[i].bytes);
		row_set_text(row, "path", dups[i].path);
		row_set_text(row, "held_as", dups[i].held_as);
		row_set_int(row, "length_bytes", 64);
		row_set_int(row, "address", 140204954563680);
	}
	struct row *rest = row_add_row(root, "rest");
	row_set_int(rest, "row_count", 7);
	row_set_int(rest, "copy_count", 70);
	row_set_int(rest, "waste_bytes", 4096);
}

static void fill_ps(struct row *root)
{
	fill_head(root, "ps");
	row_set_null(root, "target");
	row_set_null(root, "capture");
	struct table *rows = row_add_table(root, "rows");
	add_process(rows, 4242, "gunicorn: worker [shop]");
	add_process(rows, 131, "manage.py");
	struct row *rest = row_add_row(root, "rest");
	row_set_int(rest, "row_count", 0);
	row_set_int(rest, "rss_bytes", 0);
}

static void fill_tree(struct row *root)
{
	fill_head(root, "ps");
	struct table *rows = row_add_table(root, "rows");
	for (int64_t pid = 10; pid < 16; pid += 2) {
		struct row *row = add_process(rows, pid, "gunicorn: worker [shop]");
		row_set_u64(row, "copied_bytes", pid == 10 ? UINT64_MAX : (uint64_t)pid * MIB);
		row_set_text(row, "differs_in", pid == 14 ? "heap" : NULL);
		row_set_u64(
			row, "differs_bytes", pid == 10 ? UINT64_MAX : (uint64_t)(pid - 12) * MIB);
	}
}

static void add_check(
	struct table *checks, const char *id, int ok, const char *text, const char *remedy)
{
	struct row *row = table_add(checks);
	row_set_text(row, "id", id);
	if (ok < 0)
		row_set_null(row, "ok");
	else
		row_set_bool(row, "ok", ok);
	row_set_text(row, "text", text);
	row_set_text(row, "remedy", remedy);
}

static void fill_doctor(struct row *root)
{
	fill_head(root, "doctor");
	row_set_int(root, "pid", 4242);
	row_set_bool(root, "readable", false);
	struct table *checks = row_add_table(root, "checks");
	add_check(checks, "access", 0, "process 4242 belongs to user 33, we are user 1000",
		"sudo whymem 4242");
	add_check(checks, "python", 1, "it runs CPython 3.12.1: worker.py", NULL);
	add_check(checks, "kernel", -1, "Linux 6.1.0 on x86_64", NULL);
}

static void fill_snap(struct row *root)
{
	fill_envelope(root, "snap");
	row_set_text(root, "file", "/tmp/leak.whymem");
	row_set_int(root, "file_bytes", 123456789);
	row_set_int(root, "object_count", 14800000);
}

/* ---- diff ---- */

static void add_moment(struct table *captures, int64_t minutes, int64_t rss, int64_t count)
{
	struct row *row = table_add(captures);
	row_set_int(row, "captured_unix_ns",
		INT64_C(1769973600000000000) + minutes * INT64_C(60000000000));
	row_set_int(row, "rss_bytes", rss);
	row_set_int(row, "object_count", count);
}

static void add_delta(struct table *account, const char *part, int64_t before, int64_t after)
{
	struct row *row = table_add(account);
	row_set_text(row, "part", part);
	row_set_int(row, "before_bytes", before);
	row_set_int(row, "after_bytes", after);
	row_set_int(row, "delta_bytes", after - before);
}

static void add_change(struct table *rows, const char *path, const char *type, const char *file,
	int64_t before_count, int64_t count, int64_t before, int64_t after)
{
	struct row *row = table_add(rows);
	row_set_text(row, "path", path);
	row_set_text(row, "type", type);
	row_set_text(row, "file", file);
	row_set_u64(row, "line", file ? 12 : UINT64_MAX);
	row_set_text(row, "fingerprint", "0123456789abcdef");
	row_set_int(row, "before_count", before_count);
	row_set_int(row, "after_count", count);
	row_set_int(row, "delta_count", count - before_count);
	row_set_int(row, "before_bytes", before);
	row_set_int(row, "after_bytes", after);
	row_set_int(row, "delta_bytes", after - before);
}

static void add_expectation(
	struct table *expect, const char *expression, const char *unit, int64_t value, bool ok)
{
	struct row *row = table_add(expect);
	row_set_text(row, "expression", expression);
	row_set_int(row, "value", value);
	row_set_bool(row, "ok", ok);
	row_set_text(row, "unit", unit);
	row_set_bool(row, "is_growth", !strcmp(unit, "percent"));
}

static void fill_growth(struct row *root, const char *text)
{
	struct row *verdict = row_add_row(root, "verdict");
	row_set_text(verdict, "kind", "growing_leak");
	row_set_text(verdict, "basis", "growth");
	row_set_text(verdict, "part", "objects.live");
	row_set_text(verdict, "path", "app.cache.RESULTS");
	row_set_int(verdict, "bytes", 12 * MIB);
	row_set_text(verdict, "text", text);
	row_set_int(verdict, "rate_bytes_per_hour", 360 * MIB);
	row_set_null(verdict, "limit_seconds_left");
}

static void fill_changes(struct table *rows)
{
	add_change(rows, "app.cache.RESULTS", "dict", "/srv/app/cache.py", 84, 120344, MIB / 10,
		12 * MIB);
	add_change(rows, "app.pool.Client._history[*].body", "bytes", "/srv/app/pool.py", 900, 1000,
		3 * MIB, 4 * MIB);
	add_change(rows, "app.queue.PENDING", "deque", NULL, 5000, 10, 2 * MIB, MIB / 100);
	add_change(rows, "app.config.SETTINGS", "dict", NULL, 70, 70, MIB, MIB);
}

static void fill_comparison(struct row *root, bool same_process)
{
	struct table *captures = row_add_table(root, "captures");
	add_moment(captures, 0, 120 * MIB, 1203441);
	add_moment(captures, 2, 133 * MIB, 1323701);
	row_set_int(root, "capture_count", 2);
	row_set_bool(root, "same_process", same_process);
	struct table *account = row_add_table(root, "account");
	add_delta(account, "objects", 80 * MIB, 92 * MIB);
	add_delta(account, "objects.live", 80 * MIB, 92 * MIB);
	add_delta(account, "free", 10 * MIB, 9 * MIB);
	add_delta(account, "free.malloc", 10 * MIB, 9 * MIB);
	add_delta(account, "stacks", MIB, MIB);
}

static void fill_diff(struct row *root)
{
	fill_envelope(root, "diff");
	fill_comparison(root, true);
	row_set_text(root, "by", "holder");
	fill_changes(row_add_table(root, "rows"));
	fill_growth(root,
		"app.cache.RESULTS grows: 11.9 MiB in 2 min (357 MiB/h), entries 84 to 120344");
	struct table *expect = row_add_table(root, "expect");
	add_expectation(expect, "app.cache.RESULTS < 100", "count", 120344, false);
	add_expectation(expect, "rss < 20%", "percent", 11, true);
}

static void fill_watch(struct row *root)
{
	fill_envelope(root, "watch");
	fill_comparison(root, false);
	row_set_text(root, "by", "holder");
	fill_changes(row_add_table(root, "growth"));
	struct row *made = row_add_row(root, "made");
	row_set_int(made, "count", 130000);
	row_set_int(made, "bytes", 14 * MIB);
	row_set_int(made, "alive_count", 60100);
	row_set_int(made, "alive_bytes", 6 * MIB);
	add_change(row_add_table(root, "rows"), "app.cache.RESULTS", "dict", "/srv/app/cache.py", 0,
		60100, 0, 6 * MIB);
	fill_growth(root, "app.cache.RESULTS grows");
	row_add_table(root, "expect");
}

const struct golden_document golden_documents[] = {
	{"explain", fill_explain, false},
	{"explain-underived", fill_underived, false},
	{"explain-damaged", fill_damaged, false},
	{"types", fill_types, false},
	{"dups", fill_dups, false},
	{"retained", fill_retained, false},
	{"why", fill_why, false},
	{"refs", fill_refs, true},
	{"refs-back", fill_refs_back, true},
	{"native", fill_native, false},
	{"advice", fill_advice, false},
	{"advice-list", fill_rules, false},
	{"garbage", fill_garbage, false},
	{"caches", fill_caches, false},
	{"ps", fill_ps, false},
	{"ps-tree", fill_tree, false},
	{"doctor", fill_doctor, false},
	{"snap", fill_snap, false},
	{"diff", fill_diff, false},
	{"watch", fill_watch, false},
	{"plot", fill_plot_curve, false},
	{"plot-children", fill_plot_children, false},
	{"run", fill_run_lines, false},
	{"run-tree", fill_run_tree, false},
	{"run-window", fill_run_window, false},
};

const size_t n_golden_documents = ARRAY_SIZE(golden_documents);

/*
 * The snapshot file: what is written is read again; what is damaged is refused;
 * what cannot be written leaves nothing behind.
 */
#include "snap/file.h"
#include "snap/format.h"

#include "made_snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

static char folder[64], file_path[128];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/whymem-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(file_path, sizeof(file_path), "%s/a.whymem", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(file_path);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static unsigned count_files(void)
{
	unsigned n = 0;
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return n;
}

struct bytes {
	uint8_t *data;
	size_t n;
};

static struct bytes load_file(void)
{
	struct bytes bytes = {0};
	struct stat status;
	int fd = open(file_path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	bytes.n = (size_t)status.st_size;
	bytes.data = malloc(bytes.n);
	assert_non_null(bytes.data);
	assert_int_equal(read(fd, bytes.data, bytes.n), bytes.n);
	close(fd);
	return bytes;
}

static void store_file(const uint8_t *data, size_t n)
{
	int fd = open(file_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), n);
	close(fd);
}

static void assert_read_fails(enum error_kind kind, const char *text)
{
	struct snapshot *got = NULL;
	struct error *error = snapshot_read(file_path, &got);
	assert_non_null(error);
	assert_null(got);
	if (error->kind != kind || (text && !strstr(error->text, text)))
		fail_msg("%s: %s", error_kind_name(error->kind), error->text);
	assert_true(error->remedy[0]);
	error_destroy(error);
}

static void assert_round_trip(struct snapshot *made)
{
	struct snapshot *got = NULL;
	struct error *error = snapshot_write(made, file_path);
	assert_null(error);
	error = snapshot_read(file_path, &got);
	if (error)
		fail_msg("%s", error->text);
	assert_same_snapshot(made, got);
	snapshot_destroy(got);
	snapshot_destroy(made);
}

static void test_round_trip(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++)
		assert_round_trip(make_snapshot(seed, (uint32_t)made_below(4000), 6));
	assert_round_trip(make_snapshot(1, 0, 4));
	assert_round_trip(make_snapshot(2, 1, 0));
	assert_round_trip(make_snapshot(3, 3 * BLOCK_ELEMENTS + 17, 3));
	assert_round_trip(make_snapshot(4, 2 * BLOCK_ELEMENTS, 2));
}

static void test_file_is_private_and_the_same(void **state)
{
	(void)state;
	struct stat status;
	struct snapshot *made = make_snapshot(5, 5000, 4);
	store_file((const uint8_t *)"old", 3);
	assert_int_equal(chmod(file_path, 0644), 0);
	assert_null(snapshot_write(made, file_path));
	assert_int_equal(stat(file_path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(count_files(), 1);
	struct bytes first = load_file();
	assert_null(snapshot_write(made, file_path));
	struct bytes second = load_file();
	assert_int_equal(first.n, second.n);
	assert_memory_equal(first.data, second.data, first.n);
	free(first.data);
	free(second.data);
	snapshot_destroy(made);
}

static void write_small(struct bytes *ret)
{
	struct snapshot *made = make_snapshot(6, 3000, 5);
	assert_null(snapshot_write(made, file_path));
	snapshot_destroy(made);
	*ret = load_file();
}

static void test_cut_files(void **state)
{
	(void)state;
	struct bytes good;
	write_small(&good);
	for (size_t i = 0; i < 200; i++) {
		store_file(good.data, good.n * i / 200);
		assert_read_fails(ERROR_CORRUPT_FILE, NULL);
	}
	for (size_t cut = 1; cut < 80; cut++) {
		store_file(good.data, good.n - cut);
		assert_read_fails(ERROR_CORRUPT_FILE, "cut short");
	}
	free(good.data);
}

static void test_flipped_bytes(void **state)
{
	(void)state;
	struct bytes good;
	write_small(&good);
	for (size_t i = 0; i < good.n; i += i < 400 || good.n - i < 1400 ? 1 : 97) {
		good.data[i] ^= (uint8_t)(1 + i % 255);
		store_file(good.data, good.n);
		assert_read_fails(ERROR_CORRUPT_FILE, NULL);
		good.data[i] ^= (uint8_t)(1 + i % 255);
	}
	free(good.data);
}

static void test_longer_file(void **state)
{
	(void)state;
	struct bytes good;
	write_small(&good);
	good.data = realloc(good.data, good.n + 1);
	good.data[good.n] = 0;
	store_file(good.data, good.n + 1);
	assert_read_fails(ERROR_CORRUPT_FILE, "longer");
	free(good.data);
}

static void test_foreign_files(void **state)
{
	(void)state;
	store_file((const uint8_t *)"#!/bin/sh\necho hello\n", 21);
	assert_read_fails(ERROR_UNREADABLE_FILE, "no whymem snapshot");
	uint8_t noise[4096];
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)made_below(256);
	store_file(noise, sizeof(noise));
	assert_read_fails(ERROR_UNREADABLE_FILE, "no whymem snapshot");
	store_file(noise, 0);
	assert_read_fails(ERROR_CORRUPT_FILE, NULL);
}

static void test_unreadable_files(void **state)
{
	(void)state;
	struct snapshot *got;
	const char *const paths[] = {"/nonexistent/a.whymem", "/dev/null", "/tmp"};
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct error *error = snapshot_read(paths[i], &got);
		assert_non_null(error);
		assert_int_equal(error->kind, ERROR_UNREADABLE_FILE);
		error_destroy(error);
	}
}

/* ---- files that are whole but not to be believed ---- */

static void sign(struct bytes *file)
{
	struct header header;
	assert_int_equal(header_decode(file->data, &header), HEADER_GOOD);
	header.table_hash =
		XXH3_64bits(file->data + header.table_offset, header.n_chunks * ENTRY_BYTES);
	header_encode(&header, file->data);
}

static uint8_t *find_entry(struct bytes *file, const char *id, struct chunk_entry *ret)
{
	struct header header;
	assert_int_equal(header_decode(file->data, &header), HEADER_GOOD);
	for (uint32_t i = 0; i < header.n_chunks; i++) {
		uint8_t *at = file->data + header.table_offset + i * ENTRY_BYTES;
		entry_decode(at, ret);
		if (!memcmp(ret->id, id, 4))
			return at;
	}
	fail();
	return NULL;
}

static void test_newer_version(void **state)
{
	(void)state;
	struct bytes file;
	struct header header;
	write_small(&file);
	assert_int_equal(header_decode(file.data, &header), HEADER_GOOD);
	header.version = 7;
	header_encode(&header, file.data);
	store_file(file.data, file.n);
	assert_read_fails(ERROR_UNREADABLE_FILE, "format 7");
	free(file.data);
}

static void test_unknown_chunks_are_skipped(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(7, 100, 3), *got;
	assert_null(snapshot_write(made, file_path));
	struct bytes file = load_file();
	struct header header;
	assert_int_equal(header_decode(file.data, &header), HEADER_GOOD);
	struct chunk_entry entry = {.id = "NEW!", .coding = 99, .width = 3, .n = 1ull << 60};
	file.data = realloc(file.data, file.n + ENTRY_BYTES);
	entry_encode(&entry, file.data + file.n);
	file.n += ENTRY_BYTES;
	header.n_chunks++;
	header.file_bytes = file.n;
	header_encode(&header, file.data);
	sign(&file);
	store_file(file.data, file.n);
	assert_null(snapshot_read(file_path, &got));
	assert_same_snapshot(made, got);
	snapshot_destroy(got);
	snapshot_destroy(made);
	free(file.data);
}

/* Every field of every entry with numbers that overflow, point outside, or ask for the moon. */
/* Files that were made before a column was known. */
static void test_files_without_sites(void **state)
{
	(void)state;
	static const char *const ids[] = {"SITE", "AGES", "PSIO", "PSIS", "PSIB", "PSIN", "UNSI"};
	struct snapshot *made = make_snapshot(10, 100, 3), *got;
	assert_null(snapshot_write(made, file_path));
	struct bytes file = load_file();
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct chunk_entry entry;
		uint8_t *at = find_entry(&file, ids[i], &entry);
		at[0] = '?';
	}
	sign(&file);
	store_file(file.data, file.n);
	assert_null(snapshot_read(file_path, &got));
	assert_int_equal(got->n_sites, 0);
	assert_int_equal(got->n_ages, 0);
	snapshot_destroy(got);
	snapshot_destroy(made);
	free(file.data);
}

static void test_hostile_table(void **state)
{
	(void)state;
	static const uint64_t numbers[] = {0, 1, 255, 1ull << 18, UINT32_MAX, 1ull << 32,
		1ull << 40, 1ull << 62, UINT64_MAX / 8, UINT64_MAX - 7, UINT64_MAX};
	static const struct {
		unsigned offset, n_bytes;
	} fields[] = {{4, 4}, {8, 4}, {16, 8}, {24, 8}, {32, 8}};
	struct bytes good;
	struct header header;
	write_small(&good);
	assert_int_equal(header_decode(good.data, &header), HEADER_GOOD);
	struct bytes bad = {malloc(good.n), good.n};
	for (uint32_t chunk = 0; chunk < header.n_chunks; chunk++)
		for (size_t field = 0; field < ARRAY_SIZE(fields); field++)
			for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
				memcpy(bad.data, good.data, good.n);
				uint8_t *at = bad.data + header.table_offset + chunk * ENTRY_BYTES +
					      fields[field].offset;
				number_encode(numbers[i], fields[field].n_bytes, at);
				if (!memcmp(bad.data, good.data, good.n))
					continue;
				sign(&bad);
				store_file(bad.data, bad.n);
				struct snapshot *got = NULL;
				struct error *error = snapshot_read(file_path, &got);
				if (error)
					assert_int_equal(error->kind, ERROR_CORRUPT_FILE);
				error_destroy(error);
				snapshot_destroy(got);
			}
	free(bad.data);
	free(good.data);
}

/* Heads of blocks with wrong sizes, the checksums put right. */
static void test_hostile_blocks(void **state)
{
	(void)state;
	static const uint32_t numbers[] = {
		0, 1, 3000, 1u << 20, INT32_MAX, UINT32_MAX - 8, UINT32_MAX};
	struct bytes good;
	write_small(&good);
	struct bytes bad = {malloc(good.n), good.n};
	for (size_t column = 0; column < N_COLUMNS; column++)
		for (unsigned half = 0; half < 2; half++)
			for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
				memcpy(bad.data, good.data, good.n);
				struct chunk_entry entry;
				uint8_t *at = find_entry(&bad, column_formats[column].id, &entry);
				number_encode(numbers[i], 4, bad.data + entry.offset + half * 4);
				entry.hash =
					XXH3_64bits(bad.data + entry.offset, entry.stored_bytes);
				entry_encode(&entry, at);
				if (!memcmp(bad.data, good.data, good.n))
					continue;
				sign(&bad);
				store_file(bad.data, bad.n);
				assert_read_fails(ERROR_CORRUPT_FILE, NULL);
			}
	free(bad.data);
	free(good.data);
}

static void test_contradictions(void **state)
{
	(void)state;
	for (unsigned fault = 0; fault < 18; fault++) {
		struct snapshot *made = make_snapshot(9, 1000, 3);
		switch (fault) {
		case 0:
			made->address[500] = made->address[499];
			break;
		case 1:
			made->type[999] = (type_id)made->types.n;
			break;
		case 2:
			made->edge_to[7] = made->n_nodes;
			break;
		case 3:
			made->edge_kind[7] = EDGE_KIND_COUNT;
			break;
		case 4:
			made->edge_start[10] = made->edge_start[11] + 1;
			break;
		case 5:
			made->total_bytes++;
			break;
		case 6:
			made->text_object[3] = made->text_object[2];
			break;
		case 7:
			made->facts.object[1] = made->facts.object[0];
			break;
		case 8:
			made->nodes.data[0].name = (str_id)made->strings.offset.n;
			break;
		case 9:
			made->flags[0] = 255;
			break;
		case 10:
			made->edge_kind[7] = EDGE_ATTR;
			made->edge_operand[7] = made->n_objects;
			break;
		case 11:
			made->site[500] = (uint32_t)made->trace_nodes.n;
			break;
		case 12:
			made->part_sites.site[5] = (uint32_t)made->trace_nodes.n;
			break;
		case 13:
			made->part_sites.object[5] = made->part_sites.object[7];
			break;
		case 14:
			made->part_sites.is_native[4] = 2;
			break;
		case 15:
			*MADE_ADD(&made->trace_holders) =
				(struct snap_trace_holder){.path = (str_id)made->strings.offset.n};
			break;
		case 16:
			*MADE_ADD(&made->trace_holders) =
				(struct snap_trace_holder){.trace = (uint32_t)made->traces.n};
			break;
		default:
			made->program = UINT32_MAX;
		}
		assert_null(snapshot_write(made, file_path));
		assert_read_fails(ERROR_CORRUPT_FILE, "contradicts itself");
		snapshot_destroy(made);
	}
}

/* ---- writing that fails ---- */

static void test_unwritable_places(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(9, 10, 2);
	char in_folder[160], long_name[400];
	snprintf(in_folder, sizeof(in_folder), "%s/none/a.whymem", folder);
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	memcpy(long_name, "/tmp/", 5);
	const char *const paths[] = {
		in_folder, folder, "/dev/full", "/proc/a.whymem", long_name, ""};
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct error *error = snapshot_write(made, paths[i]);
		assert_non_null(error);
		assert_int_equal(error->kind, ERROR_UNREADABLE_FILE);
		assert_true(error->remedy[0]);
		error_destroy(error);
	}
	assert_int_equal(count_files(), 0);
	snapshot_destroy(made);
}

static void test_no_space(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(10, 20000, 5);
	struct rlimit before, limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	for (rlim_t most = 0; most < 100000; most = most * 2 + 20) {
		limit = (struct rlimit){.rlim_cur = most, .rlim_max = before.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		struct error *error = snapshot_write(made, file_path);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		assert_non_null(error);
		assert_int_equal(error->kind, ERROR_OUT_OF_SPACE);
		assert_int_equal(error->sys_errno, EFBIG);
		error_destroy(error);
		assert_int_equal(count_files(), 0);
	}
	assert_null(snapshot_write(made, file_path));
	snapshot_destroy(made);
}

/* A writer that is told to end removes its file and ends by that signal. */
static void test_signals(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(11, BLOCK_ELEMENTS, 8);
	for (unsigned attempt = 0; attempt < 40; attempt++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (!child) {
			for (;;)
				error_destroy(snapshot_write(made, file_path));
		}
		usleep(20000 + attempt * 1700);
		assert_int_equal(kill(child, attempt % 2 ? SIGTERM : SIGINT), 0);
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), attempt % 2 ? SIGTERM : SIGINT);
		unsigned left = count_files();
		assert_true(left <= 1);
		if (left)
			assert_int_equal(access(file_path, F_OK), 0);
		unlink(file_path);
	}
	snapshot_destroy(made);
}

static void test_signal_handlers_are_put_back(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(12, 10, 2);
	struct sigaction after;
	signal(SIGHUP, SIG_IGN);
	assert_null(snapshot_write(made, file_path));
	assert_int_equal(sigaction(SIGHUP, NULL, &after), 0);
	assert_ptr_equal(after.sa_handler, SIG_IGN);
	signal(SIGHUP, SIG_DFL);
	const int others[] = {SIGINT, SIGTERM, SIGXFSZ};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_int_equal(sigaction(others[i], NULL, &after), 0);
		assert_ptr_equal(after.sa_handler, SIG_DFL);
	}
	snapshot_destroy(made);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_round_trip),
		CASE(test_file_is_private_and_the_same),
		CASE(test_cut_files),
		CASE(test_flipped_bytes),
		CASE(test_longer_file),
		CASE(test_foreign_files),
		CASE(test_unreadable_files),
		CASE(test_newer_version),
		CASE(test_unknown_chunks_are_skipped),
		CASE(test_files_without_sites),
		CASE(test_hostile_table),
		CASE(test_hostile_blocks),
		CASE(test_contradictions),
		CASE(test_unwritable_places),
		CASE(test_no_space),
		CASE(test_signals),
		CASE(test_signal_handlers_are_put_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

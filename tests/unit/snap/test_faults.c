/*
 * Writing and reading a snapshot while every allocation and every call of input
 * and output fails once: a clear error, nothing leaked, no file left behind.
 */
#include "../fault.h"
#include "snap/file.h"

#include "made_snapshot.h"

#include <dirent.h>

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
	return rmdir(folder);
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

static void test_write_without_memory(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(1, 3000, 4);
	long nth = 1, mapped_bytes = fault_mapped_bytes();
	for (;; nth++) {
		fault_arm(FAULT_MEMORY, nth, 0);
		struct error *error = snapshot_write(made, file_path);
		bool failed = fault_disarm();
		assert_ptr_equal(error, failed ? &error_no_memory : NULL);
		assert_int_equal(fault_mapped_bytes(), mapped_bytes);
		assert_int_equal(count_files(), !failed);
		if (!failed)
			break;
	}
	assert_true(nth > 20);
	snapshot_destroy(made);
}

static void test_write_to_a_failing_disk(void **state)
{
	(void)state;
	static const int errors[] = {ENOSPC, EDQUOT, EIO, EROFS};
	struct snapshot *made = make_snapshot(2, 3000, 4);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		long nth = 1;
		for (;; nth++) {
			fault_arm(FAULT_INPUT_OUTPUT, nth, errors[i]);
			struct error *error = snapshot_write(made, file_path);
			bool failed = fault_disarm();
			if (!failed || !error) /* the last call makes the name last */
				break;
			bool is_space = errors[i] == ENOSPC || errors[i] == EDQUOT;
			assert_int_equal(
				error->kind, is_space ? ERROR_OUT_OF_SPACE : ERROR_UNREADABLE_FILE);
			assert_int_equal(error->sys_errno, errors[i]);
			assert_true(error->remedy[0]);
			error_destroy(error);
			assert_int_equal(count_files(), 0);
		}
		assert_true(nth > 20);
		assert_int_equal(unlink(file_path), 0);
	}
	snapshot_destroy(made);
}

/* An old file stays as it is until the new one is whole. */
static void test_old_file_survives(void **state)
{
	(void)state;
	struct snapshot *old = make_snapshot(3, 100, 2), *made = make_snapshot(4, 3000, 4), *got;
	assert_null(snapshot_write(old, file_path));
	for (long nth = 1; nth < 20; nth++) {
		fault_arm(FAULT_INPUT_OUTPUT, nth, ENOSPC);
		struct error *error = snapshot_write(made, file_path);
		assert_true(fault_disarm());
		assert_non_null(error);
		error_destroy(error);
		assert_null(snapshot_read(file_path, &got));
		assert_same_snapshot(old, got);
		snapshot_destroy(got);
	}
	snapshot_destroy(old);
	snapshot_destroy(made);
}

static void test_read_without_memory(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(5, 3000, 4), *got;
	assert_null(snapshot_write(made, file_path));
	long nth = 1;
	for (;; nth++) {
		long mapped_bytes = fault_mapped_bytes();
		fault_arm(FAULT_MEMORY, nth, 0);
		struct error *error = snapshot_read(file_path, &got);
		bool failed = fault_disarm();
		assert_ptr_equal(error, failed ? &error_no_memory : NULL);
		if (!failed)
			break;
		assert_int_equal(fault_mapped_bytes(), mapped_bytes);
	}
	assert_true(nth > 50);
	assert_same_snapshot(made, got);
	snapshot_destroy(got);
	snapshot_destroy(made);
}

static void test_read_from_a_failing_disk(void **state)
{
	(void)state;
	struct snapshot *made = make_snapshot(6, 3000, 4), *got;
	assert_null(snapshot_write(made, file_path));
	long nth = 1;
	for (;; nth++) {
		fault_arm(FAULT_INPUT_OUTPUT, nth, EIO);
		struct error *error = snapshot_read(file_path, &got);
		if (!fault_disarm())
			break;
		assert_int_equal(error->kind, ERROR_UNREADABLE_FILE);
		assert_int_equal(error->sys_errno, EIO);
		error_destroy(error);
	}
	assert_true(nth > 50);
	assert_same_snapshot(made, got);
	snapshot_destroy(got);
	snapshot_destroy(made);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_write_without_memory),
		CASE(test_write_to_a_failing_disk),
		CASE(test_old_file_survives),
		CASE(test_read_without_memory),
		CASE(test_read_from_a_failing_disk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

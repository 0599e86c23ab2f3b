/*
 * Tables come by a socket; what is no table is thrown away.
 */
#include "trace/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
	static struct inbox inbox;
	assert_null(inbox_open(&inbox));
	*state = &inbox;
	return 0;
}

static int teardown(void **state)
{
	struct inbox *inbox = *state;
	char folder[sizeof(inbox->folder)];
	memcpy(folder, inbox->folder, sizeof(folder));
	inbox_close(inbox);
	assert_int_equal(access(folder, F_OK), -1);
	inbox_close(inbox);
	return 0;
}

static int connect_to(const struct inbox *inbox)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, inbox->socket, sizeof(inbox->socket));
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_message(int to, const void *message, size_t n, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = {.aligned = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec part = {(void *)message, n};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	memcpy(CMSG_DATA(&control.aligned), &fd, sizeof(int));
	if (fd >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
	}
	assert_int_equal(sendmsg(to, &header, 0), n);
	close(to);
}

static void post(const struct inbox *inbox, uint32_t kind, const char *text, int fd)
{
	struct trace_message message = {.magic = TRACE_MESSAGE_MAGIC, .kind = kind};
	memcpy(message.text, text, MIN(strlen(text), sizeof(message.text)));
	send_message(connect_to(inbox), &message, sizeof(message), fd);
}

static int make_file(uint64_t n_bytes, int seals, uint64_t magic)
{
	struct trace_header header = trace_header_new();
	int fd = memfd_create("table", MFD_ALLOW_SEALING);
	header.magic = magic;
	assert_int_equal(ftruncate(fd, (off_t)n_bytes), 0);
	assert_int_equal(write(fd, &header, sizeof(header)), sizeof(header));
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static int make_table(void)
{
	return make_file(TRACE_FILE_BYTES, F_SEAL_SHRINK | F_SEAL_GROW, TRACE_MAGIC);
}

static void test_tables_come(void **state)
{
	struct inbox *inbox = *state;
	struct letter letter;
	assert_false(inbox_take(inbox, &letter));
	int late = connect_to(inbox), table = make_table();
	for (int i = 0; i < 3; i++)
		post(inbox, TRACE_MESSAGE_TABLE, "", table);
	for (int i = 0; i < 3; i++) {
		assert_true(inbox_take(inbox, &letter));
		assert_int_equal(letter.kind, TRACE_MESSAGE_TABLE);
		assert_int_equal(letter.pid, getpid());
		assert_int_equal(trace_header(&letter.trace)->n_nodes, TRACE_NODE_FIRST);
		trace_close(&letter.trace);
	}
	assert_false(inbox_take(inbox, &letter));
	struct trace_message message = {.magic = TRACE_MESSAGE_MAGIC, .text = "late"};
	send_message(late, &message, sizeof(message), table);
	assert_true(inbox_take(inbox, &letter));
	assert_string_equal(letter.text, "late");
	trace_close(&letter.trace);
	close(table);
}

static void test_texts_come(void **state)
{
	struct inbox *inbox = *state;
	struct letter letter;
	char endless[sizeof(((struct trace_message *)0)->text) + 1];
	memset(endless, 'x', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	post(inbox, TRACE_MESSAGE_UNTRACED, "another C library", -1);
	post(inbox, TRACE_MESSAGE_REFUSED, endless, -1);
	assert_true(inbox_take(inbox, &letter));
	assert_int_equal(letter.kind, TRACE_MESSAGE_UNTRACED);
	assert_string_equal(letter.text, "another C library");
	assert_true(inbox_take(inbox, &letter));
	assert_int_equal(strlen(letter.text), sizeof(letter.text) - 1);
}

/* Its sender waits until the connection is closed. */
static void check_waiting(const struct inbox *inbox, enum trace_message_kind kind)
{
	struct letter letter;
	struct trace_message message = {.magic = TRACE_MESSAGE_MAGIC, .kind = kind, .text = "3"};
	int sender = connect_to(inbox);
	char byte;
	assert_int_equal(send(sender, &message, sizeof(message), 0), sizeof(message));
	assert_true(inbox_take(inbox, &letter));
	assert_int_equal(letter.kind, kind);
	assert_string_equal(letter.text, "3");
	assert_false(inbox_take(inbox, &letter));
	assert_int_equal(recv(sender, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(letter.waiting);
	assert_int_equal(recv(sender, &byte, 1, 0), 0);
	close(sender);
}

static void test_who_waits_keeps_its_connection(void **state)
{
	check_waiting(*state, TRACE_MESSAGE_FAILED);
	check_waiting(*state, TRACE_MESSAGE_SHORT);
}

static void test_bad_letters(void **state)
{
	struct inbox *inbox = *state;
	struct letter letter;
	int before = dup(0);
	close(before);
	int files[] = {
		make_file(TRACE_FILE_BYTES, 0, TRACE_MAGIC), /* could shrink under the reader */
		make_file(4096, F_SEAL_SHRINK, TRACE_MAGIC),
		make_file(TRACE_FILE_BYTES, F_SEAL_SHRINK, 1),
		open("/dev/null", O_RDONLY),
		open("/", O_RDONLY),
		-1,
	};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		post(inbox, TRACE_MESSAGE_TABLE, "", files[i]);
		close(files[i]);
	}
	post(inbox, TRACE_MESSAGE_SHORT + 1, "", -1);
	send_message(connect_to(inbox), "short", 5, -1);
	close(connect_to(inbox));
	assert_false(inbox_take(inbox, &letter));
	int after = dup(0);
	close(after);
	assert_int_equal(before, after); /* no descriptor stayed */
}

static void test_folder_is_private(void **state)
{
	struct inbox *inbox = *state;
	struct stat status;
	assert_int_equal(stat(inbox->folder, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
}

/* A folder as of a run that listens; without a socket one of somebody else. */
static void make_folder(const char *path, bool has_socket, int *door_ret)
{
	char file[64];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/table", path);
	snprintf(file, sizeof(file), "%s/1-short.whymem", path);
	assert_int_equal(mkdir(path, 0700), 0);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	if (!has_socket) {
		close(open(address.sun_path, O_CREAT | O_WRONLY, 0600));
		return;
	}
	*door_ret = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(*door_ret, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(*door_ret, 1), 0);
}

static void make_old(const char *path)
{
	const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there_after_a_run(const char *path)
{
	struct inbox inbox;
	assert_null(inbox_open(&inbox));
	inbox_close(&inbox);
	return !access(path, F_OK);
}

static void test_what_killed_runs_left_is_taken_away(void **state)
{
	char parent[] = "/tmp/test-inbox-XXXXXX", path[48], file[64];
	int door;
	(void)state;
	assert_non_null(mkdtemp(parent));
	setenv("TMPDIR", parent, 1);
	snprintf(path, sizeof(path), "%s/whymem-abcdef", parent);
	make_folder(path, true, &door);
	make_old(path);
	assert_true(is_there_after_a_run(path)); /* somebody listens */
	close(door);
	assert_false(is_there_after_a_run(path));
	make_folder(path, true, &door);
	close(door);
	assert_true(is_there_after_a_run(path)); /* it may begin just now */
	make_old(path);
	assert_false(is_there_after_a_run(path));
	make_folder(path, false, NULL);
	make_old(path);
	assert_true(is_there_after_a_run(path)); /* none of whymem's */
	snprintf(file, sizeof(file), "%s/1-short.whymem", path);
	unlink(file);
	snprintf(file, sizeof(file), "%s/table", path);
	unlink(file);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(parent), 0); /* nothing else is in it */
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tables_come, setup, teardown),
		cmocka_unit_test_setup_teardown(test_texts_come, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_who_waits_keeps_its_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_letters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_folder_is_private, setup, teardown),
		cmocka_unit_test(test_what_killed_runs_left_is_taken_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

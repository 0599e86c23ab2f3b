"""Reads the table of a process under `whymem run` (src/trace/table.h), as no code of whymem does."""
import functools
import struct

NODES, CODES, HEADER = 1 << 20, 1 << 16, 4096
NODES_AT = HEADER + 64 * NODES
CODES_AT = NODES_AT + 16 * NODES
TEXTS_AT = CODES_AT + 16 * CODES
NATIVE, FIRST = 1, 3


def place(pid):
    """The address of the table that this process, whymem or the traced one, has mapped."""
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            if "/memfd:whymem trace" in line:
                return int(line.split("-")[0], 16)
    raise FileNotFoundError("no table")


class Table:
    """What the table of a process holds now: of whymem, or of the traced process itself."""

    def __init__(self, pid):
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            def read(at, n):
                memory.seek(start + at)
                return memory.read(n)
            start = place(pid)
            header = read(0, HEADER)
            (self.magic, self.state, self.pid, self.version, self.n_nodes, self.n_codes, self.n_text_bytes,
             self.n_cut_stacks, _, self.epoch, self.live_bytes, self.peak_bytes) = struct.unpack_from("<QIIIIIIIIQQQ", header)
            self.all_counters = read(HEADER, 64 * self.n_nodes)
            self.nodes = read(NODES_AT, 16 * self.n_nodes)
            self.codes = read(CODES_AT, 16 * self.n_codes)
            self.texts = read(TEXTS_AT, self.n_text_bytes)

    def text(self, at):
        n, = struct.unpack_from("<I", self.texts, at)
        return self.texts[at + 4:at + 4 + n].decode("utf8", "surrogatepass")

    def node(self, node):
        """parent, code, instruction, thread"""
        return struct.unpack_from("<4I", self.nodes, 16 * node)

    def counters(self, node):
        """allocated bytes and count, freed bytes and count, peak bytes, epoch, temporary count"""
        return struct.unpack_from("<7Q", self.all_counters, 64 * node)

    @functools.cache
    def code(self, code):
        """file and name"""
        return tuple(map(self.text, struct.unpack_from("<2I", self.codes, 16 * code)))

    def stack(self, node):
        """Name of the thread and frames (file, name, instruction), outermost first."""
        frames = []
        while True:
            parent, code, instruction, thread = self.node(node)
            if not parent:
                return self.text(thread), tuple(reversed(frames))
            frames.append((*self.code(code), instruction))
            node = parent

    def stacks(self, file=None):
        """{stack: counters} of all nodes that counted something, of those whose innermost frame is in this file."""
        found = {}
        for node in range(FIRST, self.n_nodes):
            counters, (_, code, _, _) = self.counters(node), self.node(node)
            if counters[1] and (not file or self.code(code)[0] == file):
                stack = self.stack(node)
                assert stack not in found, "one stack, two nodes"
                found[stack] = counters
        return found

"""Reads the table of a process under `whymem run` (src/trace/table.h), as no code of whymem does."""
import struct

NODES, CODES, HEADER = 1 << 20, 1 << 16, 4096
NODES_AT = HEADER + 64 * NODES
CODES_AT = NODES_AT + 16 * NODES
TEXTS_AT = CODES_AT + 16 * CODES
NATIVE, FIRST = 1, 3


def read(pid):
    """The memory of the table that this process, whymem or the traced one, has mapped; None when it has none yet."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            if "/memfd:whymem trace" in line:
                start, end = (int(word, 16) for word in line.split()[0].split("-"))
                memory.seek(start)
                return memory.read(end - start)
    return None


class Table:
    """What the table of a process holds now: of whymem, or of the traced process itself."""

    def __init__(self, pid):
        self.memory = read(pid)
        (self.magic, self.state, self.pid, self.version, self.n_nodes, self.n_codes, self.n_text_bytes, self.n_cut_stacks,
         _, self.epoch, self.live_bytes, self.peak_bytes, *_) = struct.unpack_from("<QIIIIIIIIQQQ", self.memory)

    def text(self, at):
        n, = struct.unpack_from("<I", self.memory, TEXTS_AT + at)
        return self.memory[TEXTS_AT + at + 4:TEXTS_AT + at + 4 + n].decode("utf8", "surrogatepass")

    def node(self, node):
        """parent, code, instruction, thread"""
        return struct.unpack_from("<4I", self.memory, NODES_AT + 16 * node)

    def counters(self, node):
        """allocated bytes and count, freed bytes and count, peak bytes, epoch, temporary count"""
        return struct.unpack_from("<7Q", self.memory, HEADER + 64 * node)

    def code(self, code):
        """file and name"""
        return tuple(map(self.text, struct.unpack_from("<2I", self.memory, CODES_AT + 16 * code)))

    def stack(self, node):
        """Name of the thread and frames (file, name, instruction), outermost first."""
        frames = []
        while True:
            parent, code, instruction, thread = self.node(node)
            if not parent:
                return self.text(thread), tuple(reversed(frames))
            frames.append((*self.code(code), instruction))
            node = parent

    def stacks(self):
        """{stack: counters} of all nodes that counted something."""
        found = {}
        for node in range(FIRST, self.n_nodes):
            counters = self.counters(node)
            if counters[1]:
                stack = self.stack(node)
                assert stack not in found, "one stack, two nodes"
                found[stack] = counters
        return found

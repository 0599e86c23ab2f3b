# RULE: closed_sockets
# CULPRIT: __main__.server.peers
# MEASURE: saving
import socket

from run import run


class Peer:
    def __init__(self, number):
        self.number = number
        self.link, self.other = socket.socketpair()
        self.received = [b"%d" % n for n in range(number, number + 100)]

    def close(self):
        self.link.close()
        self.other.close()


class Server:
    def __init__(self):
        self.peers = {}

    def serve(self, number, fix):
        peer = self.peers[number] = Peer(number)
        peer.close()
        if fix:
            del self.peers[number]


server = Server()


def work(i, fix):
    for n in range(400):
        server.serve(i * 400 + n, fix)


run(work)

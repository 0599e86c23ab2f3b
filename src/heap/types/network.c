/*
 * Sockets, TLS and the objects that wait for descriptors: _socket, _ssl, select.
 *
 * What OpenSSL allocates for a context or a connection counts as theirs.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

void walk_socket(struct walk *walk, addr_t object, const struct type_info *type)
{
	const struct layout *layout = walk_layout(walk);
	if (body_is_known(walk, object, type, layout->PySocketSockObject.n_bytes))
		walk_fd_fact(walk, FACT_SOCKET_FD,
			field_u32(walk_mem(walk), object, layout->PySocketSockObject.sock_fd));
}

STRUCT_WALKER(walk_ssl_context, PySSLContext, TREE(PySSLContext, ctx),
	NATIVE(PySSLContext, alpn_protocols), TREE(PySSLContext, keylog_bio),
	ATTR(PySSLContext, set_sni_cb, "sni_callback"), ATTR(PySSLContext, msg_cb, "_msg_callback"),
	ATTR(PySSLContext, keylog_filename, "keylog_filename"),
	HIDDEN(PySSLContext, psk_client_callback), HIDDEN(PySSLContext, psk_server_callback))

STRUCT_WALKER(walk_ssl_socket, PySSLSocket, HIDDEN(PySSLSocket, Socket),
	ATTR(PySSLSocket, ctx, "context"), TREE(PySSLSocket, ssl),
	ATTR(PySSLSocket, owner, "owner"), HIDDEN(PySSLSocket, server_hostname),
	HIDDEN(PySSLSocket, exc), HIDDEN(PySSLSocket, exc_type), HIDDEN(PySSLSocket, exc_value),
	HIDDEN(PySSLSocket, exc_tb))

STRUCT_WALKER(walk_ssl_bio, PySSLMemoryBIO, TREE(PySSLMemoryBIO, bio))

STRUCT_WALKER(
	walk_ssl_session, PySSLSession, HIDDEN(PySSLSession, ctx), TREE(PySSLSession, session))

STRUCT_WALKER(walk_ssl_certificate, PySSLCertificate, TREE(PySSLCertificate, cert))

STRUCT_WALKER(walk_poll, pollObject, HIDDEN(pollObject, dict), NATIVE(pollObject, ufds))

/*
 * Compressors and hashes: zlib, _bz2, _lzma, _zstd, _hashlib. Their libraries
 * allocate the state, which counts as the object's.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

STRUCT_WALKER(walk_zlib, compobject, TREE(compobject, zst_state),
	ATTR(compobject, unused_data, "unused_data"),
	ATTR(compobject, unconsumed_tail, "unconsumed_tail"), HIDDEN(compobject, zdict),
	NATIVE(compobject, lock))

STRUCT_WALKER(walk_bz2_compressor, BZ2Compressor, TREE(BZ2Compressor, bzs_state),
	NATIVE(BZ2Compressor, lock))

STRUCT_WALKER(walk_bz2_decompressor, BZ2Decompressor, TREE(BZ2Decompressor, bzs_state),
	ATTR(BZ2Decompressor, unused_data, "unused_data"), NATIVE(BZ2Decompressor, input_buffer),
	NATIVE(BZ2Decompressor, lock))

STRUCT_WALKER(
	walk_lzma_compressor, Compressor, TREE(Compressor, lzs_internal), NATIVE(Compressor, lock))

STRUCT_WALKER(walk_lzma_decompressor, Decompressor, TREE(Decompressor, lzs_internal),
	ATTR(Decompressor, unused_data, "unused_data"), NATIVE(Decompressor, input_buffer),
	NATIVE(Decompressor, lock))

STRUCT_WALKER(walk_zstd_compressor, ZstdCompressor, TREE(ZstdCompressor, cctx),
	HIDDEN(ZstdCompressor, dict))

STRUCT_WALKER(walk_zstd_decompressor, ZstdDecompressor, TREE(ZstdDecompressor, dctx),
	HIDDEN(ZstdDecompressor, dict), ATTR(ZstdDecompressor, unused_data, "unused_data"),
	NATIVE(ZstdDecompressor, input_buffer))

STRUCT_WALKER(walk_zstd_dict, ZstdDict, TREE(ZstdDict, d_dict), HIDDEN(ZstdDict, c_dicts),
	ATTR(ZstdDict, dict_content, "dict_content"), NATIVE(ZstdDict, dict_buffer))

/*
 * An EVP_MD_CTX or HMAC_CTX: a few pointers, one of them at the state of the
 * algorithm. Some of the others lead to tables that all of OpenSSL shares, so
 * that only what the context itself points at is taken.
 */
#define HASH_CONTEXT_BYTES 80

static void walk_hash_context(struct walk *walk, addr_t context)
{
	const struct mem *mem = walk_mem(walk);
	if (!context)
		return;
	walk_native(walk, context);
	for (uint32_t offset = 0; offset < HASH_CONTEXT_BYTES; offset += 8) {
		addr_t word = mem_word(mem, context + offset);
		if (word)
			walk_native(walk, word);
	}
}

void walk_hash(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, NATIVE(EVPobject, lock));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(walk, object, type, layout->EVPobject.n_bytes, fields, ARRAY_SIZE(fields)))
		walk_hash_context(walk, field_word(walk_mem(walk), object, layout->EVPobject.ctx));
}

void walk_hmac(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, NATIVE(HMACobject, lock));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(walk, object, type, layout->HMACobject.n_bytes, fields, ARRAY_SIZE(fields)))
		walk_hash_context(walk, field_word(walk_mem(walk), object, layout->HMACobject.ctx));
}

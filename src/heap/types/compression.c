/*
 * Compressors and hashes: zlib, _bz2, _lzma, _zstd, _hashlib. Their libraries
 * allocate the state, which counts as the object's.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

/* pending_buf, window, prev, head of deflate_state, window of inflate_state: zlib 1.2, before and
 * after pending grew to 8 bytes. */
static const uint32_t deflate_buffers[] = {16, 80, 96, 104, 112, 120};
static const uint32_t inflate_buffers[] = {64, 72};

static void walk_zlib(struct walk *walk, addr_t object, const struct type_info *type,
	const uint32_t *buffers, size_t n_buffers)
{
	FIELD_TABLE(fields, ATTR(compobject, unused_data, "unused_data"),
		ATTR(compobject, unconsumed_tail, "unconsumed_tail"), HIDDEN(compobject, zdict),
		NATIVE(compobject, lock));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(walk, object, type, layout->compobject.n_bytes, fields, ARRAY_SIZE(fields)))
		walk_native_state(walk,
			field_word(walk_mem(walk), object, layout->compobject.zst_state), buffers,
			n_buffers);
}

void walk_zlib_compressor(struct walk *walk, addr_t object, const struct type_info *type)
{
	walk_zlib(walk, object, type, deflate_buffers, ARRAY_SIZE(deflate_buffers));
}

void walk_zlib_decompressor(struct walk *walk, addr_t object, const struct type_info *type)
{
	walk_zlib(walk, object, type, inflate_buffers, ARRAY_SIZE(inflate_buffers));
}

/* libbzip2 1.0: arr1, arr2, ftab of EState; tt, ll16, ll4 of DState. */
static const uint32_t bz2_compressor_buffers[] = {24, 32, 40};
static const uint32_t bz2_decompressor_buffers[] = {3152, 3160, 3168};

void walk_bz2_compressor(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, NATIVE(BZ2Compressor, lock));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(
		    walk, object, type, layout->BZ2Compressor.n_bytes, fields, ARRAY_SIZE(fields)))
		walk_native_state(walk,
			field_word(walk_mem(walk), object, layout->BZ2Compressor.bzs_state),
			bz2_compressor_buffers, ARRAY_SIZE(bz2_compressor_buffers));
}

void walk_bz2_decompressor(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(BZ2Decompressor, unused_data, "unused_data"),
		NATIVE(BZ2Decompressor, input_buffer), NATIVE(BZ2Decompressor, lock));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(walk, object, type, layout->BZ2Decompressor.n_bytes, fields,
		    ARRAY_SIZE(fields)))
		walk_native_state(walk,
			field_word(walk_mem(walk), object, layout->BZ2Decompressor.bzs_state),
			bz2_decompressor_buffers, ARRAY_SIZE(bz2_decompressor_buffers));
}

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
 * An EVP_MD_CTX of OpenSSL 3 and 1.1, an HMAC_CTX: pointers, one of them at the state
 * of the algorithm. Some of the others lead to tables that all of OpenSSL shares, so
 * that only what the context itself points at is taken.
 */
static const uint32_t md_words[] = {0, 8, 16, 24, 32, 40, 48, 56, 64};
static const uint32_t md_words_1_1[] = {0, 8, 16, 24, 32, 40};
static const uint32_t hmac_words[] = {0, 8, 16, 24};

void walk_hash(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, NATIVE(EVPobject, lock));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(walk, object, type, layout->EVPobject.n_bytes, fields, ARRAY_SIZE(fields)))
		return;
	addr_t context = field_word(walk_mem(walk), object, layout->EVPobject.ctx);
	if (!walk_native_state(walk, context, md_words, ARRAY_SIZE(md_words)))
		walk_native_state(walk, context, md_words_1_1, ARRAY_SIZE(md_words_1_1));
}

void walk_hmac(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, NATIVE(HMACobject, lock));
	const struct layout *layout = walk_layout(walk);
	if (fields_walk(walk, object, type, layout->HMACobject.n_bytes, fields, ARRAY_SIZE(fields)))
		walk_native_state(walk, field_word(walk_mem(walk), object, layout->HMACobject.ctx),
			hmac_words, ARRAY_SIZE(hmac_words));
}

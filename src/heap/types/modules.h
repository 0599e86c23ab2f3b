/*
 * The table of the types of C modules: the name of a type, its walker, its
 * size. `X0`: holds no references and no memory; `X1`: its __sizeof__ is
 * object's own; `X2`: has a size function; `XS`: has nothing but that.
 *
 * A type has its module's name before it became a heap type, and sometimes
 * another one behind that: both stand here.
 *
 * To add a type: its walker into the file of its family, a line here, a case in
 * tests/e2e/types_target.py.
 */
#ifndef WHYMEM_HEAP_TYPES_MODULES_H
#define WHYMEM_HEAP_TYPES_MODULES_H

#include "heap/walk.h"

extern const struct type_walker module_walkers[];
extern const size_t n_module_walkers;

#define MODULE_TYPES(X0, X1, X2, XS)                                                               \
	/* collections.c */                                                                        \
	X2("collections.deque", walk_deque, size_deque)                                            \
	X1("_collections._deque_iterator", walk_deque_iterator)                                    \
	X1("_collections._deque_reverse_iterator", walk_deque_iterator)                            \
	X2("collections.defaultdict", walk_defaultdict, size_defaultdict)                          \
	X1("collections._deque_iterator", walk_deque_iterator)                                     \
	X1("collections._deque_reverse_iterator", walk_deque_iterator)                             \
	X1("_collections._tuplegetter", walk_tuplegetter)                                          \
	X1("collections._tuplegetter", walk_tuplegetter)                                           \
	/* functools.c */                                                                          \
	X1("functools.partial", walk_partial)                                                      \
	X1("functools.KeyWrapper", walk_cmp_key)                                                   \
	X1("functools._lru_cache_wrapper", walk_lru_cache)                                         \
	X1("functools._lru_list_elem", walk_lru_element)                                           \
	/* itertools.c */                                                                          \
	X1("itertools.accumulate", walk_accumulate)                                                \
	X1("itertools.batched", walk_batched)                                                      \
	X1("itertools.chain", walk_chain)                                                          \
	X2("itertools.combinations", walk_combinations, size_combinations)                         \
	X2("itertools.combinations_with_replacement", walk_combinations_with_replacement,          \
		size_combinations_with_replacement)                                                \
	X1("itertools.compress", walk_compress)                                                    \
	X1("itertools.count", walk_count)                                                          \
	X1("itertools.cycle", walk_cycle)                                                          \
	X1("itertools.dropwhile", walk_dropwhile)                                                  \
	X1("itertools.filterfalse", walk_filterfalse)                                              \
	X1("itertools.groupby", walk_groupby)                                                      \
	X1("itertools._grouper", walk_grouper)                                                     \
	X1("itertools.islice", walk_islice)                                                        \
	X1("itertools.pairwise", walk_pairwise)                                                    \
	X2("itertools.permutations", walk_permutations, size_permutations)                         \
	X2("itertools.product", walk_product, size_product)                                        \
	X1("itertools.repeat", walk_repeat)                                                        \
	X1("itertools.starmap", walk_starmap)                                                      \
	X1("itertools.takewhile", walk_takewhile)                                                  \
	X1("itertools._tee", walk_tee)                                                             \
	X1("itertools._tee_dataobject", walk_tee_data)                                             \
	X1("itertools.zip_longest", walk_zip_longest)                                              \
	/* operator.c */                                                                           \
	X1("operator.attrgetter", walk_attrgetter)                                                 \
	X1("operator.itemgetter", walk_itemgetter)                                                 \
	X1("operator.methodcaller", walk_methodcaller)                                             \
	/* asyncio.c */                                                                            \
	X1("_asyncio.Future", walk_future)                                                         \
	X1("_asyncio.Task", walk_task)                                                             \
	X1("_asyncio.TaskStepMethWrapper", walk_task_step)                                         \
	X1("TaskStepMethWrapper", walk_task_step)                                                  \
	X1("_asyncio.FutureIter", walk_future_iterator)                                            \
	/* io.c */                                                                                 \
	X0("_io._IOBase")                                                                          \
	X0("_io._RawIOBase")                                                                       \
	X0("_io._BufferedIOBase")                                                                  \
	X0("_io._TextIOBase")                                                                      \
	X1("_io.FileIO", walk_file)                                                                \
	X2("_io.BufferedReader", walk_buffered, size_buffered)                                     \
	X2("_io.BufferedWriter", walk_buffered, size_buffered)                                     \
	X2("_io.BufferedRandom", walk_buffered, size_buffered)                                     \
	X1("_io.BufferedRWPair", walk_buffered_pair)                                               \
	X2("_io.BytesIO", walk_bytes_io, size_bytes_io)                                            \
	X1("_io._BytesIOBuffer", walk_bytes_io_buffer)                                             \
	X1("_io.StringIO", walk_string_io)                                                         \
	X1("_io.TextIOWrapper", walk_text_io)                                                      \
	X1("_io.IncrementalNewlineDecoder", walk_newline_decoder)                                  \
	/* network.c */                                                                            \
	X1("_socket.socket", walk_socket)                                                          \
	X1("_ssl._SSLContext", walk_ssl_context)                                                   \
	X1("_ssl._SSLSocket", walk_ssl_socket)                                                     \
	X1("_ssl.MemoryBIO", walk_ssl_bio)                                                         \
	X1("_ssl.Session", walk_ssl_session)                                                       \
	X1("_ssl.SSLSession", walk_ssl_session)                                                    \
	X1("_ssl.Certificate", walk_ssl_certificate)                                               \
	X0("select.epoll")                                                                         \
	X1("select.poll", walk_poll)                                                               \
	/* sqlite.c */                                                                             \
	X1("sqlite3.Connection", walk_sqlite_connection)                                           \
	X1("sqlite3.Cursor", walk_sqlite_cursor)                                                   \
	X1("sqlite3.Statement", walk_sqlite_statement)                                             \
	X1("sqlite3.Row", walk_sqlite_row)                                                         \
	X1("sqlite3.Blob", walk_sqlite_blob)                                                       \
	/* array.c */                                                                              \
	X2("array.array", walk_array, size_array)                                                  \
	X1("array.arrayiterator", walk_array_iterator)                                             \
	X1("arrayiterator", walk_array_iterator)                                                   \
	X1("mmap.mmap", walk_mmap)                                                                 \
	/* numbers.c */                                                                            \
	X2("decimal.Decimal", walk_decimal, size_decimal)                                          \
	X1("decimal.Context", walk_decimal_context)                                                \
	X0("decimal.SignalDictMixin")                                                              \
	X0("datetime.date")                                                                        \
	X1("datetime.time", walk_time)                                                             \
	X1("datetime.datetime", walk_datetime)                                                     \
	X0("datetime.timedelta")                                                                   \
	X0("datetime.tzinfo")                                                                      \
	X1("datetime.timezone", walk_timezone)                                                     \
	X1("zoneinfo.ZoneInfo", walk_zoneinfo)                                                     \
	/* re.c */                                                                                 \
	X1("re.Pattern", walk_pattern)                                                             \
	X1("re.Match", walk_match)                                                                 \
	X1("_sre.SRE_Scanner", walk_re_scanner)                                                    \
	X1("_sre.SRE_Template", walk_re_template)                                                  \
	/* struct.c */                                                                             \
	X2("_struct.Struct", walk_struct, size_struct)                                             \
	X1("_struct.unpack_iterator", walk_unpack_iterator)                                        \
	/* ctypes.c */                                                                             \
	X1("_ctypes._CData", walk_cdata)                                                           \
	X2("_ctypes.CType_Type", walk_c_class, size_c_class)                                       \
	X2("StgDict", walk_c_dict, size_c_dict)                                                    \
	X1("_ctypes.CFuncPtr", walk_c_function)                                                    \
	X1("_ctypes.PyCFuncPtr", walk_c_function)                                                  \
	X1("_ctypes.CThunkObject", walk_c_thunk)                                                   \
	X1("_ctypes.CField", walk_c_field)                                                         \
	X1("ctypes.CField", walk_c_field)                                                          \
	X1("_ctypes.CArgObject", walk_c_argument)                                                  \
	X1("CArgObject", walk_c_argument)                                                          \
	/* xml.c */                                                                                \
	X2("xml.etree.ElementTree.Element", walk_element, size_element)                            \
	X1("xml.etree.ElementTree.TreeBuilder", walk_tree_builder)                                 \
	X1("xml.etree.ElementTree.XMLParser", walk_xml_parser)                                     \
	X1("pyexpat.xmlparser", walk_expat_parser)                                                 \
	/* pickle.c */                                                                             \
	X2("_pickle.Pickler", walk_pickler, size_pickler)                                          \
	X2("_pickle.Unpickler", walk_unpickler, size_unpickler)                                    \
	X1("_pickle.Pdata", walk_pickle_stack)                                                     \
	X1("pickle.PickleBuffer", walk_pickle_buffer)                                              \
	/* compression.c */                                                                        \
	X1("zlib.Compress", walk_zlib_compressor)                                                  \
	X1("zlib.Decompress", walk_zlib_decompressor)                                              \
	X1("_bz2.BZ2Compressor", walk_bz2_compressor)                                              \
	X1("_bz2.BZ2Decompressor", walk_bz2_decompressor)                                          \
	X1("_lzma.LZMACompressor", walk_lzma_compressor)                                           \
	X1("_lzma.LZMADecompressor", walk_lzma_decompressor)                                       \
	X1("compression.zstd.ZstdCompressor", walk_zstd_compressor)                                \
	X1("compression.zstd.ZstdDecompressor", walk_zstd_decompressor)                            \
	X1("compression.zstd.ZstdDict", walk_zstd_dict)                                            \
	X1("_hashlib.HASH", walk_hash)                                                             \
	X1("_hashlib.HASHXOF", walk_hash)                                                          \
	X1("_hashlib.HMAC", walk_hmac)                                                             \
	/* text.c */                                                                               \
	X1("_csv.reader", walk_csv_reader)                                                         \
	X1("_csv.writer", walk_csv_writer)                                                         \
	X1("_csv.Dialect", walk_csv_dialect)                                                       \
	X1("_json.Scanner", walk_json_scanner)                                                     \
	X1("_json.Encoder", walk_json_encoder)                                                     \
	/* threads.c */                                                                            \
	X1("_thread.lock", walk_lock)                                                              \
	X1("_thread.RLock", walk_rlock)                                                            \
	X1("_thread._local", walk_thread_local)                                                    \
	X0("_thread._localdummy")                                                                  \
	X1("_thread._ThreadHandle", walk_thread_handle)                                            \
	X2("_queue.SimpleQueue", walk_simple_queue, size_simple_queue)                             \
	X1("_multiprocessing.SemLock", walk_semaphore)                                             \
	/* system.c */                                                                             \
	X1("posix.DirEntry", walk_dir_entry)                                                       \
	X1("posix.ScandirIterator", walk_scandir)                                                  \
	X1("_abc._abc_data", walk_abc_data)                                                        \
	X1("_abc_data", walk_abc_data)                                                             \
	X1("_lsprof.Profiler", walk_profiler)                                                      \
	X0("_random.Random")                                                                       \
	X0("unicodedata.UCD")                                                                      \
	/* typing.c */                                                                             \
	X1("typing.TypeVar", walk_typevar)                                                         \
	X1("typing.TypeVarTuple", walk_typevartuple)                                               \
	X1("typing.ParamSpec", walk_paramspec)                                                     \
	X1("typing.ParamSpecArgs", walk_paramspec_attribute)                                       \
	X1("typing.ParamSpecKwargs", walk_paramspec_attribute)                                     \
	X1("typing.TypeAliasType", walk_type_alias)                                                \
	X1("_typing._ConstEvaluator", walk_constant_evaluator)                                     \
	X1("string.templatelib.Template", walk_template)                                           \
	X1("string.templatelib.Interpolation", walk_interpolation)                                 \
	X1("sentinel", walk_sentinel)                                                              \
	X1("lazy_import", walk_lazy_import)                                                        \
	/* numpy.c */                                                                              \
	X2("numpy.ndarray", walk_ndarray, size_ndarray)                                            \
	X2("numpy.void", walk_numpy_void, size_numpy_void)                                         \
	XS("numpy.number", size_numpy_scalar)                                                      \
	XS("numpy.bool", size_numpy_scalar)                                                        \
	XS("numpy.bool_", size_numpy_scalar)                                                       \
	XS("numpy.datetime64", size_numpy_scalar)                                                  \
	/* lxml.c */                                                                               \
	X1("lxml.etree._Element", walk_lxml_element)                                               \
	X1("lxml.etree._ElementTree", walk_lxml_element)

#define NOTHING(...)
#define WALKER(name, walker, ...) void walker(struct walk *, addr_t, const struct type_info *);
#define SIZE(name, size) uint64_t size(const struct cpython *, addr_t, const struct type_info *);
#define WALKER_AND_SIZE(name, walker, size) WALKER(name, walker) SIZE(name, size)
MODULE_TYPES(NOTHING, WALKER, WALKER_AND_SIZE, SIZE)
#undef NOTHING
#undef WALKER
#undef SIZE
#undef WALKER_AND_SIZE

#endif

/*
 * Made by tools/layouts/generate.py from the DWARF of CPython 3.9.2 (x86_64); do not edit.
 * AT: an offset. BEHIND: an offset behind so many pthread_mutex_t, which are larger on
 * aarch64 (by rule, not measured). What is not named is absent in this build.
 */
#include "cpython/layouts.h"

const struct layout layout_3_9_2 = {
	.PyRuntimeState = {
		.n_bytes = BEHIND(2, 656), .initialized = AT(12), ._finalizing = AT(16),
		.interpreters = AT(24), .interpreters_mutex = AT(24), .interpreters_head = AT(32),
		.interpreters_main = AT(40), .interpreters_next_id = AT(48), .main_thread = AT(72),
		.ceval = AT(344), .gilstate_tstate_current = BEHIND(2, 568),
		.gilstate_autoInterpreterState = BEHIND(2, 576), .audit_hook_head = BEHIND(2, 648)
	},
	.PyInterpreterState = {
		.n_bytes = AT(5648), .next = AT(0), .tstate_head = AT(8), .id = AT(24),
		.ceval = AT(64), .codecs_initialized = AT(936), .gc = AT(616),
		.gc_generations = AT(640), .gc_generation0 = AT(712),
		.gc_permanent_generation = AT(720), .gc_collecting = AT(816), .gc_garbage = AT(824),
		.gc_callbacks = AT(832), .gc_long_lived_total = AT(840), .modules = AT(856),
		.modules_by_index = AT(864), .sysdict = AT(872), .builtins = AT(880),
		.importlib = AT(888), .codec_search_path = AT(912), .codec_search_cache = AT(920),
		.codec_error_registry = AT(928), .unicode = AT(944), .config = AT(976),
		.dict = AT(1376), .builtins_copy = AT(1384), .before_forkers = AT(3456),
		.after_forkers_parent = AT(3464), .after_forkers_child = AT(3472),
		.pyexitmodule = AT(3488), .warnings = AT(3504), .audit_hooks = AT(3536)
	},
	.gc_runtime_state = {
		.n_bytes = AT(240), .trash_delete_later = AT(0), .trash_delete_nesting = AT(8),
		.enabled = AT(12), .debug = AT(16), .generations = AT(24), .generation0 = AT(96),
		.permanent_generation = AT(104), .generation_stats = AT(128), .collecting = AT(200),
		.garbage = AT(208), .callbacks = AT(216), .long_lived_total = AT(224),
		.long_lived_pending = AT(232)
	},
	.gc_generation = {
		.n_bytes = AT(24), .head = AT(0), .head__gc_next = AT(0), .head__gc_prev = AT(8),
		.threshold = AT(16), .count = AT(20)
	},
	.PyGC_Head = {
		.n_bytes = AT(16), ._gc_next = AT(0), ._gc_prev = AT(8)
	},
	.PyThreadState = {
		.n_bytes = AT(264), .prev = AT(0), .next = AT(8), .interp = AT(16), .frame = AT(24),
		.c_profileobj = AT(72), .c_traceobj = AT(80), .curexc_type = AT(88),
		.curexc_value = AT(96), .curexc_traceback = AT(104), .exc_state = AT(112),
		.exc_state_exc_type = AT(112), .exc_state_exc_value = AT(120),
		.exc_state_exc_traceback = AT(128), .exc_info = AT(144), .dict = AT(152),
		.async_exc = AT(168), .thread_id = AT(176), .trash_delete_nesting = AT(184),
		.trash_delete_later = AT(192), .async_gen_firstiter = AT(224),
		.async_gen_finalizer = AT(232), .context = AT(240)
	},
	.PyFrameObject = {
		.n_bytes = AT(368), .f_back = AT(24), .f_code = AT(32), .f_builtins = AT(40),
		.f_globals = AT(48), .f_locals = AT(56), .f_valuestack = AT(64),
		.f_stacktop = AT(72), .f_trace = AT(80), .f_trace_lines = AT(88),
		.f_trace_opcodes = AT(89), .f_gen = AT(96), .f_lasti = AT(104), .f_lineno = AT(108),
		.f_iblock = AT(112), .f_executing = AT(116), .f_localsplus = AT(360)
	},
	.PyErr_StackItem = {
		.n_bytes = AT(32), .exc_type = AT(0), .exc_value = AT(8), .exc_traceback = AT(16),
		.previous_item = AT(24)
	},
	.PyObject = {
		.n_bytes = AT(16), .ob_refcnt = AT(0), .ob_type = AT(8)
	},
	.PyVarObject = {
		.n_bytes = AT(24), .ob_size = AT(16)
	},
	.PyTypeObject = {
		.n_bytes = AT(408), .tp_name = AT(24), .tp_basicsize = AT(32),
		.tp_itemsize = AT(40), .tp_dealloc = AT(48), .tp_flags = AT(168), .tp_doc = AT(176),
		.tp_traverse = AT(184), .tp_weaklistoffset = AT(208), .tp_methods = AT(232),
		.tp_members = AT(240), .tp_getset = AT(248), .tp_base = AT(256), .tp_dict = AT(264),
		.tp_dictoffset = AT(288), .tp_free = AT(320), .tp_is_gc = AT(328),
		.tp_bases = AT(336), .tp_mro = AT(344), .tp_cache = AT(352),
		.tp_subclasses = AT(360), .tp_weaklist = AT(368), .tp_version_tag = AT(384)
	},
	.PyHeapTypeObject = {
		.n_bytes = AT(880), .ht_type = AT(0), .ht_name = AT(840), .ht_slots = AT(848),
		.ht_qualname = AT(856), .ht_cached_keys = AT(864), .ht_module = AT(872)
	},
	.PyMemberDef = {
		.n_bytes = AT(40), .name = AT(0), .type = AT(8), .offset = AT(16), .flags = AT(24),
		.doc = AT(32)
	},
	.PyDictObject = {
		.n_bytes = AT(48), .ma_used = AT(16), .ma_version_tag = AT(24), .ma_keys = AT(32),
		.ma_values = AT(40)
	},
	.PyDictKeysObject = {
		.n_bytes = AT(40), .dk_refcnt = AT(0), .dk_size = AT(8), .dk_lookup = AT(16),
		.dk_usable = AT(24), .dk_nentries = AT(32), .dk_indices = AT(40)
	},
	.PyDictKeyEntry = {
		.n_bytes = AT(24), .me_hash = AT(0), .me_key = AT(8), .me_value = AT(16)
	},
	.PyDictViewObject = {
		.n_bytes = AT(24), .dv_dict = AT(16)
	},
	.PyASCIIObject = {
		.n_bytes = AT(48), .length = AT(16), .hash = AT(24), .state = AT(32),
		.state_interned = AT(32), .state_kind = AT(32), .state_compact = AT(32),
		.state_ascii = AT(32), .state_ready = AT(32), .wstr = AT(40)
	},
	.PyCompactUnicodeObject = {
		.n_bytes = AT(72), ._base = AT(0), .utf8_length = AT(48), .utf8 = AT(56),
		.wstr_length = AT(64)
	},
	.PyUnicodeObject = {
		.n_bytes = AT(80), ._base = AT(0), .data = AT(72)
	},
	.PyLongObject = {
		.n_bytes = AT(32), .ob_digit = AT(24)
	},
	.PyFloatObject = {
		.n_bytes = AT(24), .ob_fval = AT(16)
	},
	.PyComplexObject = {
		.n_bytes = AT(32), .cval = AT(16)
	},
	.PyBytesObject = {
		.n_bytes = AT(40), .ob_shash = AT(24), .ob_sval = AT(32)
	},
	.PyByteArrayObject = {
		.n_bytes = AT(56), .ob_alloc = AT(24), .ob_bytes = AT(32), .ob_start = AT(40),
		.ob_exports = AT(48)
	},
	.PyListObject = {
		.n_bytes = AT(40), .ob_item = AT(24), .allocated = AT(32)
	},
	.PyTupleObject = {
		.n_bytes = AT(32), .ob_item = AT(24)
	},
	.PySetObject = {
		.n_bytes = AT(200), .fill = AT(16), .used = AT(24), .mask = AT(32), .table = AT(40),
		.hash = AT(48), .finger = AT(56), .smalltable = AT(64), .weakreflist = AT(192)
	},
	.setentry = {
		.n_bytes = AT(16), .key = AT(0), .hash = AT(8)
	},
	.PyFunctionObject = {
		.n_bytes = AT(120), .func_code = AT(16), .func_globals = AT(24),
		.func_defaults = AT(32), .func_kwdefaults = AT(40), .func_closure = AT(48),
		.func_doc = AT(56), .func_name = AT(64), .func_dict = AT(72),
		.func_weakreflist = AT(80), .func_module = AT(88), .func_annotations = AT(96),
		.func_qualname = AT(104), .vectorcall = AT(112)
	},
	.PyMethodObject = {
		.n_bytes = AT(48), .im_func = AT(16), .im_self = AT(24), .im_weakreflist = AT(32),
		.vectorcall = AT(40)
	},
	.PyCFunctionObject = {
		.n_bytes = AT(56), .m_ml = AT(16), .m_self = AT(24), .m_module = AT(32),
		.m_weakreflist = AT(40), .vectorcall = AT(48)
	},
	.PyCellObject = {
		.n_bytes = AT(24), .ob_ref = AT(16)
	},
	.PyModuleObject = {
		.n_bytes = AT(56), .md_dict = AT(16), .md_def = AT(24), .md_state = AT(32),
		.md_weaklist = AT(40), .md_name = AT(48)
	},
	.PyModuleDef = {
		.n_bytes = AT(104), .m_base = AT(0), .m_name = AT(40), .m_doc = AT(48),
		.m_size = AT(56), .m_methods = AT(64), .m_slots = AT(72), .m_traverse = AT(80),
		.m_clear = AT(88), .m_free = AT(96)
	},
	.PyWeakReference = {
		.n_bytes = AT(56), .wr_object = AT(16), .wr_callback = AT(24), .hash = AT(32),
		.wr_prev = AT(40), .wr_next = AT(48)
	},
	.PySliceObject = {
		.n_bytes = AT(40), .start = AT(16), .stop = AT(24), .step = AT(32)
	},
	.PyMemoryViewObject = {
		.n_bytes = AT(152), .mbuf = AT(24), .hash = AT(32), .flags = AT(40),
		.exports = AT(48), .view = AT(56), .weakreflist = AT(136), .ob_array = AT(144)
	},
	.PyManagedBufferObject = {
		.n_bytes = AT(112), .flags = AT(16), .exports = AT(24), .master = AT(32)
	},
	.Py_buffer = {
		.n_bytes = AT(80), .buf = AT(0), .obj = AT(8), .len = AT(16), .itemsize = AT(24),
		.readonly = AT(32), .ndim = AT(36), .format = AT(40), .shape = AT(48),
		.strides = AT(56), .suboffsets = AT(64), .internal = AT(72)
	},
	.PyDescrObject = {
		.n_bytes = AT(40), .d_type = AT(16), .d_name = AT(24), .d_qualname = AT(32)
	},
	.PyMemberDescrObject = {
		.n_bytes = AT(48), .d_common = AT(0), .d_member = AT(40)
	},
	.PyGetSetDescrObject = {
		.n_bytes = AT(48), .d_common = AT(0), .d_getset = AT(40)
	},
	.PyMethodDescrObject = {
		.n_bytes = AT(56), .d_common = AT(0), .d_method = AT(40), .vectorcall = AT(48)
	},
	.PyWrapperDescrObject = {
		.n_bytes = AT(56), .d_common = AT(0), .d_base = AT(40), .d_wrapped = AT(48)
	},
	.PyBaseExceptionObject = {
		.n_bytes = AT(64), .dict = AT(16), .args = AT(24), .traceback = AT(32),
		.context = AT(40), .cause = AT(48), .suppress_context = AT(56)
	},
	.PyTracebackObject = {
		.n_bytes = AT(40), .tb_next = AT(16), .tb_frame = AT(24), .tb_lasti = AT(32),
		.tb_lineno = AT(36)
	},
	.PyCapsule = {
		.n_bytes = AT(48), .pointer = AT(16), .name = AT(24), .context = AT(32),
		.destructor = AT(40)
	},
	.PyODictObject = {
		.n_bytes = AT(112), .od_dict = AT(0), .od_first = AT(48), .od_last = AT(56),
		.od_fast_nodes = AT(64), .od_fast_nodes_size = AT(72), .od_resize_sentinel = AT(80),
		.od_state = AT(88), .od_inst_dict = AT(96), .od_weakreflist = AT(104)
	},
	.ODictNode = {
		.n_bytes = AT(32), .key = AT(0), .hash = AT(8), .next = AT(16), .prev = AT(24)
	},
	.propertyobject = {
		.n_bytes = AT(56), .prop_get = AT(16), .prop_set = AT(24), .prop_del = AT(32),
		.prop_doc = AT(40), .getter_doc = AT(48)
	},
	.classmethod = {
		.n_bytes = AT(32), .cm_callable = AT(16), .cm_dict = AT(24)
	},
	.staticmethod = {
		.n_bytes = AT(32), .sm_callable = AT(16), .sm_dict = AT(24)
	},
	.superobject = {
		.n_bytes = AT(40), .type = AT(16), .obj = AT(24), .obj_type = AT(32)
	},
	.mappingproxyobject = {
		.n_bytes = AT(24), .mapping = AT(16)
	},
	.wrapperobject = {
		.n_bytes = AT(32), .descr = AT(16), .self = AT(24)
	},
	.gaobject = {
		.n_bytes = AT(48), .origin = AT(16), .args = AT(24), .parameters = AT(32),
		.weakreflist = AT(40)
	},
	.PyNamespaceObject = {
		.n_bytes = AT(24), .ns_dict = AT(16)
	},
	.PyContext = {
		.n_bytes = AT(48), .ctx_prev = AT(16), .ctx_vars = AT(24),
		.ctx_weakreflist = AT(32), .ctx_entered = AT(40)
	},
	.PyContextVar = {
		.n_bytes = AT(64), .var_name = AT(16), .var_default = AT(24), .var_cached = AT(32),
		.var_cached_tsid = AT(40), .var_cached_tsver = AT(48), .var_hash = AT(56)
	},
	.PyContextToken = {
		.n_bytes = AT(48), .tok_ctx = AT(16), .tok_var = AT(24), .tok_oldval = AT(32),
		.tok_used = AT(40)
	},
	.PyHamtObject = {
		.n_bytes = AT(40), .h_root = AT(16), .h_weakreflist = AT(24), .h_count = AT(32)
	},
	.PyHamtNode_Bitmap = {
		.n_bytes = AT(40), .b_bitmap = AT(24), .b_array = AT(32)
	},
	.PyHamtNode_Array = {
		.n_bytes = AT(280), .a_array = AT(16), .a_count = AT(272)
	},
	.PyHamtNode_Collision = {
		.n_bytes = AT(40), .c_hash = AT(24), .c_array = AT(32)
	},
	.PyCMethodObject = {
		.n_bytes = AT(64), .func = AT(0), .mm_class = AT(56)
	},
	.PyCodeObject = {
		.n_bytes = AT(176), .co_argcount = AT(16), .co_posonlyargcount = AT(20),
		.co_kwonlyargcount = AT(24), .co_nlocals = AT(28), .co_stacksize = AT(32),
		.co_flags = AT(36), .co_firstlineno = AT(40), .co_code = AT(48),
		.co_consts = AT(56), .co_names = AT(64), .co_varnames = AT(72),
		.co_freevars = AT(80), .co_cellvars = AT(88), .co_cell2arg = AT(96),
		.co_filename = AT(104), .co_name = AT(112), .co_lnotab = AT(120),
		.co_zombieframe = AT(128), .co_weakreflist = AT(136), .co_extra = AT(144),
		.co_opcache_map = AT(152), .co_opcache = AT(160), .co_opcache_flag = AT(168),
		.co_opcache_size = AT(172)
	},
	.PyGenObject = {
		.n_bytes = AT(96), .gi_frame = AT(16), .gi_running = AT(24), .gi_code = AT(32),
		.gi_weakreflist = AT(40), .gi_name = AT(48), .gi_qualname = AT(56),
		.gi_exc_state = AT(64)
	},
	.PyCoroObject = {
		.n_bytes = AT(104), .cr_frame = AT(16), .cr_running = AT(24), .cr_code = AT(32),
		.cr_weakreflist = AT(40), .cr_name = AT(48), .cr_qualname = AT(56),
		.cr_exc_state = AT(64), .cr_origin = AT(96)
	},
	.PyAsyncGenObject = {
		.n_bytes = AT(120), .ag_frame = AT(16), .ag_running = AT(24), .ag_code = AT(32),
		.ag_weakreflist = AT(40), .ag_name = AT(48), .ag_qualname = AT(56),
		.ag_exc_state = AT(64), .ag_finalizer = AT(96), .ag_hooks_inited = AT(104),
		.ag_closed = AT(108), .ag_running_async = AT(112)
	},
	.rangeobject = {
		.n_bytes = AT(48), .start = AT(16), .stop = AT(24), .step = AT(32), .length = AT(40)
	},
	.PyRangeIterObject = {
		.n_bytes = AT(48), .index = AT(16), .start = AT(24), .step = AT(32), .len = AT(40)
	},
	.longrangeiterobject = {
		.n_bytes = AT(48), .index = AT(16), .start = AT(24), .step = AT(32), .len = AT(40)
	},
	.enumobject = {
		.n_bytes = AT(48), .en_index = AT(16), .en_sit = AT(24), .en_result = AT(32),
		.en_longindex = AT(40)
	},
	.reversedobject = {
		.n_bytes = AT(32), .index = AT(16), .seq = AT(24)
	},
	.seqiterobject = {
		.n_bytes = AT(32), .it_index = AT(16), .it_seq = AT(24)
	},
	.calliterobject = {
		.n_bytes = AT(32), .it_callable = AT(16), .it_sentinel = AT(24)
	},
	.PyListIterObject = {
		.n_bytes = AT(32), .it_index = AT(16), .it_seq = AT(24)
	},
	.listreviterobject = {
		.n_bytes = AT(32), .it_index = AT(16), .it_seq = AT(24)
	},
	.PyTupleIterObject = {
		.n_bytes = AT(32), .it_index = AT(16), .it_seq = AT(24)
	},
	.dictiterobject = {
		.n_bytes = AT(56), .di_dict = AT(16), .di_used = AT(24), .di_pos = AT(32),
		.di_result = AT(40), .len = AT(48)
	},
	.setiterobject = {
		.n_bytes = AT(48), .si_set = AT(16), .si_used = AT(24), .si_pos = AT(32),
		.len = AT(40)
	},
	.unicodeiterobject = {
		.n_bytes = AT(32), .it_index = AT(16), .it_seq = AT(24)
	},
	.zipobject = {
		.n_bytes = AT(40), .tuplesize = AT(16), .ittuple = AT(24), .result = AT(32)
	},
	.mapobject = {
		.n_bytes = AT(32), .iters = AT(16), .func = AT(24)
	},
	.filterobject = {
		.n_bytes = AT(32), .func = AT(16), .it = AT(24)
	},
	.PyAsyncGenASend = {
		.n_bytes = AT(40), .ags_gen = AT(16), .ags_sendval = AT(24), .ags_state = AT(32)
	},
	.PyAsyncGenAThrow = {
		.n_bytes = AT(40), .agt_gen = AT(16), .agt_args = AT(24), .agt_state = AT(32)
	},
	.PyAsyncGenWrappedValue = {
		.n_bytes = AT(24), .agw_val = AT(16)
	},
	.dequeobject = {
		.n_bytes = AT(80), .leftblock = AT(24), .rightblock = AT(32), .leftindex = AT(40),
		.rightindex = AT(48), .state = AT(56), .maxlen = AT(64), .weakreflist = AT(72)
	},
	.block = {
		.n_bytes = AT(528), .leftlink = AT(0), .data = AT(8), .rightlink = AT(520)
	},
	.defdictobject = {
		.n_bytes = AT(56), .dict = AT(0), .default_factory = AT(48)
	},
	.partialobject = {
		.n_bytes = AT(64), .fn = AT(16), .args = AT(24), .kw = AT(32), .dict = AT(40),
		.weakreflist = AT(48), .vectorcall = AT(56)
	},
	.lru_cache_object = {
		.n_bytes = AT(136), .root = AT(0), .wrapper = AT(56), .typed = AT(64),
		.cache = AT(72), .hits = AT(80), .func = AT(88), .maxsize = AT(96),
		.misses = AT(104), .cache_info_type = AT(112), .dict = AT(120),
		.weakreflist = AT(128)
	},
	.lru_list_elem = {
		.n_bytes = AT(56), .prev = AT(16), .next = AT(24), .hash = AT(32), .key = AT(40),
		.result = AT(48)
	},
	.arrayobject = {
		.n_bytes = AT(64), .ob_item = AT(24), .allocated = AT(32), .ob_descr = AT(40),
		.weakreflist = AT(48), .ob_exports = AT(56)
	},
	.itemgetterobject = {
		.n_bytes = AT(40), .nitems = AT(16), .item = AT(24), .index = AT(32)
	},
	.attrgetterobject = {
		.n_bytes = AT(32), .nattrs = AT(16), .attr = AT(24)
	},
	.methodcallerobject = {
		.n_bytes = AT(40), .name = AT(16), .args = AT(24), .kwds = AT(32)
	},
	.chainobject = {
		.n_bytes = AT(32), .source = AT(16), .active = AT(24)
	},
	.cycleobject = {
		.n_bytes = AT(48), .it = AT(16), .saved = AT(24), .index = AT(32),
		.firstpass = AT(40)
	},
	.repeatobject = {
		.n_bytes = AT(32), .element = AT(16), .cnt = AT(24)
	},
	.countobject = {
		.n_bytes = AT(40), .cnt = AT(16), .long_cnt = AT(24), .long_step = AT(32)
	},
	.accumulateobject = {
		.n_bytes = AT(48), .total = AT(16), .it = AT(24), .binop = AT(32), .initial = AT(40)
	},
	.teeobject = {
		.n_bytes = AT(40), .dataobj = AT(16), .index = AT(24), .weakreflist = AT(32)
	},
	.teedataobject = {
		.n_bytes = AT(496), .it = AT(16), .numread = AT(24), .running = AT(28),
		.nextlink = AT(32), .values = AT(40)
	},
	.groupbyobject = {
		.n_bytes = AT(64), .it = AT(16), .keyfunc = AT(24), .tgtkey = AT(32),
		.currkey = AT(40), .currvalue = AT(48), .currgrouper = AT(56)
	},
	.grouperobject = {
		.n_bytes = AT(32), .parent = AT(16), .tgtkey = AT(24)
	},
	.isliceobject = {
		.n_bytes = AT(56), .it = AT(16), .next = AT(24), .stop = AT(32), .step = AT(40),
		.cnt = AT(48)
	},
	.starmapobject = {
		.n_bytes = AT(32), .func = AT(16), .it = AT(24)
	},
	.ziplongestobject = {
		.n_bytes = AT(56), .tuplesize = AT(16), .numactive = AT(24), .ittuple = AT(32),
		.result = AT(40), .fillvalue = AT(48)
	},
	.productobject = {
		.n_bytes = AT(48), .pools = AT(16), .indices = AT(24), .result = AT(32),
		.stopped = AT(40)
	},
	.permutationsobject = {
		.n_bytes = AT(64), .pool = AT(16), .indices = AT(24), .cycles = AT(32),
		.result = AT(40), .r = AT(48), .stopped = AT(56)
	},
	.compressobject = {
		.n_bytes = AT(32), .data = AT(16), .selectors = AT(24)
	},
	.fileio = {
		.n_bytes = AT(48), .fd = AT(16), .created = AT(20), .readable = AT(20),
		.writable = AT(20), .appending = AT(20), .seekable = AT(20), .closefd = AT(20),
		.finalizing = AT(21), .blksize = AT(24), .weakreflist = AT(32), .dict = AT(40)
	},
	.buffered = {
		.n_bytes = AT(152), .raw = AT(16), .ok = AT(24), .detached = AT(28),
		.readable = AT(32), .writable = AT(36), .finalizing = AT(40),
		.fast_closed_checks = AT(44), .abs_pos = AT(48), .buffer = AT(56), .pos = AT(64),
		.raw_pos = AT(72), .read_end = AT(80), .write_pos = AT(88), .write_end = AT(96),
		.lock = AT(104), .owner = AT(112), .buffer_size = AT(120), .buffer_mask = AT(128),
		.dict = AT(136), .weakreflist = AT(144)
	},
	.bytesio = {
		.n_bytes = AT(64), .buf = AT(16), .pos = AT(24), .string_size = AT(32),
		.dict = AT(40), .weakreflist = AT(48), .exports = AT(56)
	},
	.bytesiobuf = {
		.n_bytes = AT(24), .source = AT(16)
	},
	.stringio = {
		.n_bytes = AT(120), .buf = AT(16), .pos = AT(24), .string_size = AT(32),
		.buf_size = AT(40), .state = AT(48), .accu = AT(56), .accu_large = AT(56),
		.accu_small = AT(64), .ok = AT(72), .closed = AT(73), .readuniversal = AT(74),
		.readtranslate = AT(75), .decoder = AT(80), .readnl = AT(88), .writenl = AT(96),
		.dict = AT(104), .weakreflist = AT(112)
	},
	.textio = {
		.n_bytes = AT(192), .ok = AT(16), .detached = AT(20), .chunk_size = AT(24),
		.buffer = AT(32), .encoding = AT(40), .encoder = AT(48), .decoder = AT(56),
		.readnl = AT(64), .errors = AT(72), .writenl = AT(80), .line_buffering = AT(88),
		.write_through = AT(89), .readuniversal = AT(90), .readtranslate = AT(91),
		.writetranslate = AT(92), .seekable = AT(93), .has_read1 = AT(94),
		.telling = AT(95), .finalizing = AT(96), .encodefunc = AT(104),
		.encoding_start_of_stream = AT(112), .decoded_chars = AT(120),
		.decoded_chars_used = AT(128), .pending_bytes = AT(136),
		.pending_bytes_count = AT(144), .snapshot = AT(152), .b2cratio = AT(160),
		.raw = AT(168), .weakreflist = AT(176), .dict = AT(184)
	},
	.nldecoder_object = {
		.n_bytes = AT(40), .decoder = AT(16), .errors = AT(24), .pendingcr = AT(32),
		.translate = AT(32), .seennl = AT(32)
	},
	.PatternObject = {
		.n_bytes = AT(96), .groups = AT(24), .groupindex = AT(32), .indexgroup = AT(40),
		.pattern = AT(48), .flags = AT(56), .weakreflist = AT(64), .isbytes = AT(72),
		.codesize = AT(80), .code = AT(88)
	},
	.MatchObject = {
		.n_bytes = AT(88), .string = AT(24), .regs = AT(32), .pattern = AT(40),
		.pos = AT(48), .endpos = AT(56), .lastindex = AT(64), .groups = AT(72),
		.mark = AT(80)
	},
	.abc_data = {
		.n_bytes = AT(48), ._abc_registry = AT(16), ._abc_cache = AT(24),
		._abc_negative_cache = AT(32), ._abc_negative_cache_version = AT(40)
	},
	.simplequeueobject = {
		.n_bytes = AT(56), .lock = AT(16), .locked = AT(24), .lst = AT(32),
		.lst_pos = AT(40), .weakreflist = AT(48)
	},
	.lockobject = {
		.n_bytes = AT(40), .lock_lock = AT(16), .in_weakreflist = AT(24), .locked = AT(32)
	},
	.rlockobject = {
		.n_bytes = AT(48), .rlock_lock = AT(16), .rlock_owner = AT(24),
		.rlock_count = AT(32), .in_weakreflist = AT(40)
	},
	.localobject = {
		.n_bytes = AT(64), .key = AT(16), .args = AT(24), .kw = AT(32),
		.weakreflist = AT(40), .dummies = AT(48), .wr_callback = AT(56)
	},
	.localdummyobject = {
		.n_bytes = AT(32), .localdict = AT(16), .weakreflist = AT(24)
	},
	.FutureObj = {
		.n_bytes = AT(144), .fut_loop = AT(16), .fut_callback0 = AT(24),
		.fut_context0 = AT(32), .fut_callbacks = AT(40), .fut_exception = AT(48),
		.fut_result = AT(56), .fut_source_tb = AT(64), .fut_cancel_msg = AT(72),
		.fut_state = AT(80), .fut_log_tb = AT(84), .fut_blocking = AT(88), .dict = AT(96),
		.fut_weakreflist = AT(104), .fut_cancelled_exc_state = AT(112)
	},
	.TaskObj = {
		.n_bytes = AT(184), .task_loop = AT(16), .task_callback0 = AT(24),
		.task_context0 = AT(32), .task_callbacks = AT(40), .task_exception = AT(48),
		.task_result = AT(56), .task_source_tb = AT(64), .task_cancel_msg = AT(72),
		.task_state = AT(80), .task_log_tb = AT(84), .task_blocking = AT(88),
		.task_must_cancel = AT(176), .task_log_destroy_pending = AT(180), .dict = AT(96),
		.task_weakreflist = AT(104), .task_cancelled_exc_state = AT(112),
		.task_fut_waiter = AT(144), .task_coro = AT(152), .task_name = AT(160),
		.task_context = AT(168)
	},
	.PyDateTime_Date = {
		.n_bytes = AT(32), .hashcode = AT(16), .hastzinfo = AT(24), .data = AT(25)
	},
	.PyDateTime_Time = {
		.n_bytes = AT(40), .hashcode = AT(16), .hastzinfo = AT(24), .data = AT(25),
		.fold = AT(31), .tzinfo = AT(32)
	},
	.PyDateTime_DateTime = {
		.n_bytes = AT(48), .hashcode = AT(16), .hastzinfo = AT(24), .data = AT(25),
		.fold = AT(35), .tzinfo = AT(40)
	},
	.PyDateTime_Delta = {
		.n_bytes = AT(40), .hashcode = AT(16), .days = AT(24), .seconds = AT(28),
		.microseconds = AT(32)
	},
	.PyDateTime_TimeZone = {
		.n_bytes = AT(32), .offset = AT(16), .name = AT(24)
	},
	.PyZoneInfo_ZoneInfo = {
		.n_bytes = AT(208), .base = AT(0), .key = AT(16), .file_repr = AT(24),
		.weakreflist = AT(32), .num_transitions = AT(40), .num_ttinfos = AT(48),
		.trans_list_utc = AT(56), .trans_list_wall = AT(64), .trans_ttinfos = AT(80),
		.ttinfo_before = AT(88), .tzrule_after = AT(96), .tzrule_after_std = AT(96),
		.tzrule_after_dst = AT(128), .tzrule_after_start = AT(168),
		.tzrule_after_end = AT(176), ._ttinfos = AT(192), .fixed_offset = AT(200),
		.source = AT(201)
	},
	.PySocketSockObject = {
		.n_bytes = AT(48), .sock_fd = AT(16), .sock_family = AT(20), .sock_type = AT(24),
		.sock_proto = AT(28), .sock_timeout = AT(40)
	},
	.PySSLContext = {
		.n_bytes = AT(88), .ctx = AT(16), .alpn_protocols = AT(24),
		.alpn_protocols_len = AT(32), .set_sni_cb = AT(40), .check_hostname = AT(48),
		.hostflags = AT(52), .protocol = AT(56), .post_handshake_auth = AT(60),
		.msg_cb = AT(64), .keylog_filename = AT(72), .keylog_bio = AT(80)
	},
	.PySSLSocket = {
		.n_bytes = AT(96), .Socket = AT(16), .ssl = AT(24), .ctx = AT(32),
		.shutdown_seen_zero = AT(40), .socket_type = AT(44), .owner = AT(48),
		.server_hostname = AT(56), .err = AT(64), .exc_type = AT(72), .exc_value = AT(80),
		.exc_tb = AT(88)
	},
	.PySSLMemoryBIO = {
		.n_bytes = AT(32), .bio = AT(16), .eof_written = AT(24)
	},
	.pysqlite_Connection = {
		.n_bytes = AT(240), .db = AT(16), .detect_types = AT(24), .timeout = AT(32),
		.timeout_started = AT(40), .isolation_level = AT(48), .begin_statement = AT(56),
		.check_same_thread = AT(64), .initialized = AT(68), .thread_ident = AT(72),
		.statement_cache = AT(80), .statements = AT(88), .cursors = AT(96),
		.created_statements = AT(104), .created_cursors = AT(108), .row_factory = AT(112),
		.text_factory = AT(120), .function_pinboard_trace_callback = AT(128),
		.function_pinboard_progress_handler = AT(136),
		.function_pinboard_authorizer_cb = AT(144), .collations = AT(152),
		.Warning = AT(160), .Error = AT(168), .InterfaceError = AT(176),
		.DatabaseError = AT(184), .DataError = AT(192), .OperationalError = AT(200),
		.IntegrityError = AT(208), .InternalError = AT(216), .ProgrammingError = AT(224),
		.NotSupportedError = AT(232)
	},
	.pysqlite_Cursor = {
		.n_bytes = AT(112), .connection = AT(16), .description = AT(24),
		.row_cast_map = AT(32), .arraysize = AT(40), .lastrowid = AT(48),
		.rowcount = AT(56), .row_factory = AT(64), .statement = AT(72), .closed = AT(80),
		.reset = AT(84), .locked = AT(88), .initialized = AT(92), .next_row = AT(96),
		.in_weakreflist = AT(104)
	},
	.pysqlite_Statement = {
		.n_bytes = AT(56), .db = AT(16), .st = AT(24), .sql = AT(32), .in_use = AT(40),
		.is_dml = AT(44), .in_weakreflist = AT(48)
	},
	.pysqlite_Row = {
		.n_bytes = AT(32), .data = AT(16), .description = AT(24)
	},
	.PyStructObject = {
		.n_bytes = AT(56), .s_size = AT(16), .s_len = AT(24), .s_codes = AT(32),
		.s_format = AT(40), .weakreflist = AT(48)
	},
	.CDataObject = {
		.n_bytes = AT(96), .b_ptr = AT(16), .b_needsfree = AT(24), .b_base = AT(32),
		.b_size = AT(40), .b_length = AT(48), .b_index = AT(56), .b_objects = AT(64),
		.b_value = AT(80)
	},
	.mmap_object = {
		.n_bytes = AT(80), .data = AT(16), .size = AT(24), .pos = AT(32), .offset = AT(40),
		.exports = AT(48), .fd = AT(56), .weakreflist = AT(64), .access = AT(72)
	},
	.PyDecObject = {
		.n_bytes = AT(104), .hash = AT(16), .dec = AT(24), .data = AT(72)
	},
	.mpd_t = {
		.n_bytes = AT(48), .flags = AT(0), .exp = AT(8), .digits = AT(16), .len = AT(24),
		.alloc = AT(32), .data = AT(40)
	},
	.ElementObject = {
		.n_bytes = AT(56), .tag = AT(16), .text = AT(24), .tail = AT(32), .extra = AT(40),
		.weakreflist = AT(48)
	},
	.ElementObjectExtra = {
		.n_bytes = AT(64), .attrib = AT(0), .length = AT(8), .allocated = AT(16),
		.children = AT(24), ._children = AT(32)
	},
	.PicklerObject = {
		.n_bytes = AT(152), .memo = AT(16), .pers_func = AT(24), .pers_func_self = AT(32),
		.dispatch_table = AT(40), .reducer_override = AT(48), .write = AT(56),
		.output_buffer = AT(64), .output_len = AT(72), .max_output_len = AT(80),
		.proto = AT(88), .bin = AT(92), .framing = AT(96), .frame_start = AT(104),
		.buf_size = AT(112), .fast = AT(120), .fast_nesting = AT(124),
		.fix_imports = AT(128), .fast_memo = AT(136), .buffer_callback = AT(144)
	},
	.UnpicklerObject = {
		.n_bytes = AT(272), .stack = AT(16), .memo = AT(24), .memo_size = AT(32),
		.memo_len = AT(40), .pers_func = AT(48), .pers_func_self = AT(56), .buffer = AT(64),
		.buffer_obj = AT(72), .input_buffer = AT(144), .input_line = AT(152),
		.input_len = AT(160), .next_read_idx = AT(168), .prefetched_idx = AT(176),
		.read = AT(184), .readinto = AT(192), .readline = AT(200), .peek = AT(208),
		.buffers = AT(216), .encoding = AT(224), .errors = AT(232), .marks = AT(240),
		.num_marks = AT(248), .marks_size = AT(256), .proto = AT(264),
		.fix_imports = AT(268)
	},
	.PyMemoTable = {
		.n_bytes = AT(32), .mt_mask = AT(0), .mt_used = AT(8), .mt_allocated = AT(16),
		.mt_table = AT(24)
	},
	.Pdata = {
		.n_bytes = AT(56), .data = AT(24), .mark_set = AT(32), .fence = AT(40),
		.allocated = AT(48)
	},
	.compobject = {
		.n_bytes = AT(168), .zst = AT(16), .zst_state = AT(72), .unused_data = AT(128),
		.unconsumed_tail = AT(136), .eof = AT(144), .is_initialised = AT(148),
		.zdict = AT(152), .lock = AT(160)
	},
	.BZ2Compressor = {
		.n_bytes = AT(112), .bzs = AT(16), .bzs_state = AT(64), .flushed = AT(96),
		.lock = AT(104)
	},
	.EVPobject = {
		.n_bytes = AT(32), .ctx = AT(16), .lock = AT(24)
	},
	.ReaderObj = {
		.n_bytes = AT(88), .input_iter = AT(16), .dialect = AT(24), .fields = AT(32),
		.field = AT(48), .state = AT(40), .field_size = AT(56), .field_len = AT(64),
		.numeric_field = AT(72), .line_num = AT(80)
	},
	.WriterObj = {
		.n_bytes = AT(64), .write = AT(16), .dialect = AT(24), .rec = AT(32),
		.rec_size = AT(40), .rec_len = AT(48), .num_fields = AT(56)
	},
	.pyEpoll_Object = {
		.n_bytes = AT(24), .epfd = AT(16)
	},
	.DirEntry = {
		.n_bytes = AT(72), .name = AT(16), .path = AT(24), .stat = AT(32), .lstat = AT(40),
		.d_type = AT(48), .d_ino = AT(56), .dir_fd = AT(64)
	},
	.pool_header = {
		.n_bytes = AT(48), .ref = AT(0), .ref__padding = AT(0), .ref_count = AT(0),
		.freeblock = AT(8), .nextpool = AT(16), .prevpool = AT(24), .arenaindex = AT(32),
		.szidx = AT(36), .nextoffset = AT(40), .maxnextoffset = AT(44)
	},
	.arena_object = {
		.n_bytes = AT(48), .address = AT(0), .pool_address = AT(8), .nfreepools = AT(16),
		.ntotalpools = AT(20), .freepools = AT(24), .nextarena = AT(32), .prevarena = AT(40)
	},
	.Py_hashtable_t = {
		.n_bytes = AT(80), .nentries = AT(0), .nbuckets = AT(8), .buckets = AT(16),
		.get_entry_func = AT(24), .hash_func = AT(32), .compare_func = AT(40),
		.key_destroy_func = AT(48), .value_destroy_func = AT(56), .alloc = AT(64)
	},
	.keyobject = {
		.n_bytes = AT(32), .cmp = AT(16), .object = AT(24)
	},
	.tuplegetterobject = {
		.n_bytes = AT(32), .doc = AT(24)
	},
	.dequeiterobject = {
		.n_bytes = AT(56), .deque = AT(32)
	},
	.combinationsobject = {
		.n_bytes = AT(56), .pool = AT(16), .indices = AT(24), .result = AT(32), .r = AT(40)
	},
	.cwrobject = {
		.n_bytes = AT(56), .pool = AT(16), .indices = AT(24), .result = AT(32), .r = AT(40)
	},
	.dropwhileobject = {
		.n_bytes = AT(40), .func = AT(16), .it = AT(24)
	},
	.takewhileobject = {
		.n_bytes = AT(40), .func = AT(16), .it = AT(24)
	},
	.filterfalseobject = {
		.n_bytes = AT(32), .func = AT(16), .it = AT(24)
	},
	.arraydescr = {
		.n_bytes = AT(48), .typecode = AT(0), .itemsize = AT(4)
	},
	.arrayiterobject = {
		.n_bytes = AT(40), .ao = AT(24)
	},
	.formatcode = {
		.n_bytes = AT(32), .fmtdef = AT(0)
	},
	.unpackiterobject = {
		.n_bytes = AT(112), .so = AT(16), .buf_obj = AT(32)
	},
	.TaskStepMethWrapper = {
		.n_bytes = AT(32), .sw_task = AT(16), .sw_arg = AT(24)
	},
	.futureiterobject = {
		.n_bytes = AT(24), .future = AT(16)
	},
	.rwpair = {
		.n_bytes = AT(48), .reader = AT(16), .writer = AT(24)
	},
	.ScannerObject = {
		.n_bytes = AT(232), .pattern = AT(16)
	},
	.ScandirIterator = {
		.n_bytes = AT(104), .path_object = AT(72), .path_cleanup = AT(80), .dirp = AT(88)
	},
	.PyPickleBufferObject = {
		.n_bytes = AT(104), .view_obj = AT(24)
	},
	.ttinfo = {
		.n_bytes = AT(32), .utcoff = AT(0), .dstoff = AT(8), .tzname = AT(16)
	},
	.PySSLSession = {
		.n_bytes = AT(32), .session = AT(16), .ctx = AT(24)
	},
	.pysqlite_Cache = {
		.n_bytes = AT(64), .mapping = AT(24), .factory = AT(32), .first = AT(40),
		.last = AT(48)
	},
	.PyDecContextObject = {
		.n_bytes = AT(96), .traps = AT(64), .flags = AT(72)
	},
	.PyCFuncPtrObject = {
		.n_bytes = AT(160), .thunk = AT(96), .callable = AT(104), .converters = AT(112),
		.argtypes = AT(120), .restype = AT(128), .checker = AT(136), .errcheck = AT(144),
		.paramflags = AT(152)
	},
	.CThunkObject = {
		.n_bytes = AT(128), .pcl_write = AT(24), .converters = AT(80), .callable = AT(88),
		.restype = AT(96)
	},
	.CFieldObject = {
		.n_bytes = AT(72), .proto = AT(40)
	},
	.PyCArgObject = {
		.n_bytes = AT(64), .obj = AT(48)
	},
	.StgDictObject = {
		.n_bytes = AT(192), .length = AT(64), .ndim = AT(176),
		.ffi_type_pointer_elements = AT(88), .proto = AT(96), .argtypes = AT(128),
		.converters = AT(136), .restype = AT(144), .checker = AT(152), .format = AT(168),
		.shape = AT(184)
	},
	.TreeBuilderObject = {
		.n_bytes = AT(160), .root = AT(16), .this = AT(24), .last = AT(32),
		.last_for_tail = AT(40), .data = AT(48), .stack = AT(56), .index = AT(64),
		.element_factory = AT(72), .comment_factory = AT(80), .pi_factory = AT(88),
		.events_append = AT(96), .start_event_obj = AT(104), .end_event_obj = AT(112),
		.start_ns_event_obj = AT(120), .end_ns_event_obj = AT(128),
		.comment_event_obj = AT(136), .pi_event_obj = AT(144)
	},
	.XMLParserObject = {
		.n_bytes = AT(120), .parser = AT(16), .target = AT(24), .entity = AT(32),
		.names = AT(40), .handle_start_ns = AT(48), .handle_end_ns = AT(56),
		.handle_start = AT(64), .handle_data = AT(72), .handle_end = AT(80),
		.handle_comment = AT(88), .handle_pi = AT(96), .handle_doctype = AT(104),
		.handle_close = AT(112)
	},
	.xmlparseobject = {
		.n_bytes = AT(72), .itself = AT(16), .buffer = AT(40), .intern = AT(56),
		.handlers = AT(64)
	},
	.PyMemoEntry = {
		.n_bytes = AT(16), .me_key = AT(0), .me_value = AT(8)
	},
	.PyEncoderObject = {
		.n_bytes = AT(80), .markers = AT(16), .defaultfn = AT(24), .encoder = AT(32),
		.indent = AT(40), .key_separator = AT(48), .item_separator = AT(56)
	},
	.PyScannerObject = {
		.n_bytes = AT(72), .object_hook = AT(24), .object_pairs_hook = AT(32),
		.parse_float = AT(40), .parse_int = AT(48), .parse_constant = AT(56), .memo = AT(64)
	},
	.BZ2Decompressor = {
		.n_bytes = AT(152), .bzs_state = AT(64), .unused_data = AT(104),
		.input_buffer = AT(120), .lock = AT(144)
	},
	.Compressor = {
		.n_bytes = AT(192), .lzs_internal = AT(96), .lock = AT(184)
	},
	.Decompressor = {
		.n_bytes = AT(224), .lzs_internal = AT(96), .unused_data = AT(184),
		.input_buffer = AT(200), .lock = AT(216)
	},
	.HMACobject = {
		.n_bytes = AT(32), .ctx = AT(16), .lock = AT(24)
	},
	.DialectObj = {
		.n_bytes = AT(48), .lineterminator = AT(40)
	},
	.pollObject = {
		.n_bytes = AT(48), .dict = AT(16), .ufds = AT(32)
	},
	.SemLockObject = {
		.n_bytes = AT(56), .name = AT(48)
	},
	.ProfilerObject = {
		.n_bytes = AT(64), .profilerEntries = AT(16), .currentProfilerContext = AT(24),
		.freelistProfilerContext = AT(32), .externalTimer = AT(48)
	},
};

/*
 * Made by tools/layouts/generate.py from the DWARF of CPython 3.11.2 (x86_64); do not edit.
 * AT: an offset. BEHIND: an offset behind so many pthread_mutex_t, which are larger on
 * aarch64 (by rule, not measured). What is not named is absent in this build.
 */
#include "cpython/layouts.h"

const struct layout layout_3_11_2 = {
	.PyRuntimeState = {
		.n_bytes = BEHIND(2, 166688), ._initialized = AT(0), .initialized = AT(16),
		._finalizing = AT(24), .interpreters = AT(32), .interpreters_mutex = AT(32),
		.interpreters_head = AT(40), .interpreters_main = AT(48),
		.interpreters_next_id = AT(56), .main_thread = AT(80), .ceval = AT(352),
		.gilstate_tstate_current = BEHIND(2, 576),
		.gilstate_autoInterpreterState = BEHIND(2, 584), .audit_hook_head = BEHIND(2, 656),
		.global_objects = BEHIND(2, 680), ._main_interpreter = BEHIND(2, 58936)
	},
	.PyInterpreterState = {
		.n_bytes = AT(107752), .next = AT(0), .threads = AT(8), .threads_head = AT(16),
		.id = AT(48), .ceval = AT(96), .codecs_initialized = AT(960), .gc = AT(648),
		.gc_generations = AT(672), .gc_generation0 = AT(744),
		.gc_permanent_generation = AT(752), .gc_collecting = AT(848), .gc_garbage = AT(856),
		.gc_callbacks = AT(864), .gc_long_lived_total = AT(872), .modules = AT(888),
		.modules_by_index = AT(896), .sysdict = AT(904), .builtins = AT(912),
		.importlib = AT(920), .codec_search_path = AT(936), .codec_search_cache = AT(944),
		.codec_error_registry = AT(952), .unicode = AT(3560), .float_state = AT(3608),
		.slice_cache = AT(3624), .tuple = AT(3632), .list = AT(3872),
		.dict_state = AT(4520), .async_gen = AT(5816), .context = AT(7112),
		.exc_state = AT(7128), .type_cache = AT(9056), .config = AT(968), .dict = AT(1400),
		.builtins_copy = AT(1408), .before_forkers = AT(3480),
		.after_forkers_parent = AT(3488), .after_forkers_child = AT(3496),
		.warnings = AT(3504), .atexit = AT(3536), .audit_hooks = AT(3552),
		._initial_thread = AT(107392)
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
		.n_bytes = AT(360), .prev = AT(0), .next = AT(8), .interp = AT(16),
		.cframe = AT(56), .c_profileobj = AT(80), .c_traceobj = AT(88),
		.curexc_type = AT(96), .curexc_value = AT(104), .curexc_traceback = AT(112),
		.exc_state = AT(320), .exc_state_exc_value = AT(320), .exc_info = AT(120),
		.dict = AT(128), .async_exc = AT(144), .thread_id = AT(152),
		.native_thread_id = AT(160), .trash_delete_nesting = AT(168),
		.trash_delete_later = AT(176), .async_gen_firstiter = AT(208),
		.async_gen_finalizer = AT(216), .context = AT(224), .datastack_chunk = AT(296),
		.datastack_top = AT(304), .datastack_limit = AT(312), .root_cframe = AT(336),
		.root_cframe_current_frame = AT(344), .root_cframe_previous = AT(352)
	},
	.PyCFrame = {
		.n_bytes = AT(24), .use_tracing = AT(0), .current_frame = AT(8), .previous = AT(16)
	},
	.PyInterpreterFrame = {
		.n_bytes = AT(80), .f_func = AT(0), .f_globals = AT(8), .f_builtins = AT(16),
		.f_locals = AT(24), .f_code = AT(32), .frame_obj = AT(40), .previous = AT(48),
		.prev_instr = AT(56), .stacktop = AT(64), .is_entry = AT(68), .owner = AT(69),
		.localsplus = AT(72)
	},
	.PyFrameObject = {
		.n_bytes = AT(56), .f_back = AT(16), .f_frame = AT(24), .f_trace = AT(32),
		.f_trace_lines = AT(44), .f_trace_opcodes = AT(45), .f_fast_as_locals = AT(46),
		._f_frame_data = AT(48), .f_lineno = AT(40)
	},
	.PyStackChunk = {
		.n_bytes = AT(32), .previous = AT(0), .size = AT(8), .top = AT(16), .data = AT(24)
	},
	.PyErr_StackItem = {
		.n_bytes = AT(16), .exc_value = AT(0), .previous_item = AT(8)
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
		.n_bytes = AT(904), .ht_type = AT(0), .ht_name = AT(848), .ht_slots = AT(856),
		.ht_qualname = AT(864), .ht_cached_keys = AT(872), .ht_module = AT(880),
		._ht_tpname = AT(888), ._spec_cache = AT(896)
	},
	.specialization_cache = {
		.n_bytes = AT(8), .getitem = AT(0)
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
		.n_bytes = AT(32), .dk_refcnt = AT(0), .dk_log2_size = AT(8),
		.dk_log2_index_bytes = AT(9), .dk_kind = AT(10), .dk_version = AT(12),
		.dk_usable = AT(16), .dk_nentries = AT(24), .dk_indices = AT(32)
	},
	.PyDictKeyEntry = {
		.n_bytes = AT(24), .me_hash = AT(0), .me_key = AT(8), .me_value = AT(16)
	},
	.PyDictUnicodeEntry = {
		.n_bytes = AT(16), .me_key = AT(0), .me_value = AT(8)
	},
	.PyDictValues = {
		.n_bytes = AT(8), .values = AT(0)
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
		.n_bytes = AT(136), .func_code = AT(48), .func_globals = AT(16),
		.func_builtins = AT(24), .func_defaults = AT(56), .func_kwdefaults = AT(64),
		.func_closure = AT(72), .func_doc = AT(80), .func_name = AT(32),
		.func_dict = AT(88), .func_weakreflist = AT(96), .func_module = AT(104),
		.func_annotations = AT(112), .func_qualname = AT(40), .vectorcall = AT(120),
		.func_version = AT(128)
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
		.n_bytes = AT(64), .wr_object = AT(16), .wr_callback = AT(24), .hash = AT(32),
		.wr_prev = AT(40), .wr_next = AT(48), .vectorcall = AT(56)
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
		.n_bytes = AT(72), .dict = AT(16), .args = AT(24), .notes = AT(32),
		.traceback = AT(40), .context = AT(48), .cause = AT(56), .suppress_context = AT(64)
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
		.n_bytes = AT(64), .prop_get = AT(16), .prop_set = AT(24), .prop_del = AT(32),
		.prop_doc = AT(40), .prop_name = AT(48), .getter_doc = AT(56)
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
		.n_bytes = AT(64), .origin = AT(16), .args = AT(24), .parameters = AT(32),
		.weakreflist = AT(40), .starred = AT(48), .vectorcall = AT(56)
	},
	.unionobject = {
		.n_bytes = AT(32), .args = AT(16), .parameters = AT(24)
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
		.n_bytes = AT(192), .co_argcount = AT(56), .co_posonlyargcount = AT(60),
		.co_kwonlyargcount = AT(64), .co_nlocals = AT(80), .co_nplaincellvars = AT(84),
		.co_ncellvars = AT(88), .co_nfreevars = AT(92), .co_localsplusnames = AT(96),
		.co_localspluskinds = AT(104), .co_stacksize = AT(68), .co_flags = AT(48),
		.co_warmup = AT(52), ._co_linearray_entry_size = AT(54), .co_firstlineno = AT(72),
		.co_nlocalsplus = AT(76), .co_consts = AT(24), .co_names = AT(32),
		.co_exceptiontable = AT(40), .co_filename = AT(112), .co_name = AT(120),
		.co_qualname = AT(128), .co_linetable = AT(136), .co_weakreflist = AT(144),
		._co_code = AT(152), ._co_linearray = AT(160), ._co_firsttraceable = AT(168),
		.co_extra = AT(176), .co_code_adaptive = AT(184)
	},
	.PyGenObject = {
		.n_bytes = AT(88), .gi_code = AT(16), .gi_weakreflist = AT(24), .gi_name = AT(32),
		.gi_qualname = AT(40), .gi_exc_state = AT(48), .gi_origin_or_finalizer = AT(64),
		.gi_hooks_inited = AT(72), .gi_closed = AT(73), .gi_running_async = AT(74),
		.gi_frame_state = AT(75), .gi_iframe = AT(80)
	},
	.PyCoroObject = {
		.n_bytes = AT(88), .cr_code = AT(16), .cr_weakreflist = AT(24), .cr_name = AT(32),
		.cr_qualname = AT(40), .cr_exc_state = AT(48), .cr_origin_or_finalizer = AT(64),
		.cr_hooks_inited = AT(72), .cr_closed = AT(73), .cr_running_async = AT(74),
		.cr_frame_state = AT(75), .cr_iframe = AT(80)
	},
	.PyAsyncGenObject = {
		.n_bytes = AT(88), .ag_code = AT(16), .ag_weakreflist = AT(24), .ag_name = AT(32),
		.ag_qualname = AT(40), .ag_exc_state = AT(48), .ag_origin_or_finalizer = AT(64),
		.ag_hooks_inited = AT(72), .ag_closed = AT(73), .ag_running_async = AT(74),
		.ag_frame_state = AT(75), .ag_iframe = AT(80)
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
		.n_bytes = AT(56), .en_index = AT(16), .en_sit = AT(24), .en_result = AT(32),
		.en_longindex = AT(40), .one = AT(48)
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
		.n_bytes = AT(48), .tuplesize = AT(16), .ittuple = AT(24), .result = AT(32),
		.strict = AT(40)
	},
	.mapobject = {
		.n_bytes = AT(32), .iters = AT(16), .func = AT(24)
	},
	.filterobject = {
		.n_bytes = AT(32), .func = AT(16), .it = AT(24)
	},
	.anextawaitableobject = {
		.n_bytes = AT(32), .wrapped = AT(16), .default_value = AT(24)
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
		.n_bytes = AT(216), .leftblock = AT(24), .rightblock = AT(32), .leftindex = AT(40),
		.rightindex = AT(48), .state = AT(56), .maxlen = AT(64), .numfreeblocks = AT(72),
		.freeblocks = AT(80), .weakreflist = AT(208)
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
		.n_bytes = AT(152), .root = AT(0), .wrapper = AT(56), .typed = AT(64),
		.cache = AT(72), .hits = AT(80), .func = AT(88), .maxsize = AT(96),
		.misses = AT(104), .kwd_mark = AT(112), .lru_list_elem_type = AT(120),
		.cache_info_type = AT(128), .dict = AT(136), .weakreflist = AT(144)
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
		.n_bytes = AT(48), .nitems = AT(16), .item = AT(24), .index = AT(32),
		.vectorcall = AT(40)
	},
	.attrgetterobject = {
		.n_bytes = AT(40), .nattrs = AT(16), .attr = AT(24), .vectorcall = AT(32)
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
	.pairwiseobject = {
		.n_bytes = AT(32), .it = AT(16), .old = AT(24)
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
		.n_bytes = AT(128), .fut_loop = AT(16), .fut_callback0 = AT(24),
		.fut_context0 = AT(32), .fut_callbacks = AT(40), .fut_exception = AT(48),
		.fut_exception_tb = AT(56), .fut_result = AT(64), .fut_source_tb = AT(72),
		.fut_cancel_msg = AT(80), .fut_state = AT(88), .fut_log_tb = AT(92),
		.fut_blocking = AT(96), .dict = AT(104), .fut_weakreflist = AT(112),
		.fut_cancelled_exc = AT(120)
	},
	.TaskObj = {
		.n_bytes = AT(176), .task_loop = AT(16), .task_callback0 = AT(24),
		.task_context0 = AT(32), .task_callbacks = AT(40), .task_exception = AT(48),
		.task_exception_tb = AT(56), .task_result = AT(64), .task_source_tb = AT(72),
		.task_cancel_msg = AT(80), .task_state = AT(88), .task_log_tb = AT(92),
		.task_blocking = AT(96), .task_must_cancel = AT(160),
		.task_log_destroy_pending = AT(164), .dict = AT(104), .task_weakreflist = AT(112),
		.task_cancelled_exc = AT(120), .task_fut_waiter = AT(128), .task_coro = AT(136),
		.task_name = AT(144), .task_context = AT(152), .task_num_cancels_requested = AT(168)
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
		.n_bytes = AT(96), .ctx = AT(16), .alpn_protocols = AT(24),
		.alpn_protocols_len = AT(32), .set_sni_cb = AT(40), .check_hostname = AT(48),
		.hostflags = AT(52), .protocol = AT(56), .post_handshake_auth = AT(60),
		.msg_cb = AT(64), .keylog_filename = AT(72), .keylog_bio = AT(80), .state = AT(88)
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
		.n_bytes = AT(216), .db = AT(16), .state = AT(24), .detect_types = AT(32),
		.isolation_level = AT(40), .check_same_thread = AT(48), .initialized = AT(52),
		.thread_ident = AT(56), .statement_cache = AT(64), .cursors = AT(72),
		.blobs = AT(80), .created_cursors = AT(88), .row_factory = AT(96),
		.text_factory = AT(104), .trace_ctx = AT(112), .progress_ctx = AT(120),
		.authorizer_ctx = AT(128), .Warning = AT(136), .Error = AT(144),
		.InterfaceError = AT(152), .DatabaseError = AT(160), .DataError = AT(168),
		.OperationalError = AT(176), .IntegrityError = AT(184), .InternalError = AT(192),
		.ProgrammingError = AT(200), .NotSupportedError = AT(208)
	},
	.pysqlite_Cursor = {
		.n_bytes = AT(104), .connection = AT(16), .description = AT(24),
		.row_cast_map = AT(32), .arraysize = AT(40), .lastrowid = AT(48),
		.rowcount = AT(56), .row_factory = AT(64), .statement = AT(72), .closed = AT(80),
		.locked = AT(84), .initialized = AT(88), .in_weakreflist = AT(96)
	},
	.pysqlite_Statement = {
		.n_bytes = AT(32), .st = AT(16), .in_use = AT(24), .is_dml = AT(28)
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
		.n_bytes = AT(72), .write = AT(16), .dialect = AT(24), .rec = AT(32),
		.rec_size = AT(40), .rec_len = AT(48), .num_fields = AT(56), .error_obj = AT(64)
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
	.arena_map_bot = {
		.n_bytes = AT(131072), .arenas = AT(0)
	},
	.arena_map_mid = {
		.n_bytes = AT(262144), .ptrs = AT(0)
	},
	.arena_map_top = {
		.n_bytes = AT(262144), .ptrs = AT(0)
	},
	.type_cache_entry = {
		.n_bytes = AT(24), .version = AT(0), .name = AT(8), .value = AT(16)
	},
	.Py_tuple_state = {
		.n_bytes = AT(240), .free_list = AT(0), .numfree = AT(160)
	},
	.Py_list_state = {
		.n_bytes = AT(648), .free_list = AT(0), .numfree = AT(640)
	},
	.Py_float_state = {
		.n_bytes = AT(16), .numfree = AT(0), .free_list = AT(8)
	},
	.Py_dict_state = {
		.n_bytes = AT(1296), .free_list = AT(0), .numfree = AT(640),
		.keys_free_list = AT(648), .keys_numfree = AT(1288)
	},
	.Py_context_state = {
		.n_bytes = AT(16), .freelist = AT(0), .numfree = AT(8)
	},
	.Py_async_gen_state = {
		.n_bytes = AT(1296), .value_freelist = AT(0), .value_numfree = AT(640),
		.asend_freelist = AT(648), .asend_numfree = AT(1288)
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
	.PySSLCertificate = {
		.n_bytes = AT(32), .cert = AT(16)
	},
	.pysqlite_Blob = {
		.n_bytes = AT(48), .connection = AT(16), .blob = AT(24)
	},
	.callback_context = {
		.n_bytes = AT(24), .callable = AT(0), .module = AT(8)
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

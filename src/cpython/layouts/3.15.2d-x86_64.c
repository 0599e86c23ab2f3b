/*
 * Made by tools/layouts/generate.py from the DWARF of CPython 3.15.2d (x86_64); do not edit.
 * AT: an offset. BEHIND: an offset behind so many pthread_mutex_t, which are larger on
 * aarch64 (by rule, not measured). What is not named is absent in this build.
 */
#include "cpython/layouts.h"

const struct layout layout_3_15_2d = {
	.PyRuntimeState = {
		.n_bytes = BEHIND(2, 362592), .debug_offsets = AT(0), ._initialized = AT(888),
		.initialized = AT(904), ._finalizing = AT(912), .interpreters = AT(928),
		.interpreters_mutex = AT(928), .interpreters_head = AT(936),
		.interpreters_main = AT(944), .interpreters_next_id = AT(952),
		.allocators_standard = AT(1008), .allocators_debug = AT(1128),
		.allocators_is_debug_enabled = AT(1272), .allocators_use_hugepages = AT(1276),
		.allocators_obj_arena = AT(1280), .obmalloc = AT(1304), .main_thread = AT(960),
		.main_tstate = AT(968), .ceval = AT(18864),
		.gilstate_autoInterpreterState = AT(26216), .static_objects = AT(30232),
		.cached_objects_interned_strings = AT(30224), ._main_interpreter = AT(136336)
	},
	.PyInterpreterState = {
		.n_bytes = BEHIND(2, 226256), .next = AT(7264), .threads = AT(7328),
		.threads_head = AT(7336), .threads_preallocated = AT(7344),
		.threads_main = AT(7352), .id = AT(7272), .ceval = AT(0), .ceval_gil = AT(16),
		.ceval_own_gil = AT(24), .imports = AT(7592), .imports_modules = AT(7592),
		.imports_modules_by_index = AT(7600), .imports_importlib = AT(7608),
		.imports_import_func = AT(7632), .imports_lazy_import_func = AT(7640),
		.imports_lazy_imports_mode = AT(7648), .imports_lazy_imports_filter = AT(7656),
		.imports_lazy_modules = AT(7664), .imports_lazy_pending_submodules = AT(7672),
		._gil = AT(7736), ._code_object_generation = BEHIND(2, 7944),
		.codecs = BEHIND(2, 7952), .codecs_search_path = BEHIND(2, 7952),
		.codecs_search_cache = BEHIND(2, 7960), .codecs_error_registry = BEHIND(2, 7968),
		.codecs_initialized = BEHIND(2, 7976), .gc = AT(7400), .gc_generations = AT(7408),
		.gc_generation0 = AT(7568), .gc_permanent_generation = AT(7480),
		.gc_collecting = AT(7512), .gc_garbage = AT(7528), .gc_callbacks = AT(7536),
		.gc_heap_size = AT(7544), .gc_long_lived_total = AT(7552), .sysdict = AT(7576),
		.builtins = AT(7584), .unicode = BEHIND(2, 11776), .func_state = BEHIND(2, 14280),
		.code_state = BEHIND(2, 79824), .dict_state = BEHIND(2, 79840),
		.exc_state = BEHIND(2, 79912), .mem_free_queue = BEHIND(2, 79944),
		.types = BEHIND(2, 81960), .common_consts = BEHIND(2, 223328),
		.executor_blooms = BEHIND(2, 223448), .executor_ptrs = BEHIND(2, 223456),
		.executor_count = BEHIND(2, 223464), .executor_capacity = BEHIND(2, 223472),
		.executor_deletion_list_head = BEHIND(2, 223480),
		.cold_executor = BEHIND(2, 223488), .cold_dynamic_executor = BEHIND(2, 223496),
		.executor_creation_counter = BEHIND(2, 223504),
		.monitoring_callables = BEHIND(2, 223568),
		.monitoring_tool_names = BEHIND(2, 224784), .cached_objects = BEHIND(2, 224912),
		.static_objects = BEHIND(2, 225000), .config = BEHIND(2, 7984),
		.dict = BEHIND(2, 8456), .sysdict_copy = BEHIND(2, 8464),
		.builtins_copy = BEHIND(2, 8472), .xi = BEHIND(2, 10616),
		.before_forkers = BEHIND(2, 10680), .after_forkers_parent = BEHIND(2, 10688),
		.after_forkers_child = BEHIND(2, 10696), .warnings = BEHIND(2, 10704),
		.atexit = BEHIND(2, 10768), .stoptheworld = BEHIND(2, 10784),
		.qsbr = BEHIND(2, 10808), .asyncio_tasks_head = BEHIND(2, 10864),
		.asyncio_tasks_lock = BEHIND(2, 10880), .obmalloc = BEHIND(2, 10888),
		.audit_hooks = BEHIND(2, 10896), .object_state = BEHIND(2, 11104),
		._initial_thread = BEHIND(2, 225152)
	},
	.gc_runtime_state = {
		.n_bytes = AT(176), .enabled = AT(0), .debug = AT(4), .generations = AT(8),
		.generation0 = AT(168), .permanent_generation = AT(80), .generation_stats = AT(104),
		.collecting = AT(112), .frame = AT(120), .garbage = AT(128), .callbacks = AT(136),
		.heap_size = AT(144), .long_lived_total = AT(152), .long_lived_pending = AT(160)
	},
	.gc_generation = {
		.n_bytes = AT(24), .head = AT(0), .head__gc_next = AT(0), .head__gc_prev = AT(8),
		.threshold = AT(16), .count = AT(20)
	},
	.PyGC_Head = {
		.n_bytes = AT(16), ._gc_next = AT(0), ._gc_prev = AT(8)
	},
	.PyThreadState = {
		.n_bytes = AT(888), .prev = AT(0), .next = AT(8), .interp = AT(16),
		.eval_breaker = AT(24), ._status = AT(32), ._whence = AT(44), .state = AT(48),
		.holds_gil = AT(36), .gil_requested = AT(40), .current_frame = AT(72),
		.base_frame = AT(80), .last_profiled_frame = AT(88), .c_profileobj = AT(120),
		.c_traceobj = AT(128), .current_exception = AT(136), .exc_state = AT(288),
		.exc_state_exc_value = AT(288), .current_executor = AT(304), .jit_exit = AT(312),
		.threading_local_key = AT(328), .threading_local_sentinel = AT(336),
		.remote_debugger_support = AT(344),
		.remote_debugger_support_debugger_pending_call = AT(344),
		.remote_debugger_support_debugger_script_path = AT(348), .ensure = AT(864),
		.ensure_counter = AT(864), .ensure_delete_on_release = AT(872),
		.ensure_owned_guard = AT(880), .datastack_cached_chunk = AT(280),
		.exc_info = AT(144), .dict = AT(152), .async_exc = AT(168), .thread_id = AT(176),
		.native_thread_id = AT(184), .delete_later = AT(192), .critical_section = AT(200),
		.async_gen_firstiter = AT(216), .async_gen_finalizer = AT(224), .context = AT(232),
		.datastack_chunk = AT(256), .datastack_top = AT(264), .datastack_limit = AT(272)
	},
	.PyThreadStateImpl = {
		.n_bytes = AT(1104), .base_frame = AT(888), .refcount = AT(976),
		.c_stack_top = AT(984), .c_stack_soft_limit = AT(992),
		.c_stack_hard_limit = AT(1000), .asyncio_running_loop = AT(1024),
		.asyncio_running_task = AT(1032), .generator_return_kind = AT(1040),
		.asyncio_tasks_head = AT(1048), .qsbr = AT(1064), .mem_free_queue = AT(1072),
		.jit_tracer_state = AT(1088), .lazy_imports = AT(1096),
		.c_stack_init_base = AT(1008), .c_stack_init_top = AT(1016)
	},
	.PyInterpreterFrame = {
		.n_bytes = AT(88), .f_executable = AT(0), .f_globals = AT(24), .f_builtins = AT(32),
		.f_locals = AT(40), .frame_obj = AT(48), .instr_ptr = AT(56),
		.stackpointer = AT(64), .previous = AT(8), .f_funcobj = AT(16),
		.return_offset = AT(72), .owner = AT(74), .visited = AT(75), .localsplus = AT(80)
	},
	.PyFrameObject = {
		.n_bytes = AT(80), .f_back = AT(16), .f_frame = AT(24), .f_trace = AT(32),
		.f_trace_lines = AT(44), .f_trace_opcodes = AT(45), .f_extra_locals = AT(48),
		.f_locals_cache = AT(56), .f_overwritten_fast_locals = AT(64),
		._f_frame_data = AT(72), .f_lineno = AT(40)
	},
	.PyStackChunk = {
		.n_bytes = AT(32), .previous = AT(0), .size = AT(8), .top = AT(16), .data = AT(24)
	},
	.PyErr_StackItem = {
		.n_bytes = AT(16), .exc_value = AT(0), .previous_item = AT(8)
	},
	.Py_DebugOffsets = {
		.n_bytes = AT(888), .cookie = AT(0), .version = AT(8), .free_threaded = AT(16),
		.runtime_state = AT(24), .runtime_state_size = AT(24),
		.runtime_state_finalizing = AT(32), .runtime_state_interpreters_head = AT(40),
		.interpreter_state = AT(48), .interpreter_state_size = AT(48),
		.interpreter_state_id = AT(56), .interpreter_state_next = AT(64),
		.interpreter_state_threads_head = AT(72), .interpreter_state_threads_main = AT(80),
		.interpreter_state_gc = AT(88), .interpreter_state_imports_modules = AT(96),
		.interpreter_state_sysdict = AT(104), .interpreter_state_builtins = AT(112),
		.interpreter_state_ceval_gil = AT(120),
		.interpreter_state_gil_runtime_state = AT(128),
		.interpreter_state_gil_runtime_state_enabled = AT(136),
		.interpreter_state_gil_runtime_state_locked = AT(144),
		.interpreter_state_gil_runtime_state_holder = AT(152),
		.interpreter_state_code_object_generation = AT(160),
		.interpreter_state_tlbc_generation = AT(168), .thread_state = AT(176),
		.thread_state_size = AT(176), .thread_state_prev = AT(184),
		.thread_state_next = AT(192), .thread_state_interp = AT(200),
		.thread_state_current_frame = AT(208), .thread_state_base_frame = AT(216),
		.thread_state_last_profiled_frame = AT(224),
		.thread_state_last_profiled_frame_seq = AT(232), .thread_state_thread_id = AT(240),
		.thread_state_native_thread_id = AT(248), .thread_state_datastack_chunk = AT(256),
		.thread_state_status = AT(264), .thread_state_holds_gil = AT(272),
		.thread_state_gil_requested = AT(280), .thread_state_current_exception = AT(288),
		.thread_state_exc_state = AT(296), .err_stackitem = AT(304),
		.err_stackitem_exc_value = AT(304), .interpreter_frame = AT(312),
		.interpreter_frame_size = AT(312), .interpreter_frame_previous = AT(320),
		.interpreter_frame_executable = AT(328), .interpreter_frame_instr_ptr = AT(336),
		.interpreter_frame_localsplus = AT(344), .interpreter_frame_owner = AT(352),
		.interpreter_frame_stackpointer = AT(360), .interpreter_frame_tlbc_index = AT(368),
		.code_object = AT(376), .code_object_size = AT(376),
		.code_object_filename = AT(384), .code_object_name = AT(392),
		.code_object_qualname = AT(400), .code_object_linetable = AT(408),
		.code_object_firstlineno = AT(416), .code_object_argcount = AT(424),
		.code_object_localsplusnames = AT(432), .code_object_localspluskinds = AT(440),
		.code_object_co_code_adaptive = AT(448), .code_object_co_tlbc = AT(456),
		.pyobject = AT(464), .pyobject_size = AT(464), .pyobject_ob_type = AT(472),
		.type_object = AT(480), .type_object_size = AT(480), .type_object_tp_name = AT(488),
		.type_object_tp_repr = AT(496), .type_object_tp_flags = AT(504),
		.type_object_tp_basicsize = AT(512), .type_object_tp_dictoffset = AT(520),
		.heap_type_object = AT(528), .heap_type_object_size = AT(528),
		.heap_type_object_ht_cached_keys = AT(536), .tuple_object = AT(544),
		.tuple_object_size = AT(544), .tuple_object_ob_item = AT(552),
		.tuple_object_ob_size = AT(560), .list_object = AT(568),
		.list_object_size = AT(568), .list_object_ob_item = AT(576),
		.list_object_ob_size = AT(584), .set_object = AT(592), .set_object_size = AT(592),
		.set_object_used = AT(600), .set_object_table = AT(608), .set_object_mask = AT(616),
		.dict_object = AT(624), .dict_object_size = AT(624), .dict_object_ma_keys = AT(632),
		.dict_object_ma_values = AT(640), .float_object = AT(648),
		.float_object_size = AT(648), .float_object_ob_fval = AT(656),
		.long_object = AT(664), .long_object_size = AT(664), .long_object_lv_tag = AT(672),
		.long_object_ob_digit = AT(680), .bytes_object = AT(688),
		.bytes_object_size = AT(688), .bytes_object_ob_size = AT(696),
		.bytes_object_ob_sval = AT(704), .unicode_object = AT(712),
		.unicode_object_size = AT(712), .unicode_object_state = AT(720),
		.unicode_object_length = AT(728), .unicode_object_asciiobject_size = AT(736),
		.unicode_object_compactunicodeobject_size = AT(744), .gc = AT(752),
		.gc_size = AT(752), .gc_collecting = AT(760), .gc_frame = AT(768),
		.gc_generation_stats_size = AT(776), .gc_generation_stats = AT(784),
		.gen_object = AT(792), .gen_object_size = AT(792), .gen_object_gi_name = AT(800),
		.gen_object_gi_iframe = AT(808), .gen_object_gi_frame_state = AT(816),
		.llist_node = AT(824), .llist_node_next = AT(824), .llist_node_prev = AT(832),
		.debugger_support = AT(840), .debugger_support_eval_breaker = AT(840),
		.debugger_support_remote_debugger_support = AT(848),
		.debugger_support_remote_debugging_enabled = AT(856),
		.debugger_support_debugger_pending_call = AT(864),
		.debugger_support_debugger_script_path = AT(872),
		.debugger_support_debugger_script_path_size = AT(880)
	},
	.PyObject = {
		.n_bytes = AT(16), .ob_refcnt = AT(0), .ob_type = AT(8), .ob_refcnt_full = AT(0),
		.ob_overflow = AT(4), .ob_flags = AT(6)
	},
	.PyVarObject = {
		.n_bytes = AT(24), .ob_size = AT(16)
	},
	.PyTypeObject = {
		.n_bytes = AT(424), .tp_name = AT(24), .tp_basicsize = AT(32),
		.tp_itemsize = AT(40), .tp_dealloc = AT(48), .tp_flags = AT(168), .tp_doc = AT(176),
		.tp_traverse = AT(184), .tp_weaklistoffset = AT(208), .tp_methods = AT(232),
		.tp_members = AT(240), .tp_getset = AT(248), .tp_base = AT(256), .tp_dict = AT(264),
		.tp_dictoffset = AT(288), .tp_free = AT(320), .tp_is_gc = AT(328),
		.tp_bases = AT(336), .tp_mro = AT(344), .tp_cache = AT(352),
		.tp_subclasses = AT(360), .tp_weaklist = AT(368), .tp_version_tag = AT(384),
		._tp_iteritem = AT(416)
	},
	.PyHeapTypeObject = {
		.n_bytes = AT(944), .ht_type = AT(0), .ht_name = AT(864), .ht_slots = AT(872),
		.ht_qualname = AT(880), .ht_cached_keys = AT(888), .ht_module = AT(896),
		._ht_tpname = AT(904), .ht_token = AT(912), ._spec_cache = AT(920)
	},
	.specialization_cache = {
		.n_bytes = AT(24), .getitem = AT(0), .getitem_version = AT(8), .init = AT(16)
	},
	.PyMemberDef = {
		.n_bytes = AT(40), .name = AT(0), .type = AT(8), .offset = AT(16), .flags = AT(24),
		.doc = AT(32)
	},
	.PyDictObject = {
		.n_bytes = AT(48), .ma_used = AT(16), ._ma_watcher_tag = AT(24), .ma_keys = AT(32),
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
		.n_bytes = AT(16), .capacity = AT(0), .size = AT(1), .embedded = AT(2),
		.valid = AT(3), .values = AT(8)
	},
	.PyDictViewObject = {
		.n_bytes = AT(24), .dv_dict = AT(16)
	},
	.PyASCIIObject = {
		.n_bytes = AT(40), .length = AT(16), .hash = AT(24), .state = AT(32),
		.state_interned = AT(32), .state_kind = AT(32), .state_compact = AT(32),
		.state_ascii = AT(32), .state_statically_allocated = AT(32)
	},
	.PyCompactUnicodeObject = {
		.n_bytes = AT(56), ._base = AT(0), .utf8_length = AT(40), .utf8 = AT(48)
	},
	.PyUnicodeObject = {
		.n_bytes = AT(64), ._base = AT(0), .data = AT(56)
	},
	.PyLongObject = {
		.n_bytes = AT(32), .long_value = AT(16), .long_value_lv_tag = AT(16),
		.long_value_ob_digit = AT(24)
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
		.n_bytes = AT(64), .ob_alloc = AT(24), .ob_bytes = AT(32), .ob_start = AT(40),
		.ob_exports = AT(48), .ob_bytes_object = AT(56)
	},
	.PyListObject = {
		.n_bytes = AT(40), .ob_item = AT(24), .allocated = AT(32)
	},
	.PyTupleObject = {
		.n_bytes = AT(40), .ob_hash = AT(24), .ob_item = AT(32)
	},
	.PySetObject = {
		.n_bytes = AT(200), .fill = AT(16), .used = AT(24), .mask = AT(32), .table = AT(40),
		.hash = AT(48), .finger = AT(56), .smalltable = AT(64), .weakreflist = AT(192)
	},
	.setentry = {
		.n_bytes = AT(16), .key = AT(0), .hash = AT(8)
	},
	.PyFunctionObject = {
		.n_bytes = AT(152), .func_code = AT(48), .func_globals = AT(16),
		.func_builtins = AT(24), .func_defaults = AT(56), .func_kwdefaults = AT(64),
		.func_closure = AT(72), .func_doc = AT(80), .func_name = AT(32),
		.func_dict = AT(88), .func_weakreflist = AT(96), .func_module = AT(104),
		.func_annotations = AT(112), .func_annotate = AT(120), .func_typeparams = AT(128),
		.func_qualname = AT(40), .vectorcall = AT(136), .func_version = AT(144)
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
		.n_bytes = AT(104), .md_dict = AT(16), .md_state = AT(24), .md_weaklist = AT(32),
		.md_name = AT(40), .md_token_is_def = AT(48), .md_state_size = AT(56),
		.md_state_traverse = AT(64), .md_state_clear = AT(72), .md_state_free = AT(80),
		.md_token = AT(88), .md_exec = AT(96)
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
		.n_bytes = AT(64), .pointer = AT(16), .name = AT(24), .context = AT(32),
		.destructor = AT(40), .traverse_func = AT(48), .clear_func = AT(56)
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
		.n_bytes = AT(56), .args = AT(16), .hashable_args = AT(24),
		.unhashable_args = AT(32), .parameters = AT(40), .weakreflist = AT(48)
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
		.n_bytes = AT(216), .co_argcount = AT(52), .co_posonlyargcount = AT(56),
		.co_kwonlyargcount = AT(60), .co_nlocals = AT(80), .co_ncellvars = AT(84),
		.co_nfreevars = AT(88), .co_version = AT(92), .co_localsplusnames = AT(96),
		.co_localspluskinds = AT(104), .co_stacksize = AT(64), .co_flags = AT(48),
		.co_firstlineno = AT(68), .co_nlocalsplus = AT(72), .co_framesize = AT(76),
		.co_consts = AT(24), .co_names = AT(32), .co_exceptiontable = AT(40),
		.co_filename = AT(112), .co_name = AT(120), .co_qualname = AT(128),
		.co_linetable = AT(136), .co_weakreflist = AT(144), .co_executors = AT(152),
		._co_cached = AT(160), ._co_instrumentation_version = AT(168),
		._co_monitoring = AT(176), ._co_unique_id = AT(184), ._co_firsttraceable = AT(192),
		.co_extra = AT(200), .co_code_adaptive = AT(208)
	},
	.PyCoCached = {
		.n_bytes = AT(32), ._co_code = AT(0), ._co_varnames = AT(8), ._co_cellvars = AT(16),
		._co_freevars = AT(24)
	},
	.PyGenObject = {
		.n_bytes = AT(160), .gi_weakreflist = AT(16), .gi_name = AT(24),
		.gi_qualname = AT(32), .gi_exc_state = AT(40), .gi_origin_or_finalizer = AT(56),
		.gi_hooks_inited = AT(64), .gi_closed = AT(65), .gi_running_async = AT(66),
		.gi_frame_state = AT(67), .gi_iframe = AT(72)
	},
	.PyCoroObject = {
		.n_bytes = AT(160), .cr_weakreflist = AT(16), .cr_name = AT(24),
		.cr_qualname = AT(32), .cr_exc_state = AT(40), .cr_origin_or_finalizer = AT(56),
		.cr_hooks_inited = AT(64), .cr_closed = AT(65), .cr_running_async = AT(66),
		.cr_frame_state = AT(67), .cr_iframe = AT(72)
	},
	.PyAsyncGenObject = {
		.n_bytes = AT(160), .ag_weakreflist = AT(16), .ag_name = AT(24),
		.ag_qualname = AT(32), .ag_exc_state = AT(40), .ag_origin_or_finalizer = AT(56),
		.ag_hooks_inited = AT(64), .ag_closed = AT(65), .ag_running_async = AT(66),
		.ag_frame_state = AT(67), .ag_iframe = AT(72)
	},
	.rangeobject = {
		.n_bytes = AT(48), .start = AT(16), .stop = AT(24), .step = AT(32), .length = AT(40)
	},
	.PyRangeIterObject = {
		.n_bytes = AT(40), .start = AT(16), .step = AT(24), .len = AT(32)
	},
	.longrangeiterobject = {
		.n_bytes = AT(40), .start = AT(16), .step = AT(24), .len = AT(32)
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
		.n_bytes = AT(40), .iters = AT(16), .func = AT(24), .strict = AT(32)
	},
	.filterobject = {
		.n_bytes = AT(32), .func = AT(16), .it = AT(24)
	},
	.lazyimportobject = {
		.n_bytes = AT(56), .lz_builtins = AT(16), .lz_from = AT(24), .lz_attr = AT(32),
		.lz_code = AT(40), .lz_instr_offset = AT(48), .lz_active = AT(52)
	},
	.templateobject = {
		.n_bytes = AT(32), .strings = AT(16), .interpolations = AT(24)
	},
	.interpolationobject = {
		.n_bytes = AT(48), .value = AT(16), .expression = AT(24), .conversion = AT(32),
		.format_spec = AT(40)
	},
	.typealiasobject = {
		.n_bytes = AT(64), .name = AT(16), .qualname = AT(24), .type_params = AT(32),
		.compute_value = AT(40), .value = AT(48), .module = AT(56)
	},
	.typevarobject = {
		.n_bytes = AT(80), .name = AT(16), .bound = AT(24), .evaluate_bound = AT(32),
		.constraints = AT(40), .evaluate_constraints = AT(48), .default_value = AT(56),
		.evaluate_default = AT(64), .covariant = AT(72), .contravariant = AT(73),
		.infer_variance = AT(74)
	},
	.anextawaitableobject = {
		.n_bytes = AT(32), .wrapped = AT(16), .default_value = AT(24)
	},
	.PyAsyncGenASend = {
		.n_bytes = AT(40), .ags_gen = AT(16), .ags_sendval = AT(24), .ags_state = AT(32)
	},
	.PyAsyncGenAThrow = {
		.n_bytes = AT(56), .agt_gen = AT(16), .agt_typ = AT(24), .agt_tb = AT(32),
		.agt_val = AT(40), .agt_state = AT(48)
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
		.n_bytes = AT(80), .fn = AT(16), .args = AT(24), .kw = AT(32), .dict = AT(40),
		.weakreflist = AT(48), .placeholder = AT(56), .phcount = AT(64),
		.vectorcall = AT(72)
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
		.n_bytes = AT(64), .name = AT(16), .args = AT(24), .kwds = AT(32),
		.vectorcall_args = AT(40), .vectorcall_kwnames = AT(48), .vectorcall = AT(56)
	},
	.chainobject = {
		.n_bytes = AT(32), .source = AT(16), .active = AT(24)
	},
	.cycleobject = {
		.n_bytes = AT(40), .it = AT(16), .saved = AT(24), .index = AT(32)
	},
	.repeatobject = {
		.n_bytes = AT(32), .element = AT(16), .cnt = AT(24)
	},
	.countobject = {
		.n_bytes = AT(40), .cnt = AT(16), .long_cnt = AT(24), .long_step = AT(32)
	},
	.accumulateobject = {
		.n_bytes = AT(56), .total = AT(16), .it = AT(24), .binop = AT(32),
		.initial = AT(40), .state = AT(48)
	},
	.teeobject = {
		.n_bytes = AT(48), .dataobj = AT(16), .index = AT(24), .weakreflist = AT(32),
		.state = AT(40)
	},
	.teedataobject = {
		.n_bytes = AT(496), .it = AT(16), .numread = AT(24), .running = AT(28),
		.nextlink = AT(32), .values = AT(40)
	},
	.groupbyobject = {
		.n_bytes = AT(72), .it = AT(16), .keyfunc = AT(24), .tgtkey = AT(32),
		.currkey = AT(40), .currvalue = AT(48), .currgrouper = AT(56), .state = AT(64)
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
	.batchedobject = {
		.n_bytes = AT(40), .it = AT(16), .batch_size = AT(24), .strict = AT(32)
	},
	.pairwiseobject = {
		.n_bytes = AT(40), .it = AT(16), .old = AT(24), .result = AT(32)
	},
	.fileio = {
		.n_bytes = AT(48), .fd = AT(16), .created = AT(20), .readable = AT(20),
		.writable = AT(20), .appending = AT(20), .seekable = AT(20), .truncate = AT(20),
		.closefd = AT(20), .finalizing = AT(21), .stat_atopen = AT(24),
		.weakreflist = AT(32), .dict = AT(40)
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
		.buf_size = AT(40), .state = AT(48), .writer = AT(56), .ok = AT(64),
		.closed = AT(65), .readuniversal = AT(66), .readtranslate = AT(67),
		.decoder = AT(72), .readnl = AT(80), .writenl = AT(88), .dict = AT(96),
		.weakreflist = AT(104), .module_state = AT(112)
	},
	.textio = {
		.n_bytes = AT(200), .ok = AT(16), .detached = AT(20), .chunk_size = AT(24),
		.buffer = AT(32), .encoding = AT(40), .encoder = AT(48), .decoder = AT(56),
		.readnl = AT(64), .errors = AT(72), .writenl = AT(80), .line_buffering = AT(88),
		.write_through = AT(89), .readuniversal = AT(90), .readtranslate = AT(91),
		.writetranslate = AT(92), .seekable = AT(93), .has_read1 = AT(94),
		.telling = AT(95), .finalizing = AT(96), .encodefunc = AT(104),
		.encoding_start_of_stream = AT(112), .decoded_chars = AT(120),
		.decoded_chars_used = AT(128), .pending_bytes = AT(136),
		.pending_bytes_count = AT(144), .snapshot = AT(152), .b2cratio = AT(160),
		.raw = AT(168), .weakreflist = AT(176), .dict = AT(184), .state = AT(192)
	},
	.nldecoder_object = {
		.n_bytes = AT(40), .decoder = AT(16), .errors = AT(24), .pendingcr = AT(32),
		.translate = AT(32), .seennl = AT(32)
	},
	.PatternObject = {
		.n_bytes = AT(104), .groups = AT(24), .groupindex = AT(32), .indexgroup = AT(40),
		.pattern = AT(48), .flags = AT(56), .weakreflist = AT(64), .isbytes = AT(72),
		.codesize = AT(88), .code = AT(96)
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
		.n_bytes = AT(72), .has_threads_waiting = AT(16), .buf = AT(24),
		.buf_get_idx = AT(32), .buf_items = AT(40), .buf_num_items = AT(56),
		.buf_items_cap = AT(48), .weakreflist = AT(64)
	},
	.lockobject = {
		.n_bytes = AT(24), .lock = AT(16)
	},
	.rlockobject = {
		.n_bytes = AT(40), .lock = AT(16)
	},
	.localobject = {
		.n_bytes = AT(56), .args = AT(16), .kw = AT(24), .weakreflist = AT(32),
		.localdicts = AT(40), .thread_watchdogs = AT(48)
	},
	.localdummyobject = {
		.n_bytes = AT(24), .weakreflist = AT(16)
	},
	.FutureObj = {
		.n_bytes = AT(112), .fut_loop = AT(16), .fut_callback0 = AT(24),
		.fut_context0 = AT(32), .fut_callbacks = AT(40), .fut_exception = AT(48),
		.fut_exception_tb = AT(56), .fut_result = AT(64), .fut_source_tb = AT(72),
		.fut_cancel_msg = AT(80), .fut_state = AT(104), .fut_is_task = AT(108),
		.fut_awaited_by_is_set = AT(109), .fut_log_tb = AT(110), .fut_blocking = AT(110),
		.fut_cancelled_exc = AT(88), .fut_awaited_by = AT(96)
	},
	.TaskObj = {
		.n_bytes = AT(168), .task_loop = AT(16), .task_callback0 = AT(24),
		.task_context0 = AT(32), .task_callbacks = AT(40), .task_exception = AT(48),
		.task_exception_tb = AT(56), .task_result = AT(64), .task_source_tb = AT(72),
		.task_cancel_msg = AT(80), .task_state = AT(104), .task_is_task = AT(108),
		.task_awaited_by_is_set = AT(109), .task_log_tb = AT(110), .task_blocking = AT(110),
		.task_must_cancel = AT(110), .task_log_destroy_pending = AT(110),
		.task_cancelled_exc = AT(88), .task_awaited_by = AT(96), .task_fut_waiter = AT(120),
		.task_coro = AT(128), .task_name = AT(136), .task_context = AT(144),
		.task_node = AT(152), .task_num_cancels_requested = AT(112)
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
		.n_bytes = AT(56), .sock_fd = AT(16), .sock_family = AT(20), .sock_type = AT(24),
		.sock_proto = AT(28), .sock_timeout = AT(40), .state = AT(48)
	},
	.PySSLContext = {
		.n_bytes = AT(120), .ctx = AT(16), .alpn_protocols = AT(24),
		.alpn_protocols_len = AT(32), .set_sni_cb = AT(40), .check_hostname = AT(48),
		.protocol = AT(52), .post_handshake_auth = AT(56), .msg_cb = AT(64),
		.keylog_filename = AT(72), .keylog_bio = AT(80), .state = AT(88),
		.psk_client_callback = AT(96), .psk_server_callback = AT(104),
		.tstate_mutex = AT(112)
	},
	.PySSLSocket = {
		.n_bytes = AT(72), .Socket = AT(16), .ssl = AT(24), .ctx = AT(32),
		.shutdown_seen_zero = AT(40), .socket_type = AT(44), .owner = AT(48),
		.server_hostname = AT(56), .got_eof_error = AT(64)
	},
	.PySSLMemoryBIO = {
		.n_bytes = AT(32), .bio = AT(16), .eof_written = AT(24)
	},
	.pysqlite_Connection = {
		.n_bytes = AT(208), .db = AT(16), .state = AT(24), .detect_types = AT(32),
		.isolation_level = AT(40), .autocommit = AT(48), .check_same_thread = AT(52),
		.initialized = AT(56), .thread_ident = AT(64), .statement_cache = AT(72),
		.blobs = AT(80), .row_factory = AT(88), .text_factory = AT(96),
		.trace_ctx = AT(104), .progress_ctx = AT(112), .authorizer_ctx = AT(120),
		.Warning = AT(128), .Error = AT(136), .InterfaceError = AT(144),
		.DatabaseError = AT(152), .DataError = AT(160), .OperationalError = AT(168),
		.IntegrityError = AT(176), .InternalError = AT(184), .ProgrammingError = AT(192),
		.NotSupportedError = AT(200)
	},
	.pysqlite_Cursor = {
		.n_bytes = AT(104), .connection = AT(16), .description = AT(24),
		.row_cast_map = AT(32), .arraysize = AT(40), .lastrowid = AT(48),
		.rowcount = AT(56), .row_factory = AT(64), .statement = AT(72), .closed = AT(80),
		.locked = AT(84), .initialized = AT(88), .in_weakreflist = AT(96)
	},
	.pysqlite_Statement = {
		.n_bytes = AT(32), .st = AT(16), .is_dml = AT(24)
	},
	.pysqlite_Row = {
		.n_bytes = AT(32), .data = AT(16), .description = AT(24)
	},
	.PyStructObject = {
		.n_bytes = AT(64), .s_size = AT(16), .s_len = AT(24), .s_codes = AT(32),
		.s_format = AT(40), .weakreflist = AT(48), .init_called = AT(56)
	},
	.CDataObject = {
		.n_bytes = AT(96), .b_ptr = AT(16), .b_needsfree = AT(24), .b_base = AT(32),
		.b_size = AT(40), .b_length = AT(48), .b_index = AT(56), .b_objects = AT(64),
		.b_value = AT(80)
	},
	.mmap_object = {
		.n_bytes = AT(80), .data = AT(16), .size = AT(24), .pos = AT(32), .offset = AT(40),
		.exports = AT(48), .fd = AT(56), .trackfd = AT(76), .flags = AT(60),
		.weakreflist = AT(64), .access = AT(72)
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
		.n_bytes = AT(152), .memo = AT(16), .persistent_id = AT(24),
		.persistent_id_attr = AT(32), .dispatch_table = AT(40), .reducer_override = AT(48),
		.write = AT(56), .output_buffer = AT(64), .output_len = AT(72),
		.max_output_len = AT(80), .proto = AT(88), .bin = AT(92), .framing = AT(96),
		.frame_start = AT(104), .buf_size = AT(112), .fast = AT(120),
		.fast_nesting = AT(124), .fix_imports = AT(128), .running = AT(132),
		.fast_memo = AT(136), .buffer_callback = AT(144)
	},
	.UnpicklerObject = {
		.n_bytes = AT(304), .stack = AT(16), .memo = AT(24), .memo_size = AT(32),
		.memo_len = AT(40), .memo_dict = AT(48), .persistent_load = AT(56),
		.persistent_load_attr = AT(64), .buffer = AT(72), .buffer_obj = AT(80),
		.input_buffer = AT(152), .input_line = AT(160), .input_len = AT(168),
		.next_read_idx = AT(176), .prefetched_idx = AT(184), .frame_end = AT(192),
		.saved_input_len = AT(200), .read = AT(208), .readinto = AT(216),
		.readline = AT(224), .peek = AT(232), .buffers = AT(240), .encoding = AT(248),
		.errors = AT(256), .marks = AT(264), .num_marks = AT(272), .marks_size = AT(280),
		.proto = AT(288), .fix_imports = AT(292), .running = AT(296)
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
		.unconsumed_tail = AT(136), .eof = AT(144), .is_initialised = AT(145),
		.zdict = AT(152), .mutex = AT(160)
	},
	.BZ2Compressor = {
		.n_bytes = AT(104), .bzs = AT(16), .bzs_state = AT(64), .flushed = AT(96),
		.mutex = AT(100)
	},
	.EVPobject = {
		.n_bytes = AT(32), .ctx = AT(24), .mutex = AT(16)
	},
	.ReaderObj = {
		.n_bytes = AT(88), .input_iter = AT(16), .dialect = AT(24), .fields = AT(32),
		.field = AT(48), .state = AT(40), .field_size = AT(56), .field_len = AT(64),
		.unquoted_field = AT(72), .line_num = AT(80)
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
	.obmalloc_state = {
		.n_bytes = AT(263248), .pools = AT(0), .pools_used = AT(0), .mgmt = AT(512),
		.mgmt_arenas = AT(512), .mgmt_maxarenas = AT(520),
		.mgmt_unused_arena_objects = AT(528), .mgmt_usable_arenas = AT(536),
		.mgmt_nfp2lasta = AT(544), .mgmt_narenas_currently_allocated = AT(1064),
		.mgmt_ntimes_arena_allocated = AT(1072), .mgmt_narenas_highwater = AT(1080),
		.mgmt_raw_allocated_blocks = AT(1088), .usage = AT(1096),
		.usage_arena_map_root = AT(1096), .usage_arena_map_mid_count = AT(263240),
		.usage_arena_map_bot_count = AT(263244)
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
	.pymem_allocators = {
		.n_bytes = AT(304), .mutex = AT(0), .mutex__bits = AT(0), .standard = AT(8),
		.standard_raw = AT(8), .standard_mem = AT(48), .standard_obj = AT(88),
		.debug = AT(128), .debug_raw = AT(128), .debug_mem = AT(176), .debug_obj = AT(224),
		.is_debug_enabled = AT(272), .use_hugepages = AT(276), .obj_arena = AT(280),
		.obj_arena_ctx = AT(280), .obj_arena_alloc = AT(288), .obj_arena_free = AT(296)
	},
	.types_state = {
		.n_bytes = AT(141336), .next_version_tag = AT(0), .type_cache = AT(8),
		.type_cache_hashtable = AT(8), .builtins = AT(98312),
		.builtins_num_initialized = AT(98312), .builtins_initialized = AT(98320),
		.for_extensions = AT(108064), .for_extensions_num_initialized = AT(108064),
		.for_extensions_next_index = AT(108072), .for_extensions_initialized = AT(108080),
		.mutex = AT(108560), .mutex__bits = AT(108560), .type_version_cache = AT(108568)
	},
	.managed_static_type_state = {
		.n_bytes = AT(48), .type = AT(0), .isbuiltin = AT(8), .readying = AT(12),
		.ready = AT(16), .tp_dict = AT(24), .tp_subclasses = AT(32), .tp_weaklist = AT(40)
	},
	.type_cache_entry = {
		.n_bytes = AT(24), .version = AT(0), .name = AT(8), .value = AT(16)
	},
	.Py_interp_cached_objects = {
		.n_bytes = AT(88), .interned_strings = AT(0), .objreduce = AT(8),
		.generic_type = AT(16), .typevar_type = AT(24), .typevartuple_type = AT(32),
		.paramspec_type = AT(40), .paramspecargs_type = AT(48),
		.paramspeckwargs_type = AT(56), .constevaluator_type = AT(64),
		.dict_descriptor = AT(72), .weakref_descriptor = AT(80)
	},
	.Py_freelists = {
		.n_bytes = AT(656), .floats = AT(0), .complexes = AT(16), .ints = AT(32),
		.tuples = AT(48), .lists = AT(368), .list_iters = AT(384), .tuple_iters = AT(400),
		.dicts = AT(416), .dictkeys = AT(432), .slices = AT(448), .ranges = AT(464),
		.range_iters = AT(480), .contexts = AT(496), .async_gens = AT(512),
		.async_gen_asends = AT(528), .futureiters = AT(544), .object_stack_chunks = AT(560),
		.unicode_writers = AT(576), .bytes_writers = AT(592), .pycfunctionobject = AT(608),
		.pycmethodobject = AT(624), .pymethodobjects = AT(640)
	},
	.Py_freelist = {
		.n_bytes = AT(16), .freelist = AT(0), .size = AT(8)
	},
	.Py_dict_state = {
		.n_bytes = AT(72), .next_keys_version = AT(0), .watcher_mutex = AT(4),
		.watcher_setup_once = AT(5), .watchers = AT(8)
	},
	.Py_hashtable_t = {
		.n_bytes = AT(80), .nentries = AT(0), .nbuckets = AT(8), .buckets = AT(16),
		.get_entry_func = AT(24), .hash_func = AT(32), .compare_func = AT(40),
		.key_destroy_func = AT(48), .value_destroy_func = AT(56), .alloc = AT(64)
	},
	.mi_heap_t = {
		.n_bytes = AT(3096), .tld = AT(0), .pages_free_direct = AT(256), .pages = AT(1296),
		.thread_delayed_free = AT(8), .thread_id = AT(16), .arena_id = AT(24),
		.cookie = AT(32), .keys = AT(40), .random = AT(56), .page_count = AT(192),
		.page_retired_min = AT(200), .page_retired_max = AT(208),
		.pages_full_size = AT(216), .generic_count = AT(224),
		.generic_collect_count = AT(232), .next = AT(240), .no_reclaim = AT(248),
		.tag = AT(249), .debug_offset = AT(250), .page_use_qsbr = AT(251)
	},
	.mi_page_t = {
		.n_bytes = AT(112), .slice_count = AT(0), .slice_offset = AT(4),
		.is_committed = AT(8), .is_zero_init = AT(8), .is_huge = AT(8), .use_qsbr = AT(36),
		.debug_offset = AT(37), .block_size = AT(40), .page_start = AT(48),
		.capacity = AT(10), .reserved = AT(12), .flags = AT(14), .free_is_zero = AT(15),
		.retire_expire = AT(15), .free = AT(16), .used = AT(32), .block_size_shift = AT(34),
		.heap_tag = AT(35), .local_free = AT(24), .xthread_free = AT(72), .xheap = AT(80),
		.next = AT(88), .prev = AT(96), .padding = AT(104)
	},
	.mi_page_queue_t = {
		.n_bytes = AT(24), .first = AT(0), .last = AT(8), .block_size = AT(16)
	},
	.mi_segment_t = {
		.n_bytes = AT(57744), .memid = AT(0), .allow_decommit = AT(24),
		.allow_purge = AT(25), .segment_size = AT(32), .subproc = AT(40),
		.purge_expire = AT(48), .purge_mask = AT(56), .commit_mask = AT(120),
		.next = AT(184), .was_reclaimed = AT(192), .dont_free = AT(193),
		.free_is_zero = AT(194), .abandoned = AT(200), .abandoned_visits = AT(208),
		.used = AT(216), .cookie = AT(224), .abandoned_os_next = AT(232),
		.abandoned_os_prev = AT(240), .segment_slices = AT(248),
		.segment_info_slices = AT(256), .kind = AT(264), .slice_entries = AT(272),
		.thread_id = AT(280), .slices = AT(288)
	},
	.mi_segments_tld_t = {
		.n_bytes = AT(920), .spans = AT(0), .count = AT(864), .peak_count = AT(872),
		.current_size = AT(880), .peak_size = AT(888), .reclaim_count = AT(896),
		.subproc = AT(904), .stats = AT(912)
	},
	.mi_memid_t = {
		.n_bytes = AT(24), .mem = AT(0), .mem_os = AT(0), .mem_arena = AT(0),
		.is_pinned = AT(16), .initially_committed = AT(17), .initially_zero = AT(18),
		.memkind = AT(20)
	},
	.qsbr_shared = {
		.n_bytes = AT(56), .wr_seq = AT(0), .rd_seq = AT(8), .array = AT(16),
		.array_raw = AT(24), .size = AT(32), .mutex = AT(40), .freelist = AT(48)
	},
	.qsbr_thread_state = {
		.n_bytes = AT(64), .seq = AT(0), .shared = AT(8), .tstate = AT(16),
		.deferred_count = AT(24), .deferred_memory = AT(32), .deferred_page_memory = AT(40),
		.should_process = AT(48), .allocated = AT(49), .freelist_next = AT(56)
	},
	.llist_node = {
		.n_bytes = AT(16), .next = AT(0), .prev = AT(8)
	},
	.Py_static_objects = {
		.n_bytes = AT(106104), .singletons = AT(0), .singletons_small_ints = AT(0),
		.singletons_bytes_empty = AT(32960), .singletons_bytes_characters = AT(33000),
		.singletons_strings = AT(45288), .singletons__tuple_empty_gc_not_used = AT(105976),
		.singletons_tuple_empty = AT(105992),
		.singletons__hamt_bitmap_node_empty_gc_not_used = AT(106032),
		.singletons_hamt_bitmap_node_empty = AT(106048),
		.singletons_context_token_missing = AT(106088)
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
		.n_bytes = AT(40), .typecode = AT(0), .itemsize = AT(4)
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
		.n_bytes = AT(272), .pattern = AT(16)
	},
	.TemplateObject = {
		.n_bytes = AT(40), .chunks = AT(24), .literal = AT(32), .items = AT(40)
	},
	.ThreadHandleObject = {
		.n_bytes = AT(24), .handle = AT(16)
	},
	.paramspecobject = {
		.n_bytes = AT(56), .name = AT(16), .bound = AT(24), .default_value = AT(32),
		.evaluate_default = AT(40)
	},
	.typevartupleobject = {
		.n_bytes = AT(56), .name = AT(16), .bound = AT(24), .default_value = AT(32),
		.evaluate_default = AT(40)
	},
	.paramspecattrobject = {
		.n_bytes = AT(24), .__origin__ = AT(16)
	},
	.constevaluatorobject = {
		.n_bytes = AT(24), .value = AT(16)
	},
	.sentinelobject = {
		.n_bytes = AT(40), .name = AT(16), .module = AT(24), .repr = AT(32)
	},
	.ScandirIterator = {
		.n_bytes = AT(128), .path_object = AT(96), .path_cleanup = AT(104), .dirp = AT(112)
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
		.n_bytes = AT(32), .callable = AT(0), .module = AT(8)
	},
	.PyDecContextObject = {
		.n_bytes = AT(104), .traps = AT(64), .flags = AT(72)
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
		.n_bytes = AT(80), .proto = AT(40), .name = AT(72)
	},
	.PyCArgObject = {
		.n_bytes = AT(80), .obj = AT(64)
	},
	.StgInfo = {
		.n_bytes = AT(168), .initialized = AT(0), .length = AT(24), .ndim = AT(152),
		.ffi_type_pointer_elements = AT(48), .proto = AT(56), .argtypes = AT(88),
		.converters = AT(96), .restype = AT(104), .checker = AT(112), .module = AT(128),
		.pointer_type = AT(120), .format = AT(144), .shape = AT(160)
	},
	.TreeBuilderObject = {
		.n_bytes = AT(168), .root = AT(16), .this = AT(24), .last = AT(32),
		.last_for_tail = AT(40), .data = AT(48), .stack = AT(56), .index = AT(64),
		.element_factory = AT(72), .comment_factory = AT(80), .pi_factory = AT(88),
		.events_append = AT(96), .start_event_obj = AT(104), .end_event_obj = AT(112),
		.start_ns_event_obj = AT(120), .end_ns_event_obj = AT(128),
		.comment_event_obj = AT(136), .pi_event_obj = AT(144)
	},
	.XMLParserObject = {
		.n_bytes = AT(136), .parser = AT(16), .target = AT(24), .entity = AT(32),
		.names = AT(40), .handle_start_ns = AT(48), .handle_end_ns = AT(56),
		.handle_start = AT(64), .handle_data = AT(72), .handle_end = AT(80),
		.handle_comment = AT(88), .handle_pi = AT(96), .handle_doctype = AT(104),
		.handle_close = AT(112), .elementtree_module = AT(128)
	},
	.xmlparseobject = {
		.n_bytes = AT(88), .itself = AT(16), .parent = AT(24), .buffer = AT(48),
		.intern = AT(72), .handlers = AT(80)
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
		.array_hook = AT(40), .parse_float = AT(48), .parse_int = AT(56),
		.parse_constant = AT(64)
	},
	.BZ2Decompressor = {
		.n_bytes = AT(152), .bzs_state = AT(64), .unused_data = AT(104),
		.input_buffer = AT(120)
	},
	.Compressor = {
		.n_bytes = AT(184), .lzs_internal = AT(96)
	},
	.Decompressor = {
		.n_bytes = AT(224), .lzs_internal = AT(96), .unused_data = AT(184),
		.input_buffer = AT(200)
	},
	.ZstdCompressor = {
		.n_bytes = AT(56), .cctx = AT(16), .dict = AT(24)
	},
	.ZstdDecompressor = {
		.n_bytes = AT(80), .dctx = AT(16), .dict = AT(24), .unused_data = AT(64),
		.input_buffer = AT(32)
	},
	.ZstdDict = {
		.n_bytes = AT(56), .d_dict = AT(16), .c_dicts = AT(24), .dict_buffer = AT(32)
	},
	.HMACobject = {
		.n_bytes = AT(40), .ctx = AT(24)
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
		.n_bytes = AT(80), .profilerEntries = AT(16), .currentProfilerContext = AT(24),
		.freelistProfilerContext = AT(32), .externalTimer = AT(48), .missing = AT(72)
	},
};

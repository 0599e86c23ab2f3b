/*
 * Made by tools/layouts/header.py from tools/layouts/structs.txt; do not edit.
 *
 * Where the members of CPython's structs lie in one build: a nested struct for
 * each struct of CPython, a number for each member: its offset in bytes, or
 * LAYOUT_ABSENT where the build does not have it (n_bytes: sizeof, absent with
 * the struct). Names are CPython's own without the underscores in front of
 * struct names; a member of a nested struct is written with an underscore for
 * the dot. The offset of a bit-field is that of the byte its first bit lies in.
 */
#ifndef WHYMEM_LAYOUT_H
#define WHYMEM_LAYOUT_H

#include <stdint.h>

#define LAYOUT_ABSENT UINT32_MAX

struct layout {
	struct {
		uint32_t n_bytes, debug_offsets, _initialized, initialized, _finalizing,
		interpreters, interpreters_mutex, interpreters_head, interpreters_main,
		interpreters_next_id, allocators_standard, allocators_debug,
		allocators_is_debug_enabled, allocators_use_hugepages, allocators_obj_arena,
		obmalloc, main_thread, main_tstate, ceval, gilstate_tstate_current,
		gilstate_autoInterpreterState, static_objects, cached_objects_interned_strings,
		audit_hook_head, global_objects, _main_interpreter;
	} PyRuntimeState;
	struct {
		uint32_t n_bytes, next, threads, threads_head, threads_preallocated,
		threads_main, tstate_head, id, ceval, ceval_gil, ceval_own_gil, imports,
		imports_modules, imports_modules_by_index, imports_importlib,
		imports_import_func, imports_lazy_import_func, imports_lazy_imports_mode,
		imports_lazy_imports_filter, imports_lazy_modules,
		imports_lazy_pending_submodules, _gil, _code_object_generation, codecs,
		codecs_search_path, codecs_search_cache, codecs_error_registry,
		codecs_initialized, gc, gc_generations, gc_generation0, gc_permanent_generation,
		gc_collecting, gc_garbage, gc_callbacks, gc_heap_size, gc_long_lived_total,
		modules, modules_by_index, sysdict, builtins, importlib, codec_search_path,
		codec_search_cache, codec_error_registry, unicode, float_state, func_state,
		code_state, slice_cache, tuple, list, dict_state, async_gen, context, exc_state,
		mem_free_queue, types, type_cache, common_consts, executor_blooms,
		executor_ptrs, executor_count, executor_capacity, executor_list_head,
		executor_deletion_list_head, cold_executor, cold_dynamic_executor,
		executor_creation_counter, executor_deletion_list_remaining_capacity,
		monitoring_callables, monitoring_tool_names, cached_objects, static_objects,
		config, dict, sysdict_copy, builtins_copy, xi, before_forkers,
		after_forkers_parent, after_forkers_child, pyexitmodule, warnings, atexit,
		stoptheworld, qsbr, asyncio_tasks_head, asyncio_tasks_lock, obmalloc,
		obmalloc_pools, obmalloc_mgmt, obmalloc_usage, audit_hooks, object_state,
		_initial_thread;
	} PyInterpreterState;
	struct {
		uint32_t n_bytes, trash_delete_later, trash_delete_nesting, enabled, debug,
		generations, generation0, permanent_generation, generation_stats, collecting,
		frame, garbage, callbacks, heap_size, dummy1, dummy2, dummy3, long_lived_total,
		long_lived_pending;
	} gc_runtime_state;
	struct {
		uint32_t n_bytes, head, head__gc_next, head__gc_prev, threshold, count;
	} gc_generation;
	struct {
		uint32_t n_bytes, _gc_next, _gc_prev;
	} PyGC_Head;
	struct {
		uint32_t n_bytes, prev, next, interp, eval_breaker, _status, _whence, state,
		holds_gil, gil_requested, frame, current_frame, base_frame, last_profiled_frame,
		cframe, c_profileobj, c_traceobj, current_exception, curexc_type, curexc_value,
		curexc_traceback, exc_state, exc_state_exc_type, exc_state_exc_value,
		exc_state_exc_traceback, current_executor, jit_exit, previous_executor,
		threading_local_key, threading_local_sentinel, remote_debugger_support,
		remote_debugger_support_debugger_pending_call,
		remote_debugger_support_debugger_script_path, ensure, ensure_counter,
		ensure_delete_on_release, ensure_owned_guard, datastack_cached_chunk, exc_info,
		dict, async_exc, thread_id, native_thread_id, delete_later, critical_section,
		trash, trash_delete_nesting, trash_delete_later, async_gen_firstiter,
		async_gen_finalizer, context, datastack_chunk, datastack_top, datastack_limit,
		root_cframe, root_cframe_current_frame, root_cframe_previous;
	} PyThreadState;
	struct {
		uint32_t n_bytes, base_frame, refcount, c_stack_top, c_stack_soft_limit,
		c_stack_hard_limit, asyncio_running_loop, asyncio_running_task,
		generator_return_kind, asyncio_tasks_head, qsbr, mem_free_queue,
		jit_tracer_state, lazy_imports, c_stack_init_base, c_stack_init_top;
	} PyThreadStateImpl;
	struct {
		uint32_t n_bytes, use_tracing, current_frame, previous;
	} PyCFrame;
	struct {
		uint32_t n_bytes, use_tracing, previous;
	} CFrame;
	struct {
		uint32_t n_bytes, f_executable, f_func, f_globals, f_builtins, f_locals, f_code,
		frame_obj, instr_ptr, stackpointer, previous, f_funcobj, prev_instr, stacktop,
		return_offset, is_entry, owner, visited, localsplus;
	} PyInterpreterFrame;
	struct {
		uint32_t n_bytes, f_back, f_frame, f_code, f_builtins, f_globals, f_locals,
		f_valuestack, f_stacktop, f_trace, f_stackdepth, f_trace_lines, f_trace_opcodes,
		f_extra_locals, f_locals_cache, f_overwritten_fast_locals, f_fast_as_locals,
		_f_frame_data, f_gen, f_lasti, f_lineno, f_iblock, f_state, f_executing,
		f_localsplus;
	} PyFrameObject;
	struct {
		uint32_t n_bytes, previous, size, top, data;
	} PyStackChunk;
	struct {
		uint32_t n_bytes, exc_type, exc_value, exc_traceback, previous_item;
	} PyErr_StackItem;
	struct {
		uint32_t n_bytes, cookie, version, free_threaded, runtime_state,
		runtime_state_size, runtime_state_finalizing, runtime_state_interpreters_head,
		interpreter_state, interpreter_state_size, interpreter_state_id,
		interpreter_state_next, interpreter_state_threads_head,
		interpreter_state_threads_main, interpreter_state_gc,
		interpreter_state_imports_modules, interpreter_state_sysdict,
		interpreter_state_builtins, interpreter_state_ceval_gil,
		interpreter_state_gil_runtime_state,
		interpreter_state_gil_runtime_state_enabled,
		interpreter_state_gil_runtime_state_locked,
		interpreter_state_gil_runtime_state_holder,
		interpreter_state_code_object_generation, interpreter_state_tlbc_generation,
		thread_state, thread_state_size, thread_state_prev, thread_state_next,
		thread_state_interp, thread_state_current_frame, thread_state_base_frame,
		thread_state_last_profiled_frame, thread_state_last_profiled_frame_seq,
		thread_state_thread_id, thread_state_native_thread_id,
		thread_state_datastack_chunk, thread_state_status, thread_state_holds_gil,
		thread_state_gil_requested, thread_state_current_exception,
		thread_state_exc_state, err_stackitem, err_stackitem_exc_value,
		interpreter_frame, interpreter_frame_size, interpreter_frame_previous,
		interpreter_frame_executable, interpreter_frame_instr_ptr,
		interpreter_frame_localsplus, interpreter_frame_owner,
		interpreter_frame_stackpointer, interpreter_frame_tlbc_index, code_object,
		code_object_size, code_object_filename, code_object_name, code_object_qualname,
		code_object_linetable, code_object_firstlineno, code_object_argcount,
		code_object_localsplusnames, code_object_localspluskinds,
		code_object_co_code_adaptive, code_object_co_tlbc, pyobject, pyobject_size,
		pyobject_ob_type, type_object, type_object_size, type_object_tp_name,
		type_object_tp_repr, type_object_tp_flags, type_object_tp_basicsize,
		type_object_tp_dictoffset, heap_type_object, heap_type_object_size,
		heap_type_object_ht_cached_keys, tuple_object, tuple_object_size,
		tuple_object_ob_item, tuple_object_ob_size, list_object, list_object_size,
		list_object_ob_item, list_object_ob_size, set_object, set_object_size,
		set_object_used, set_object_table, set_object_mask, dict_object,
		dict_object_size, dict_object_ma_keys, dict_object_ma_values, float_object,
		float_object_size, float_object_ob_fval, long_object, long_object_size,
		long_object_lv_tag, long_object_ob_digit, bytes_object, bytes_object_size,
		bytes_object_ob_size, bytes_object_ob_sval, unicode_object, unicode_object_size,
		unicode_object_state, unicode_object_length, unicode_object_asciiobject_size,
		unicode_object_compactunicodeobject_size, gc, gc_size, gc_collecting, gc_frame,
		gc_generation_stats_size, gc_generation_stats, gen_object, gen_object_size,
		gen_object_gi_name, gen_object_gi_iframe, gen_object_gi_frame_state, llist_node,
		llist_node_next, llist_node_prev, debugger_support,
		debugger_support_eval_breaker, debugger_support_remote_debugger_support,
		debugger_support_remote_debugging_enabled,
		debugger_support_debugger_pending_call, debugger_support_debugger_script_path,
		debugger_support_debugger_script_path_size;
	} Py_DebugOffsets;
	struct {
		uint32_t n_bytes, ob_refcnt, ob_type, ob_refcnt_full, ob_overflow, ob_flags,
		ob_refcnt_split;
	} PyObject;
	struct {
		uint32_t n_bytes, ob_size;
	} PyVarObject;
	struct {
		uint32_t n_bytes, tp_name, tp_basicsize, tp_itemsize, tp_dealloc, tp_flags,
		tp_doc, tp_traverse, tp_weaklistoffset, tp_methods, tp_members, tp_getset,
		tp_base, tp_dict, tp_dictoffset, tp_free, tp_is_gc, tp_bases, tp_mro, tp_cache,
		tp_subclasses, tp_weaklist, tp_version_tag, _tp_iteritem;
	} PyTypeObject;
	struct {
		uint32_t n_bytes, ht_type, ht_name, ht_slots, ht_qualname, ht_cached_keys,
		ht_module, _ht_tpname, ht_token, _spec_cache;
	} PyHeapTypeObject;
	struct {
		uint32_t n_bytes, getitem, getitem_version, init;
	} specialization_cache;
	struct {
		uint32_t n_bytes, name, type, offset, flags, doc;
	} PyMemberDef;
	struct {
		uint32_t n_bytes, ma_used, _ma_watcher_tag, ma_version_tag, ma_keys, ma_values;
	} PyDictObject;
	struct {
		uint32_t n_bytes, dk_refcnt, dk_log2_size, dk_log2_index_bytes, dk_kind,
		dk_version, dk_size, dk_lookup, dk_usable, dk_nentries, dk_indices;
	} PyDictKeysObject;
	struct {
		uint32_t n_bytes, me_hash, me_key, me_value;
	} PyDictKeyEntry;
	struct {
		uint32_t n_bytes, me_key, me_value;
	} PyDictUnicodeEntry;
	struct {
		uint32_t n_bytes, capacity, size, embedded, valid, values;
	} PyDictValues;
	struct {
		uint32_t n_bytes, dv_dict;
	} PyDictViewObject;
	struct {
		uint32_t n_bytes, length, hash, state, state_interned, state_kind,
		state_compact, state_ascii, state_statically_allocated, state_ready, wstr;
	} PyASCIIObject;
	struct {
		uint32_t n_bytes, _base, utf8_length, utf8, wstr_length;
	} PyCompactUnicodeObject;
	struct {
		uint32_t n_bytes, _base, data;
	} PyUnicodeObject;
	struct {
		uint32_t n_bytes, long_value, long_value_lv_tag, long_value_ob_digit, ob_digit;
	} PyLongObject;
	struct {
		uint32_t n_bytes, ob_fval;
	} PyFloatObject;
	struct {
		uint32_t n_bytes, cval;
	} PyComplexObject;
	struct {
		uint32_t n_bytes, ob_shash, ob_sval;
	} PyBytesObject;
	struct {
		uint32_t n_bytes, ob_alloc, ob_bytes, ob_start, ob_exports, ob_bytes_object;
	} PyByteArrayObject;
	struct {
		uint32_t n_bytes, ob_item, allocated;
	} PyListObject;
	struct {
		uint32_t n_bytes, ob_hash, ob_item;
	} PyTupleObject;
	struct {
		uint32_t n_bytes, fill, used, mask, table, hash, finger, smalltable,
		weakreflist;
	} PySetObject;
	struct {
		uint32_t n_bytes, key, hash;
	} setentry;
	struct {
		uint32_t n_bytes, func_code, func_globals, func_builtins, func_defaults,
		func_kwdefaults, func_closure, func_doc, func_name, func_dict, func_weakreflist,
		func_module, func_annotations, func_annotate, func_typeparams, func_qualname,
		vectorcall, func_version;
	} PyFunctionObject;
	struct {
		uint32_t n_bytes, im_func, im_self, im_weakreflist, vectorcall;
	} PyMethodObject;
	struct {
		uint32_t n_bytes, m_ml, m_self, m_module, m_weakreflist, vectorcall;
	} PyCFunctionObject;
	struct {
		uint32_t n_bytes, ob_ref;
	} PyCellObject;
	struct {
		uint32_t n_bytes, md_dict, md_def, md_state, md_weaklist, md_name,
		md_token_is_def, md_state_size, md_state_traverse, md_state_clear,
		md_state_free, md_token, md_exec;
	} PyModuleObject;
	struct {
		uint32_t n_bytes, m_base, m_name, m_doc, m_size, m_methods, m_slots, m_traverse,
		m_clear, m_free;
	} PyModuleDef;
	struct {
		uint32_t n_bytes, wr_object, wr_callback, hash, wr_prev, wr_next, vectorcall;
	} PyWeakReference;
	struct {
		uint32_t n_bytes, start, stop, step;
	} PySliceObject;
	struct {
		uint32_t n_bytes, mbuf, hash, flags, exports, view, weakreflist, ob_array;
	} PyMemoryViewObject;
	struct {
		uint32_t n_bytes, flags, exports, master;
	} PyManagedBufferObject;
	struct {
		uint32_t n_bytes, buf, obj, len, itemsize, readonly, ndim, format, shape,
		strides, suboffsets, internal;
	} Py_buffer;
	struct {
		uint32_t n_bytes, d_type, d_name, d_qualname;
	} PyDescrObject;
	struct {
		uint32_t n_bytes, d_common, d_member;
	} PyMemberDescrObject;
	struct {
		uint32_t n_bytes, d_common, d_getset;
	} PyGetSetDescrObject;
	struct {
		uint32_t n_bytes, d_common, d_method, vectorcall;
	} PyMethodDescrObject;
	struct {
		uint32_t n_bytes, d_common, d_base, d_wrapped;
	} PyWrapperDescrObject;
	struct {
		uint32_t n_bytes, dict, args, notes, traceback, context, cause,
		suppress_context;
	} PyBaseExceptionObject;
	struct {
		uint32_t n_bytes, tb_next, tb_frame, tb_lasti, tb_lineno;
	} PyTracebackObject;
	struct {
		uint32_t n_bytes, pointer, name, context, destructor, traverse_func, clear_func;
	} PyCapsule;
	struct {
		uint32_t n_bytes, od_dict, od_first, od_last, od_fast_nodes, od_fast_nodes_size,
		od_resize_sentinel, od_state, od_inst_dict, od_weakreflist;
	} PyODictObject;
	struct {
		uint32_t n_bytes, key, hash, next, prev;
	} ODictNode;
	struct {
		uint32_t n_bytes, prop_get, prop_set, prop_del, prop_doc, prop_name, getter_doc;
	} propertyobject;
	struct {
		uint32_t n_bytes, cm_callable, cm_dict;
	} classmethod;
	struct {
		uint32_t n_bytes, sm_callable, sm_dict;
	} staticmethod;
	struct {
		uint32_t n_bytes, type, obj, obj_type;
	} superobject;
	struct {
		uint32_t n_bytes, mapping;
	} mappingproxyobject;
	struct {
		uint32_t n_bytes, descr, self;
	} wrapperobject;
	struct {
		uint32_t n_bytes, origin, args, parameters, weakreflist, starred, vectorcall;
	} gaobject;
	struct {
		uint32_t n_bytes, args, hashable_args, unhashable_args, parameters, weakreflist;
	} unionobject;
	struct {
		uint32_t n_bytes, ns_dict;
	} PyNamespaceObject;
	struct {
		uint32_t n_bytes, ctx_prev, ctx_vars, ctx_weakreflist, ctx_entered;
	} PyContext;
	struct {
		uint32_t n_bytes, var_name, var_default, var_cached, var_cached_tsid,
		var_cached_tsver, var_hash;
	} PyContextVar;
	struct {
		uint32_t n_bytes, tok_ctx, tok_var, tok_oldval, tok_used;
	} PyContextToken;
	struct {
		uint32_t n_bytes, h_root, h_weakreflist, h_count;
	} PyHamtObject;
	struct {
		uint32_t n_bytes, b_bitmap, b_array;
	} PyHamtNode_Bitmap;
	struct {
		uint32_t n_bytes, a_array, a_count;
	} PyHamtNode_Array;
	struct {
		uint32_t n_bytes, c_hash, c_array;
	} PyHamtNode_Collision;
	struct {
		uint32_t n_bytes, func, mm_class;
	} PyCMethodObject;
	struct {
		uint32_t n_bytes, co_argcount, co_posonlyargcount, co_kwonlyargcount,
		co_nlocals, co_nplaincellvars, co_ncellvars, co_nfreevars, co_version,
		co_localsplusnames, co_localspluskinds, co_stacksize, co_flags, co_warmup,
		_co_linearray_entry_size, co_firstlineno, co_nlocalsplus, co_framesize, co_code,
		co_consts, co_names, co_exceptiontable, co_varnames, co_freevars, co_cellvars,
		co_cell2arg, co_filename, co_name, co_qualname, co_linetable, co_lnotab,
		co_zombieframe, co_weakreflist, co_executors, _co_cached,
		_co_instrumentation_version, _co_monitoring, _co_unique_id, _co_code,
		_co_linearray, _co_firsttraceable, co_extra, co_code_adaptive, co_opcache_map,
		co_opcache, co_opcache_flag, co_opcache_size;
	} PyCodeObject;
	struct {
		uint32_t n_bytes, _co_code, _co_varnames, _co_cellvars, _co_freevars;
	} PyCoCached;
	struct {
		uint32_t n_bytes, gi_frame, gi_running, gi_code, gi_weakreflist, gi_name,
		gi_qualname, gi_exc_state, gi_origin_or_finalizer, gi_hooks_inited, gi_closed,
		gi_running_async, gi_frame_state, gi_iframe;
	} PyGenObject;
	struct {
		uint32_t n_bytes, cr_frame, cr_running, cr_code, cr_weakreflist, cr_name,
		cr_qualname, cr_exc_state, cr_origin_or_finalizer, cr_hooks_inited, cr_closed,
		cr_running_async, cr_frame_state, cr_iframe, cr_origin;
	} PyCoroObject;
	struct {
		uint32_t n_bytes, ag_frame, ag_running, ag_code, ag_weakreflist, ag_name,
		ag_qualname, ag_exc_state, ag_origin_or_finalizer, ag_finalizer,
		ag_hooks_inited, ag_closed, ag_running_async, ag_frame_state, ag_iframe;
	} PyAsyncGenObject;
	struct {
		uint32_t n_bytes, start, stop, step, length;
	} rangeobject;
	struct {
		uint32_t n_bytes, index, start, step, len;
	} PyRangeIterObject;
	struct {
		uint32_t n_bytes, index, start, step, len;
	} longrangeiterobject;
	struct {
		uint32_t n_bytes, en_index, en_sit, en_result, en_longindex, one;
	} enumobject;
	struct {
		uint32_t n_bytes, index, seq;
	} reversedobject;
	struct {
		uint32_t n_bytes, it_index, it_seq;
	} seqiterobject;
	struct {
		uint32_t n_bytes, it_callable, it_sentinel;
	} calliterobject;
	struct {
		uint32_t n_bytes, it_index, it_seq;
	} PyListIterObject;
	struct {
		uint32_t n_bytes, it_index, it_seq;
	} listreviterobject;
	struct {
		uint32_t n_bytes, it_index, it_seq;
	} PyTupleIterObject;
	struct {
		uint32_t n_bytes, di_dict, di_used, di_pos, di_result, len;
	} dictiterobject;
	struct {
		uint32_t n_bytes, si_set, si_used, si_pos, len;
	} setiterobject;
	struct {
		uint32_t n_bytes, it_index, it_seq;
	} unicodeiterobject;
	struct {
		uint32_t n_bytes, tuplesize, ittuple, result, strict;
	} zipobject;
	struct {
		uint32_t n_bytes, iters, func, strict;
	} mapobject;
	struct {
		uint32_t n_bytes, func, it;
	} filterobject;
	struct {
		uint32_t n_bytes, lz_builtins, lz_from, lz_attr, lz_code, lz_instr_offset,
		lz_active;
	} lazyimportobject;
	struct {
		uint32_t n_bytes, strings, interpolations;
	} templateobject;
	struct {
		uint32_t n_bytes, value, expression, conversion, format_spec;
	} interpolationobject;
	struct {
		uint32_t n_bytes, name, qualname, type_params, compute_value, value, module;
	} typealiasobject;
	struct {
		uint32_t n_bytes, name, bound, evaluate_bound, constraints,
		evaluate_constraints, default_value, evaluate_default, covariant, contravariant,
		infer_variance;
	} typevarobject;
	struct {
		uint32_t n_bytes, wrapped, default_value;
	} anextawaitableobject;
	struct {
		uint32_t n_bytes, ags_gen, ags_sendval, ags_state;
	} PyAsyncGenASend;
	struct {
		uint32_t n_bytes, agt_gen, agt_typ, agt_tb, agt_val, agt_args, agt_state;
	} PyAsyncGenAThrow;
	struct {
		uint32_t n_bytes, agw_val;
	} PyAsyncGenWrappedValue;
	struct {
		uint32_t n_bytes, leftblock, rightblock, leftindex, rightindex, state, maxlen,
		numfreeblocks, freeblocks, weakreflist;
	} dequeobject;
	struct {
		uint32_t n_bytes, leftlink, data, rightlink;
	} block;
	struct {
		uint32_t n_bytes, dict, default_factory;
	} defdictobject;
	struct {
		uint32_t n_bytes, fn, args, kw, dict, weakreflist, placeholder, phcount,
		vectorcall;
	} partialobject;
	struct {
		uint32_t n_bytes, root, wrapper, typed, cache, hits, func, maxsize, misses,
		kwd_mark, lru_list_elem_type, cache_info_type, dict, weakreflist;
	} lru_cache_object;
	struct {
		uint32_t n_bytes, prev, next, hash, key, result;
	} lru_list_elem;
	struct {
		uint32_t n_bytes, ob_item, allocated, ob_descr, weakreflist, ob_exports;
	} arrayobject;
	struct {
		uint32_t n_bytes, nitems, item, index, vectorcall;
	} itemgetterobject;
	struct {
		uint32_t n_bytes, nattrs, attr, vectorcall;
	} attrgetterobject;
	struct {
		uint32_t n_bytes, name, xargs, args, kwds, vectorcall_args, vectorcall_kwnames,
		vectorcall;
	} methodcallerobject;
	struct {
		uint32_t n_bytes, source, active;
	} chainobject;
	struct {
		uint32_t n_bytes, it, saved, index, firstpass;
	} cycleobject;
	struct {
		uint32_t n_bytes, element, cnt;
	} repeatobject;
	struct {
		uint32_t n_bytes, cnt, long_cnt, long_step;
	} countobject;
	struct {
		uint32_t n_bytes, total, it, binop, initial, state;
	} accumulateobject;
	struct {
		uint32_t n_bytes, dataobj, index, weakreflist, state;
	} teeobject;
	struct {
		uint32_t n_bytes, it, numread, running, nextlink, values;
	} teedataobject;
	struct {
		uint32_t n_bytes, it, keyfunc, tgtkey, currkey, currvalue, currgrouper, state;
	} groupbyobject;
	struct {
		uint32_t n_bytes, parent, tgtkey;
	} grouperobject;
	struct {
		uint32_t n_bytes, it, next, stop, step, cnt;
	} isliceobject;
	struct {
		uint32_t n_bytes, func, it;
	} starmapobject;
	struct {
		uint32_t n_bytes, tuplesize, numactive, ittuple, result, fillvalue;
	} ziplongestobject;
	struct {
		uint32_t n_bytes, pools, indices, result, stopped;
	} productobject;
	struct {
		uint32_t n_bytes, pool, indices, cycles, result, r, stopped;
	} permutationsobject;
	struct {
		uint32_t n_bytes, data, selectors;
	} compressobject;
	struct {
		uint32_t n_bytes, it, batch_size, strict;
	} batchedobject;
	struct {
		uint32_t n_bytes, it, old, result;
	} pairwiseobject;
	struct {
		uint32_t n_bytes, fd, created, readable, writable, appending, seekable,
		truncate, closefd, finalizing, stat_atopen, blksize, weakreflist, dict;
	} fileio;
	struct {
		uint32_t n_bytes, raw, ok, detached, readable, writable, finalizing,
		fast_closed_checks, abs_pos, buffer, pos, raw_pos, read_end, write_pos,
		write_end, lock, owner, buffer_size, buffer_mask, dict, weakreflist;
	} buffered;
	struct {
		uint32_t n_bytes, buf, pos, string_size, dict, weakreflist, exports;
	} bytesio;
	struct {
		uint32_t n_bytes, source;
	} bytesiobuf;
	struct {
		uint32_t n_bytes, buf, pos, string_size, buf_size, state, writer, writer_buffer,
		accu, accu_large, accu_small, ok, closed, readuniversal, readtranslate, decoder,
		readnl, writenl, dict, weakreflist, module_state;
	} stringio;
	struct {
		uint32_t n_bytes, ok, detached, chunk_size, buffer, encoding, encoder, decoder,
		readnl, errors, writenl, line_buffering, write_through, readuniversal,
		readtranslate, writetranslate, seekable, has_read1, telling, finalizing,
		encodefunc, encoding_start_of_stream, decoded_chars, decoded_chars_used,
		pending_bytes, pending_bytes_count, snapshot, b2cratio, raw, weakreflist, dict,
		state;
	} textio;
	struct {
		uint32_t n_bytes, decoder, errors, pendingcr, translate, seennl;
	} nldecoder_object;
	struct {
		uint32_t n_bytes, groups, groupindex, indexgroup, pattern, flags, weakreflist,
		isbytes, codesize, code;
	} PatternObject;
	struct {
		uint32_t n_bytes, string, regs, pattern, pos, endpos, lastindex, groups, mark;
	} MatchObject;
	struct {
		uint32_t n_bytes, _abc_registry, _abc_cache, _abc_negative_cache,
		_abc_negative_cache_version;
	} abc_data;
	struct {
		uint32_t n_bytes, has_threads_waiting, buf, buf_get_idx, buf_items,
		buf_num_items, buf_items_cap, lock, locked, lst, lst_pos, weakreflist;
	} simplequeueobject;
	struct {
		uint32_t n_bytes, lock, lock_lock, in_weakreflist, locked;
	} lockobject;
	struct {
		uint32_t n_bytes, lock, rlock_lock, rlock_owner, rlock_count, in_weakreflist;
	} rlockobject;
	struct {
		uint32_t n_bytes, key, args, kw, weakreflist, localdicts, thread_watchdogs,
		dummies, wr_callback;
	} localobject;
	struct {
		uint32_t n_bytes, localdict, weakreflist;
	} localdummyobject;
	struct {
		uint32_t n_bytes, fut_loop, fut_callback0, fut_context0, fut_callbacks,
		fut_exception, fut_exception_tb, fut_result, fut_source_tb, fut_cancel_msg,
		fut_state, fut_is_task, fut_awaited_by_is_set, fut_log_tb, fut_blocking, dict,
		fut_weakreflist, fut_cancelled_exc, fut_awaited_by, fut_cancelled_exc_state;
	} FutureObj;
	struct {
		uint32_t n_bytes, task_loop, task_callback0, task_context0, task_callbacks,
		task_exception, task_exception_tb, task_result, task_source_tb, task_cancel_msg,
		task_state, task_is_task, task_awaited_by_is_set, task_log_tb, task_blocking,
		task_must_cancel, task_log_destroy_pending, dict, task_weakreflist,
		task_cancelled_exc, task_awaited_by, task_cancelled_exc_state, task_fut_waiter,
		task_coro, task_name, task_context, task_node, task_num_cancels_requested;
	} TaskObj;
	struct {
		uint32_t n_bytes, hashcode, hastzinfo, data;
	} PyDateTime_Date;
	struct {
		uint32_t n_bytes, hashcode, hastzinfo, data, fold, tzinfo;
	} PyDateTime_Time;
	struct {
		uint32_t n_bytes, hashcode, hastzinfo, data, fold, tzinfo;
	} PyDateTime_DateTime;
	struct {
		uint32_t n_bytes, hashcode, days, seconds, microseconds;
	} PyDateTime_Delta;
	struct {
		uint32_t n_bytes, offset, name;
	} PyDateTime_TimeZone;
	struct {
		uint32_t n_bytes, base, key, file_repr, weakreflist, num_transitions,
		num_ttinfos, trans_list_utc, trans_list_wall, trans_ttinfos, ttinfo_before,
		tzrule_after, tzrule_after_std, tzrule_after_dst, tzrule_after_start,
		tzrule_after_end, _ttinfos, fixed_offset, source;
	} PyZoneInfo_ZoneInfo;
	struct {
		uint32_t n_bytes, sock_fd, sock_family, sock_type, sock_proto, sock_timeout,
		state;
	} PySocketSockObject;
	struct {
		uint32_t n_bytes, ctx, alpn_protocols, alpn_protocols_len, set_sni_cb,
		check_hostname, hostflags, protocol, post_handshake_auth, msg_cb,
		keylog_filename, keylog_bio, state, psk_client_callback, psk_server_callback,
		tstate_mutex;
	} PySSLContext;
	struct {
		uint32_t n_bytes, Socket, ssl, ctx, shutdown_seen_zero, socket_type, owner,
		server_hostname, err, exc, got_eof_error, exc_type, exc_value, exc_tb;
	} PySSLSocket;
	struct {
		uint32_t n_bytes, bio, eof_written;
	} PySSLMemoryBIO;
	struct {
		uint32_t n_bytes, db, state, detect_types, timeout, timeout_started,
		isolation_level, autocommit, begin_statement, check_same_thread, initialized,
		thread_ident, statement_cache, statements, cursors, blobs, created_statements,
		created_cursors, row_factory, text_factory, trace_ctx, progress_ctx,
		authorizer_ctx, function_pinboard_trace_callback,
		function_pinboard_progress_handler, function_pinboard_authorizer_cb, collations,
		Warning, Error, InterfaceError, DatabaseError, DataError, OperationalError,
		IntegrityError, InternalError, ProgrammingError, NotSupportedError;
	} pysqlite_Connection;
	struct {
		uint32_t n_bytes, connection, description, row_cast_map, arraysize, lastrowid,
		rowcount, row_factory, statement, closed, reset, locked, initialized, next_row,
		in_weakreflist;
	} pysqlite_Cursor;
	struct {
		uint32_t n_bytes, db, st, sql, in_use, is_dml, in_weakreflist;
	} pysqlite_Statement;
	struct {
		uint32_t n_bytes, data, description;
	} pysqlite_Row;
	struct {
		uint32_t n_bytes, s_size, s_len, s_codes, s_format, weakreflist, init_called;
	} PyStructObject;
	struct {
		uint32_t n_bytes, b_ptr, b_needsfree, b_base, b_size, b_length, b_index,
		b_objects, b_value;
	} CDataObject;
	struct {
		uint32_t n_bytes, data, size, pos, offset, exports, fd, trackfd, flags,
		weakreflist, access;
	} mmap_object;
	struct {
		uint32_t n_bytes, hash, dec, data;
	} PyDecObject;
	struct {
		uint32_t n_bytes, flags, exp, digits, len, alloc, data;
	} mpd_t;
	struct {
		uint32_t n_bytes, tag, text, tail, extra, weakreflist;
	} ElementObject;
	struct {
		uint32_t n_bytes, attrib, length, allocated, children, _children;
	} ElementObjectExtra;
	struct {
		uint32_t n_bytes, memo, persistent_id, persistent_id_attr, pers_func,
		pers_func_self, dispatch_table, reducer_override, write, output_buffer,
		output_len, max_output_len, proto, bin, framing, frame_start, buf_size, fast,
		fast_nesting, fix_imports, running, fast_memo, buffer_callback;
	} PicklerObject;
	struct {
		uint32_t n_bytes, stack, memo, memo_size, memo_len, memo_dict, persistent_load,
		persistent_load_attr, pers_func, pers_func_self, buffer, buffer_obj,
		input_buffer, input_line, input_len, next_read_idx, prefetched_idx, frame_end,
		saved_input_len, read, readinto, readline, peek, buffers, encoding, errors,
		marks, num_marks, marks_size, proto, fix_imports, running;
	} UnpicklerObject;
	struct {
		uint32_t n_bytes, mt_mask, mt_used, mt_allocated, mt_table;
	} PyMemoTable;
	struct {
		uint32_t n_bytes, data, mark_set, fence, allocated;
	} Pdata;
	struct {
		uint32_t n_bytes, zst, zst_state, unused_data, unconsumed_tail, eof,
		is_initialised, zdict, mutex, lock;
	} compobject;
	struct {
		uint32_t n_bytes, bzs, bzs_state, flushed, mutex, lock;
	} BZ2Compressor;
	struct {
		uint32_t n_bytes, ctx, use_mutex, mutex, lock;
	} EVPobject;
	struct {
		uint32_t n_bytes, input_iter, dialect, fields, field, state, field_size,
		field_len, unquoted_field, numeric_field, line_num;
	} ReaderObj;
	struct {
		uint32_t n_bytes, write, dialect, rec, rec_size, rec_len, num_fields, error_obj;
	} WriterObj;
	struct {
		uint32_t n_bytes, epfd;
	} pyEpoll_Object;
	struct {
		uint32_t n_bytes, name, path, stat, lstat, d_type, d_ino, dir_fd;
	} DirEntry;
	struct {
		uint32_t n_bytes, ref, ref__padding, ref_count, freeblock, nextpool, prevpool,
		arenaindex, szidx, nextoffset, maxnextoffset;
	} pool_header;
	struct {
		uint32_t n_bytes, address, pool_address, nfreepools, ntotalpools, freepools,
		nextarena, prevarena;
	} arena_object;
	struct {
		uint32_t n_bytes, pools, pools_used, mgmt, mgmt_arenas, mgmt_maxarenas,
		mgmt_unused_arena_objects, mgmt_usable_arenas, mgmt_nfp2lasta,
		mgmt_narenas_currently_allocated, mgmt_ntimes_arena_allocated,
		mgmt_narenas_highwater, mgmt_raw_allocated_blocks, usage, usage_arena_map_root,
		usage_arena_map_mid_count, usage_arena_map_bot_count;
	} obmalloc_state;
	struct {
		uint32_t n_bytes, arenas;
	} arena_map_bot;
	struct {
		uint32_t n_bytes, ptrs;
	} arena_map_mid;
	struct {
		uint32_t n_bytes, ptrs;
	} arena_map_top;
	struct {
		uint32_t n_bytes, mutex, mutex__bits, standard, standard_raw, standard_mem,
		standard_obj, debug, debug_raw, debug_mem, debug_obj, is_debug_enabled,
		use_hugepages, obj_arena, obj_arena_ctx, obj_arena_alloc, obj_arena_free;
	} pymem_allocators;
	struct {
		uint32_t n_bytes, next_version_tag, type_cache, type_cache_hashtable,
		num_builtins_initialized, builtins, builtins_num_initialized,
		builtins_initialized, for_extensions, for_extensions_num_initialized,
		for_extensions_next_index, for_extensions_initialized, mutex, mutex__bits,
		type_version_cache;
	} types_state;
	struct {
		uint32_t n_bytes, type, readying, ready, tp_dict, tp_subclasses, tp_weaklist;
	} static_builtin_state;
	struct {
		uint32_t n_bytes, type, isbuiltin, readying, ready, tp_dict, tp_subclasses,
		tp_weaklist;
	} managed_static_type_state;
	struct {
		uint32_t n_bytes, version, name, value;
	} type_cache_entry;
	struct {
		uint32_t n_bytes, interned_strings, _unused_str_replace_inf, str_replace_inf,
		objreduce, type_slots_pname, type_slots_ptrs, generic_type, typevar_type,
		typevartuple_type, paramspec_type, paramspecargs_type, paramspeckwargs_type,
		constevaluator_type, dict_descriptor, weakref_descriptor;
	} Py_interp_cached_objects;
	struct {
		uint32_t n_bytes, floats, floats_numfree, floats_items, tuples, tuples_items,
		tuples_numfree, lists, lists_items, lists_numfree, dicts, dicts_items,
		dicts_numfree, dictkeys, dictkeys_items, dictkeys_numfree, slices,
		slices_slice_cache, contexts, contexts_items, contexts_numfree, async_gens,
		async_gens_items, async_gens_numfree, async_gen_asends, async_gen_asends_items,
		async_gen_asends_numfree, object_stacks, object_stacks_items,
		object_stacks_numfree;
	} Py_object_freelists;
	struct {
		uint32_t n_bytes, floats, complexes, ints, tuples, lists, list_iters,
		tuple_iters, dicts, dictkeys, slices, ranges, range_iters, contexts, async_gens,
		async_gen_asends, futureiters, object_stack_chunks, unicode_writers,
		bytes_writers, pycfunctionobject, pycmethodobject, pymethodobjects;
	} Py_freelists;
	struct {
		uint32_t n_bytes, freelist, size;
	} Py_freelist;
	struct {
		uint32_t n_bytes, free_list, numfree;
	} Py_tuple_state;
	struct {
		uint32_t n_bytes, free_list, numfree;
	} Py_list_state;
	struct {
		uint32_t n_bytes, numfree, free_list;
	} Py_float_state;
	struct {
		uint32_t n_bytes, global_version, next_keys_version, watcher_mutex,
		watcher_setup_once, free_list, numfree, keys_free_list, keys_numfree, watchers;
	} Py_dict_state;
	struct {
		uint32_t n_bytes, freelist, numfree;
	} Py_context_state;
	struct {
		uint32_t n_bytes, value_freelist, value_numfree, asend_freelist, asend_numfree;
	} Py_async_gen_state;
	struct {
		uint32_t n_bytes, nentries, nbuckets, buckets, get_entry_func, hash_func,
		compare_func, key_destroy_func, value_destroy_func, alloc;
	} Py_hashtable_t;
	struct {
		uint32_t n_bytes, tld, pages_free_direct, pages, thread_delayed_free, thread_id,
		arena_id, cookie, keys, random, page_count, page_retired_min, page_retired_max,
		pages_full_size, generic_count, generic_collect_count, next, no_reclaim, tag,
		debug_offset, page_use_qsbr;
	} mi_heap_t;
	struct {
		uint32_t n_bytes, slice_count, slice_offset, is_committed, is_zero_init,
		is_huge, use_qsbr, tag, debug_offset, block_size, page_start, capacity,
		reserved, flags, free_is_zero, retire_expire, free, used, block_size_shift,
		heap_tag, xblock_size, local_free, xthread_free, xheap, next, prev, padding;
	} mi_page_t;
	struct {
		uint32_t n_bytes, first, last, block_size;
	} mi_page_queue_t;
	struct {
		uint32_t n_bytes, memid, allow_decommit, allow_purge, segment_size, subproc,
		purge_expire, purge_mask, commit_mask, abandoned_next, next, was_reclaimed,
		dont_free, free_is_zero, abandoned, abandoned_visits, used, cookie,
		abandoned_os_next, abandoned_os_prev, segment_slices, segment_info_slices, kind,
		slice_entries, thread_id, slices;
	} mi_segment_t;
	struct {
		uint32_t n_bytes, spans, count, peak_count, current_size, peak_size,
		reclaim_count, subproc, stats, os, abandoned;
	} mi_segments_tld_t;
	struct {
		uint32_t n_bytes, abandoned_visited, abandoned, abandoned_count,
		abandoned_visited_count, abandoned_readers;
	} mi_abandoned_pool_t;
	struct {
		uint32_t n_bytes, mem, mem_os, mem_arena, is_pinned, initially_committed,
		initially_zero, memkind;
	} mi_memid_t;
	struct {
		uint32_t n_bytes, wr_seq, rd_seq, array, array_raw, size, mutex, freelist;
	} qsbr_shared;
	struct {
		uint32_t n_bytes, seq, shared, tstate, deferred_count, deferred_memory,
		deferred_page_memory, should_process, allocated, freelist_next;
	} qsbr_thread_state;
	struct {
		uint32_t n_bytes, next, prev;
	} llist_node;
	struct {
		uint32_t n_bytes, singletons, singletons_small_ints, singletons_bytes_empty,
		singletons_bytes_characters, singletons_strings,
		singletons__tuple_empty_gc_not_used, singletons_tuple_empty,
		singletons__hamt_bitmap_node_empty_gc_not_used,
		singletons_hamt_bitmap_node_empty, singletons_context_token_missing;
	} Py_static_objects;
	struct {
		uint32_t n_bytes, cmp, object;
	} keyobject;
	struct {
		uint32_t n_bytes, doc;
	} tuplegetterobject;
	struct {
		uint32_t n_bytes, deque;
	} dequeiterobject;
	struct {
		uint32_t n_bytes, pool, indices, result, r;
	} combinationsobject;
	struct {
		uint32_t n_bytes, pool, indices, result, r;
	} cwrobject;
	struct {
		uint32_t n_bytes, func, it;
	} dropwhileobject;
	struct {
		uint32_t n_bytes, func, it;
	} takewhileobject;
	struct {
		uint32_t n_bytes, func, it;
	} filterfalseobject;
	struct {
		uint32_t n_bytes, typecode, itemsize;
	} arraydescr;
	struct {
		uint32_t n_bytes, ao;
	} arrayiterobject;
	struct {
		uint32_t n_bytes, fmtdef;
	} formatcode;
	struct {
		uint32_t n_bytes, so, buf_obj;
	} unpackiterobject;
	struct {
		uint32_t n_bytes, sw_task, sw_arg;
	} TaskStepMethWrapper;
	struct {
		uint32_t n_bytes, future;
	} futureiterobject;
	struct {
		uint32_t n_bytes, reader, writer;
	} rwpair;
	struct {
		uint32_t n_bytes, pattern;
	} ScannerObject;
	struct {
		uint32_t n_bytes, chunks, literal, items;
	} TemplateObject;
	struct {
		uint32_t n_bytes, handle;
	} ThreadHandleObject;
	struct {
		uint32_t n_bytes, name, bound, default_value, evaluate_default;
	} paramspecobject;
	struct {
		uint32_t n_bytes, name, bound, default_value, evaluate_default;
	} typevartupleobject;
	struct {
		uint32_t n_bytes, __origin__;
	} paramspecattrobject;
	struct {
		uint32_t n_bytes, value;
	} constevaluatorobject;
	struct {
		uint32_t n_bytes, name, module, repr;
	} sentinelobject;
	struct {
		uint32_t n_bytes, path_object, path_cleanup, dirp;
	} ScandirIterator;
	struct {
		uint32_t n_bytes, view_obj;
	} PyPickleBufferObject;
	struct {
		uint32_t n_bytes, utcoff, dstoff, tzname;
	} ttinfo;
	struct {
		uint32_t n_bytes, session, ctx;
	} PySSLSession;
	struct {
		uint32_t n_bytes, cert;
	} PySSLCertificate;
	struct {
		uint32_t n_bytes, connection, blob;
	} pysqlite_Blob;
	struct {
		uint32_t n_bytes, mapping, factory, first, last;
	} pysqlite_Cache;
	struct {
		uint32_t n_bytes, callable, module;
	} callback_context;
	struct {
		uint32_t n_bytes, traps, flags;
	} PyDecContextObject;
	struct {
		uint32_t n_bytes, thunk, callable, converters, argtypes, restype, checker,
		errcheck, paramflags;
	} PyCFuncPtrObject;
	struct {
		uint32_t n_bytes, pcl_write, converters, callable, restype;
	} CThunkObject;
	struct {
		uint32_t n_bytes, proto, name;
	} CFieldObject;
	struct {
		uint32_t n_bytes, obj;
	} PyCArgObject;
	struct {
		uint32_t n_bytes, initialized, length, ndim, ffi_type_pointer_elements, proto,
		argtypes, converters, restype, checker, module, pointer_type, format, shape;
	} StgInfo;
	struct {
		uint32_t n_bytes, length, ndim, ffi_type_pointer_elements, proto, argtypes,
		converters, restype, checker, format, shape;
	} StgDictObject;
	struct {
		uint32_t n_bytes, root, this, last, last_for_tail, data, stack, index,
		element_factory, comment_factory, pi_factory, events_append, start_event_obj,
		end_event_obj, start_ns_event_obj, end_ns_event_obj, comment_event_obj,
		pi_event_obj;
	} TreeBuilderObject;
	struct {
		uint32_t n_bytes, parser, target, entity, names, handle_start_ns, handle_end_ns,
		handle_start, handle_data, handle_end, handle_comment, handle_pi,
		handle_doctype, handle_close, elementtree_module;
	} XMLParserObject;
	struct {
		uint32_t n_bytes, itself, parent, buffer, intern, handlers;
	} xmlparseobject;
	struct {
		uint32_t n_bytes, me_key, me_value;
	} PyMemoEntry;
	struct {
		uint32_t n_bytes, markers, defaultfn, encoder, indent, key_separator,
		item_separator;
	} PyEncoderObject;
	struct {
		uint32_t n_bytes, object_hook, object_pairs_hook, array_hook, parse_float,
		parse_int, parse_constant, memo;
	} PyScannerObject;
	struct {
		uint32_t n_bytes, bzs_state, unused_data, input_buffer, lock;
	} BZ2Decompressor;
	struct {
		uint32_t n_bytes, lzs_internal, lock;
	} Compressor;
	struct {
		uint32_t n_bytes, lzs_internal, unused_data, input_buffer, lock;
	} Decompressor;
	struct {
		uint32_t n_bytes, cctx, dict;
	} ZstdCompressor;
	struct {
		uint32_t n_bytes, dctx, dict, unused_data, input_buffer;
	} ZstdDecompressor;
	struct {
		uint32_t n_bytes, d_dict, c_dicts, dict_buffer, dict_content;
	} ZstdDict;
	struct {
		uint32_t n_bytes, ctx, lock;
	} HMACobject;
	struct {
		uint32_t n_bytes, lineterminator;
	} DialectObj;
	struct {
		uint32_t n_bytes, dict, ufds;
	} pollObject;
	struct {
		uint32_t n_bytes, name;
	} SemLockObject;
	struct {
		uint32_t n_bytes, profilerEntries, currentProfilerContext,
		freelistProfilerContext, externalTimer, missing;
	} ProfilerObject;
};

#endif

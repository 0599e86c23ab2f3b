/*
 * The types of _asyncio: Future, Task and the helpers that wake them.
 */
#include "heap/types/fields.h"
#include "heap/types/modules.h"

/* 3.9 and 3.10 keep a saved exception inside; it begins with three references. */
static void walk_saved_exception(struct walk *walk, addr_t object, uint32_t offset)
{
	if (offset == LAYOUT_ABSENT)
		return;
	static const char *const names[] = {"exc_type", "exc_value", "exc_traceback"};
	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++)
		walk_field(walk, EDGE_FIELD, names[i], object, offset + i * 8);
}

/* Modules/_asynciomodule.c, fut_state: pending, cancelled, finished, 3.9-3.15. */
static void walk_task_state(struct walk *walk, addr_t object, uint32_t offset)
{
	uint32_t state = field_u32(walk_mem(walk), object, offset);
	if (offset != LAYOUT_ABSENT && state <= 2)
		walk_fact(walk, FACT_TASK_STATE, state);
}

void walk_future(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(FutureObj, fut_loop, "_loop"), HIDDEN(FutureObj, fut_callback0),
		HIDDEN(FutureObj, fut_context0), HIDDEN(FutureObj, fut_callbacks),
		ATTR(FutureObj, fut_exception, "_exception"), HIDDEN(FutureObj, fut_exception_tb),
		ATTR(FutureObj, fut_result, "_result"),
		ATTR(FutureObj, fut_source_tb, "_source_traceback"),
		ATTR(FutureObj, fut_cancel_msg, "_cancel_message"),
		HIDDEN(FutureObj, fut_cancelled_exc), HIDDEN(FutureObj, fut_awaited_by));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(walk, object, type, layout->FutureObj.n_bytes, fields, ARRAY_SIZE(fields)))
		return;
	walk_saved_exception(walk, object, layout->FutureObj.fut_cancelled_exc_state);
	walk_task_state(walk, object, layout->FutureObj.fut_state);
}

void walk_task(struct walk *walk, addr_t object, const struct type_info *type)
{
	FIELD_TABLE(fields, ATTR(TaskObj, task_loop, "_loop"), HIDDEN(TaskObj, task_callback0),
		HIDDEN(TaskObj, task_context0), HIDDEN(TaskObj, task_callbacks),
		ATTR(TaskObj, task_exception, "_exception"), HIDDEN(TaskObj, task_exception_tb),
		ATTR(TaskObj, task_result, "_result"),
		ATTR(TaskObj, task_source_tb, "_source_traceback"),
		ATTR(TaskObj, task_cancel_msg, "_cancel_message"),
		HIDDEN(TaskObj, task_cancelled_exc), HIDDEN(TaskObj, task_awaited_by),
		ATTR(TaskObj, task_fut_waiter, "_fut_waiter"), ATTR(TaskObj, task_coro, "_coro"),
		HIDDEN(TaskObj, task_name), HIDDEN(TaskObj, task_context));
	const struct layout *layout = walk_layout(walk);
	if (!fields_walk(walk, object, type, layout->TaskObj.n_bytes, fields, ARRAY_SIZE(fields)))
		return;
	walk_saved_exception(walk, object, layout->TaskObj.task_cancelled_exc_state);
	walk_task_state(walk, object, layout->TaskObj.task_state);
}

STRUCT_WALKER(walk_task_step, TaskStepMethWrapper, HIDDEN(TaskStepMethWrapper, sw_task),
	HIDDEN(TaskStepMethWrapper, sw_arg))

STRUCT_WALKER(walk_future_iterator, futureiterobject, HIDDEN(futureiterobject, future))

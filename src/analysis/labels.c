#include "analysis/labels.h"

struct label label_of(const struct snapshot *snapshot, uint32_t from, uint64_t edge, bool is_dict)
{
	struct label label = {.kind = LABEL_ATTR, .text = names_edge_text(snapshot, edge)};
	switch ((enum edge_kind)snapshot->edge_kind[edge]) {
	case EDGE_ATTR:
	case EDGE_ATTR_STATIC:
	case EDGE_FIELD:
		break;
	case EDGE_KEY:
		label.kind = is_dict ? LABEL_ATTR : LABEL_KEY;
		break;
	case EDGE_INDEX:
		label.kind = LABEL_ELEMENT;
		break;
	case EDGE_ITEM:
		label.kind = names_is_mapping(snapshot, from) ? LABEL_KEYS : LABEL_ELEMENT;
		break;
	case EDGE_LOCAL:
		label.kind = LABEL_LOCAL;
		break;
	case EDGE_CELL:
		label.kind = LABEL_CELL;
		break;
	case EDGE_CELL_CONTENT:
		label.text = "cell_contents";
		break;
	case EDGE_STACK:
		label.kind = LABEL_STACK;
		break;
	case EDGE_DICT:
		label.text = "__dict__";
		break;
	case EDGE_TYPE:
		label.text = "__class__";
		break;
	case EDGE_SCAN:
		label.kind = LABEL_SCAN;
		label.number = snapshot->edge_operand[edge];
		break;
	case EDGE_MEMBER:
		if (is_object(snapshot, from))
			break;
		label.kind = LABEL_HOLDER;
		label.number = holder_get(snapshot, from)->kind;
		if (label.number == NODE_MODULE || label.number == NODE_C_HELD)
			label.text = NULL;
		break;
	case EDGE_KIND_COUNT:
		break;
	}
	return label;
}

uint64_t label_hash(const struct label *label)
{
	uint64_t hash = 0xcbf29ce484222325ull ^ label->kind;
	hash = (hash * 0x100000001b3ull) ^ label->number;
	for (const char *at = label->text; at && *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3ull;
	hash = (hash ^ (label->text != NULL)) * 0xff51afd7ed558ccdull;
	return hash ^ hash >> 32;
}

static void dotted_render(const char *scope, const char *name, struct text *text)
{
	text_add_string(text, scope);
	if (!name)
		text_add_string(text, "[...]");
	else if (strchr(name, ' '))
		text_format(text, ".<%s>", name);
	else
		text_format(text, ".%s", name);
}

static void holder_render(const struct label *label, struct text *text)
{
	static const char *const holders[] = {
		[NODE_MODULE] = "module",
		[NODE_FRAME] = "frame",
		[NODE_THREAD] = "thread",
		[NODE_TASK] = "task",
		[NODE_INTERPRETER] = "interpreter",
		[NODE_STATIC] = "static",
		[NODE_C_HELD] = "C",
	};
	text_format(text, "<%s>", holders[label->number]);
	if (label->text)
		dotted_render("", label->text, text);
}

void label_render(const struct label *label, struct text *text)
{
	switch (label->kind) {
	case LABEL_ATTR:
		dotted_render("", label->text, text);
		return;
	case LABEL_KEY:
		if (label->text)
			text_format(text, "['%s']", label->text);
		else
			text_add_string(text, "[...]");
		return;
	case LABEL_ELEMENT:
		text_add_string(text, "[*]");
		return;
	case LABEL_KEYS:
		text_add_string(text, ".keys()[*]");
		return;
	case LABEL_LOCAL:
		dotted_render(".<locals>", label->text, text);
		return;
	case LABEL_CELL:
		dotted_render(".<closure>", label->text, text);
		return;
	case LABEL_STACK:
		text_add_string(text, ".<stack>[*]");
		return;
	case LABEL_SCAN:
		text_format(text, ".<+%u>", label->number);
		return;
	case LABEL_HOLDER:
		holder_render(label, text);
		return;
	}
}

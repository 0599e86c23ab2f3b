/* Made by tools/layouts/generate.py; do not edit. Minor, micro, Py_DEBUG, table. */
#define LAYOUT_BUILDS(X) \
	X(9, 2, false, layout_3_9_2) \
	X(9, 2, true, layout_3_9_2d) \
	X(9, 18, false, layout_3_9_18) \
	X(10, 13, false, layout_3_10_13) \
	X(11, 2, false, layout_3_11_2) \
	X(11, 2, true, layout_3_11_2d) \
	X(11, 7, false, layout_3_11_7) \
	X(12, 1, false, layout_3_12_1) \
	X(13, 0, false, layout_3_13_0) \
	X(13, 5, false, layout_3_13_5) \
	X(13, 5, true, layout_3_13_5d) \
	X(13, 18, false, layout_3_13_18) \
	X(13, 18, true, layout_3_13_18d) \
	X(14, 10, false, layout_3_14_10) \
	X(14, 10, true, layout_3_14_10d) \
	X(15, 2, false, layout_3_15_2) \
	X(15, 2, true, layout_3_15_2d)

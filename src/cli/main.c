#include <stdio.h>

int main(void)
{
	fputs("whymem: not yet\n", stderr);
	return 2;
}

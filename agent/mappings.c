#include "agent.h"
void mappings_hold(void)
{
}
void mappings_release(void)
{
}

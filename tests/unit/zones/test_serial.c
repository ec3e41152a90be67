/*
 * test_serial.c: which of two serials is newer (RFC 1982).
 */
#include "serial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

/* Last: it makes a macro of fail. */
#include <cmocka.h>

static void test_serials_are_on_a_circle(void **state)
{
	(void)state;
	assert_true(serial_newer(1, 0));
	assert_false(serial_newer(0, 0));
	assert_false(serial_newer(0, 1));
	assert_true(serial_newer(0, UINT32_MAX));
	assert_true(serial_newer(0x7fffffff, 0));
	assert_false(serial_newer(0x80000000, 0));
	assert_false(serial_newer(0, 0x80000000));
	assert_true(serial_newer(100, 0xffffff00));
	assert_false(serial_newer(0xffffff00, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serials_are_on_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

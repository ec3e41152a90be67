/*
 * temp.h: a folder for a test's database, gone when the test is.
 */
#ifndef DNSBLD_TEST_TEMP_H
#define DNSBLD_TEST_TEMP_H

/* Makes a folder; its path is borrowed until temp_remove(). */
const char *temp_make(void);

/* Removes it with all that is in it. */
void temp_remove(const char *dir);

#endif

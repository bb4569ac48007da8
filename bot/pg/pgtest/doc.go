// Package pgtest gives each test a real, migrated PostgreSQL database of its own.
//
//	db := pgtest.New(t)
//
// The first call in a test binary starts a private server (bot/pg/cluster,
// without fsync) in a directory that is kept between runs, so that initdb and
// the migrations are paid once per machine and not once per run: a test's
// database is a copy of a migrated template. Binaries that run at the same time
// take different directories, qingfeng-pgtest-UID/0, /1, … in /dev/shm, or under
// the temporary directory where memory is scarce; they may be deleted at any
// time. The server ends with its test binary, however that ends.
//
// With QINGFENG_TEST_DATABASE_URL set, that server is used instead; its user
// must be allowed to create databases.
package pgtest

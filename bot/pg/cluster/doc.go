// Package cluster runs a private PostgreSQL for a machine that has no database
// server of its own: `qingfeng demo`, `qingfeng serve` without a database URL,
// the fault tests and bot/pg/pgtest.
//
// One directory, DATA_DIR/postgres, holds everything: data (the cluster), run
// (the unix socket) and server.log. There is no TCP listener; whoever may enter
// the 0700 directory is the database's owner.
//
// # The server's life
//
//   - A lock file says who owns the directory. The kernel frees it however the
//     owner ends, so a kill -9 needs no repair by hand.
//   - The server is a child in a process group of its own (Ctrl-C reaches us,
//     not it) and the kernel stops it when we die. Should one outlive its owner
//     all the same, the next Start finds it by its working directory and stops it.
//   - A server that ends unasked is started again. Committed rows survive: fsync
//     and synchronous_commit are on, unless Config.Volatile.
//   - initdb works beside the final place and is renamed into it, so a half-made
//     cluster is never mistaken for a whole one.
//
// # Started as root
//
// PostgreSQL refuses to run as root, so the child runs as user postgres, or
// nobody. That user often cannot walk to the directory (/root, a 0700 temporary
// directory), and opening our caller's directories to it is not ours to do. It
// therefore inherits an open descriptor of its directory and is told to live in
// /proc/self/fd/3, which needs no rights on the path above.
//
// # What the server logs
//
// Starts, stops, checkpoints and failures of the server itself. Messages about
// statements are left out, because they quote values, and values are people's
// words.
//
// Linux only: it leans on parent-death signals and /proc.
package cluster

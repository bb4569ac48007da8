// Package ingest brings files into the knowledge base: walk, hash, read, cut, save.
//
//	walk.go      paths → files, in a fixed order
//	pipeline.go  Pipeline: known? → Reader → clause.Read → Store.Save, a Report per file
//	reader.go    Reader, and one for files that are trusted
//	children.go  Reader in production: child processes that may die
//	child.go     what such a child does: Serve
//	protocol.go  what goes through the pipe between them
//
// A file comes from anybody, so it is parsed in a child process of our own binary, with
// limits on memory, time and output, an empty environment and, where the system allows
// it, no network. Whatever a file does to its child is a refusal of that file, and the
// next one gets another child. The bytes go through the pipe: the child opens nothing,
// and what was hashed is what was read.
//
// Every file is one transaction of the store, and its hash is asked for before it is
// parsed: a run that was killed is simply run again.
package ingest

// Package clause turns the lines of a document into what the knowledge base keeps: a
// clean body, passages that are clauses, and what the document says about itself.
//
// Read is one pass through these rooms, none with a memory:
//
//	tidy.go     lines → lines      page marks, website noise, tables of contents, wraps
//	mend.go     lines → lines      a copy in which characters were doubled
//	mark.go     text  → marker     第十二条, 三、, （二）, 1., （1）, ①
//	outline.go  lines → heads      which markers are headings: place, sequence, shape
//	name.go     heads  → names     what a heading is called in a Path
//	cut.go      heads → passages   a 条, or 350–500 characters of one section
//
// and beside them meta.go and dates.go (title, 文号, issuer, level, dates) and flag.go
// (instructions to a machine, hidden text). Nothing here reads a clock or a file: the
// same lines under the same name give the same result.
//
// A cross-reference looks like a heading (第五条的规定 at the start of a line). What
// tells them apart is the sequence: a heading is its predecessor's number plus one, or
// one under a new parent; everything that breaks the sequence has to look the part.
//
// Positions are characters (code points) of Body. What is not in Body is noise; what is
// in Body and in no passage is a heading of its own line, which is in the passages' Path.
package clause

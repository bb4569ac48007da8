// Package index keeps the knowledge base in Postgres and finds passages in it.
//
// A document has versions, a version has passages, and passage_terms holds what a
// passage is found by: its terms, hashed, under a GIN index, and their BM25 weights as
// a sparse vector. A search takes candidates that hold one of the question's telling
// terms and scores them exactly (weights <#> question); how rare a term is sits on the
// question's side, in term_df, which a job counts (CountTerms). All of it is written in
// the transaction that saves the text, so every instance, and that transaction itself,
// finds it at once.
//
// The same search goes faster over an index in this process's memory (Warm). It may be
// used because every change of what can be found takes the next generation, under a
// row lock, so that generations commit in their order: each search reads the
// generation together with the versions its reader may see today, uses memory only if
// it has reached that generation, closes a small gap at once and leaves a large one to
// SQL. Who may read what, and what is in force, is a WHERE clause (rows.go) in that
// statement and again when the hits are read; it is never remembered, and a text that
// was withdrawn or narrowed cannot leave even if its words are in memory.
//
// Versions of a document end where the next one begins (arrange); a text that waits for
// review is found by nobody and ends nothing. Questions that people confirmed lift
// their passage (memory.go), and vectors add their opinion where a model is configured
// (vectors.go): by weight, the lexical score leading.
package index

// Package knowledge answers policy questions from documents, clause by clause.
//
// An Answer is a clause quoted whole with where it stands, or nothing: a question
// that no clause covers well enough gets an honest "not found", never a guess. Today
// the only document is the built-in handbook, searched in memory; BM25 over
// characters and bigrams needs no dictionary and no model, and the refusal threshold
// is on the share of the question's weight that a clause covers, because raw BM25
// scores do not compare between questions.
package knowledge

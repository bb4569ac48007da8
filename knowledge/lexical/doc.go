// Package lexical finds passages by the words they share with a question: BM25 over
// characters and bigrams, with no dictionary and no model.
//
// Index holds everything in memory; Weights and Question give the same numbers to
// knowledge/index for its vectors in Postgres.
package lexical

// Entry is one passage as it is indexed: title and path are searched with the text.
type Entry struct {
	ID    int64
	Group int64 // its document version
	Title string
	Path  []string
	Text  string
	Level int // authority of the document, 0 unknown (knowledge.Authority)
}

// Found is an entry that shares words with a question.
type Found struct {
	ID    int64
	Score float64 // orders the entries of one question
	Sure  float64 // 0–1, comparable between questions: how much of the question it answers for
}

// Dimensions is how many values Hash has: terms are 1 … Dimensions.
const Dimensions = 1 << 24

// Package lexical finds passages by the words they share with a question: BM25 over
// characters and bigrams, with no dictionary and no model.
//
// Index holds everything in memory; Weights and Question give the same numbers to
// knowledge/index for its vectors in Postgres, and Rank does there what Index does
// with its own candidates.
//
//   - Terms: Han characters and pairs of neighbours, words of letters and digits;
//     traditional characters, full-width forms and case folded; 第十二条 is one term.
//   - A question loses the words that only ask (asking.txt) and gains, at a lower
//     weight, what statutes and notices call the same thing (lexicon.txt).
//   - Every entry gets its exact BM25, title and path searched with the text, plus a
//     share of its chapter's and its document's. The best are then looked at closely:
//     how much of the question they cover, in how few characters; and a law stands
//     above an obscure rule. A heading, or a question asked of an entry, that asks what
//     the question asks, and in its form, counts most. The shares are defaultMix.
//   - Sure is fitted separately: score against the attainable, score, what the lexicon
//     brought, and whether the question is small talk or another trade (topics.txt).
//
// In memory an Index is a few segments, sorted by size like an LSM tree: postings of
// four bytes (document and count), the folded text in UTF-16, no pointers per entry;
// about one KiB an entry. Terms are their hashes everywhere, so that memory and
// Postgres agree to the last collision.
package lexical

// Entry is one passage as it is indexed: title and path are searched with the text.
type Entry struct {
	ID    int64
	Group int64 // its document version
	Title string
	Path  []string
	Text  string
	Asked string // questions known to be answered here, one a line: searched with the text, never shown
	Level int    // authority of the document, 0 unknown (knowledge.Authority)
}

// Found is an entry that shares words with a question.
type Found struct {
	ID    int64
	Score float64 // orders the entries of one question
	Sure  float64 // 0–1, comparable between questions: how much of the question it answers for
}

// Dimensions is how many values Hash has: terms are 1 … Dimensions.
const Dimensions = 1 << 24

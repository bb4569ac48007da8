// Package knowledge answers policy questions from documents, clause by clause.
//
// Base.Ask is the whole of it: understand.go reads the question (the day whose law is
// asked for, a follow-up's subject, a clause that is named), the Searcher finds
// passages, decide.go chooses one of three honest outcomes by the bounds of
// thresholds.go, extract.go quotes: the whole clause, and in it the sentences that
// answer. Where the unit lets texts leave for a model, generate.go lets it write from
// those passages and check.go keeps the sentences that they bear: each mark a passage
// that was sent, each number, date, clause number and 文号 in it, most of its words, and
// no 不得 turned into 可以 (numbers.go, polarity.go). Whatever fails there leaves the
// quoted answer, and verify.go looks at every answer once more before it leaves.
//
// The package knows no database and no endpoint: knowledge.go declares the ports that
// knowledge/index and knowledge/llm satisfy. The lists of Han words in it are patterns
// of questions and documents; what is said to people is in bot/text.
package knowledge

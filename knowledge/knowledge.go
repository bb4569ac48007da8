package knowledge

import (
	"context"
	"time"
)

// Audiences that every unit has; "role:<role>" and "section:<name>" are the others.
const (
	Public   = "public"
	Internal = "internal"
)

// Reader is who asks: the audiences they belong to. A document is theirs to read when
// it names one of them.
type Reader struct{ Audiences []string }

// Citizen reads what is public.
func Citizen() Reader { return Reader{Audiences: []string{Public}} }

// Member reads what is public and what is for the whole unit, and what is for any
// of the audiences given besides.
func Member(more ...string) Reader {
	return Reader{Audiences: append([]string{Public, Internal}, more...)}
}

// Authority is a document's level, higher binding lower (上位法).
type Authority int

// The levels, from 《立法法》 and party rules; 0 is unknown.
const (
	Unknown      Authority = iota
	Guidance               // commentary, teaching material
	UnitRule               // the unit's own rules and plans
	LocalNotice            // 规范性文件 of local bodies
	Departmental           // 部门规章, 地方政府规章
	Judicial               // 司法解释
	Regulation             // 行政法规, 地方性法规, 党内法规
	Law                    // 法律
	Constitution           // 宪法
)

// Document is a text that has versions.
type Document struct {
	ID        int64
	Library   string
	Title     string
	Issuer    string // 发文机关
	Number    string // 文号
	Authority Authority
	Audiences []string
}

// Version is one text of a document. Dates are civil dates, zero where unknown:
// a version without Effective holds since ever, one without Repealed still holds.
type Version struct {
	ID        int64
	Document  int64
	Label     string // 2023年修订
	Effective time.Time
	Repealed  time.Time // the first day on which it no longer holds
	Withdrawn time.Time // an instant: taken out of the knowledge base
	File      string    // its name as it came
	Format    string
	Hash      string // SHA-256 of the file, hex
	Pages     int    // 0: the format has none
	Repaired  string // what was mended in a damaged copy, a code of ingest
	Flags     []Flag
	Review    bool // waits for a person: nobody finds it yet
}

// Flag is something in a document that a person should look at.
type Flag struct {
	Code  string `json:"code"` // instruction, hidden, damaged
	Where int    `json:"where"`
	Text  string `json:"text"` // at most 80 characters of it
}

// InForce reports whether a version holds on a civil day.
func (v Version) InForce(day time.Time) bool {
	return (v.Effective.IsZero() || !v.Effective.After(day)) && (v.Repealed.IsZero() || v.Repealed.After(day))
}

// Passage is a clause, or 350–500 characters of a text without clauses. Positions
// are characters (Unicode code points), not bytes.
type Passage struct {
	ID       int64
	Document Document
	Version  Version
	Pos      int      // its place among the version's passages
	Path     []string // 编 章 节 条, outermost first
	Article  string   // 第十二条; empty where there is none
	Text     string
	Page     int
	Start    int // into the version's text
	End      int
	Hash     string
}

// Query is what a Searcher is asked.
type Query struct {
	Text   string
	Reader Reader
	// Day is the civil day on which a text must be in force.
	Day time.Time
	// Lapsed also finds texts that do not hold on Day any more.
	Lapsed bool
	Limit  int // at most; 0 is 20
	// Vector is the question's embedding; nil without an endpoint.
	Vector []float32
	// Embedder is the name of the model that made Vector: vectors of two models do not compare.
	Embedder string
}

// Hit is a passage that was found.
type Hit struct {
	Passage
	// Score orders the hits of one query; scores of different queries do not compare.
	Score float64
	// Sure is how much of the question this passage answers for, 0–1, comparable
	// between questions: the refusal threshold is on it.
	Sure float64
	// Remembered: a confirmed question much like this one stands at this passage.
	Remembered bool
}

// Searcher finds passages, best first: only what the reader may see and what is in
// force on the day, by the database's own word.
type Searcher interface {
	Search(ctx context.Context, q Query) ([]Hit, error)
}

// Name is how people name a document or its clause: any of the three may be empty.
type Name struct {
	Title   string // as it was written, without 《》
	Number  string // 文号, letters and digits only
	Article string // its value: 12; 12-1 for 第十二条之一
}

// Finder finds the passages of a named clause; with no Article, of a named document.
// Query says who asks, for which day, and how many at most.
type Finder interface {
	Find(ctx context.Context, q Query, n Name) ([]Hit, error)
}

// Outcome is one of the three honest ways to answer.
type Outcome string

const (
	Answered Outcome = "answer"  // a clause answers
	Related  Outcome = "related" // clauses on the subject, no conclusion
	None     Outcome = "none"    // nothing was found
)

// Reason says why there is no answer, or none without a reserve; who shows it has a
// sentence for each.
type Reason string

const (
	NoWords     Reason = "no_words"     // nothing was asked
	OnlySymbols Reason = "symbols"      // no letter and no digit: 😀
	Pinyin      Reason = "pinyin"       // no Han character, and nothing found
	NoSubject   Reason = "no_subject"   // 为什么, with no question before it
	NoDate      Reason = "no_date"      // 当时的规定, and no date was ever named
	WhichOne    Reason = "which_one"    // 第十二条 of what
	NoDocument  Reason = "no_document"  // a named document that is not there, or not for this reader
	NoClause    Reason = "no_clause"    // the document is there and has no such clause
	NothingElse Reason = "nothing_else" // 还有吗: no
	NotFound    Reason = "not_found"    // nothing covers the question
	Weak        Reason = "weak"         // on the subject, but not the answer
	OnlyLapsed  Reason = "only_lapsed"  // only texts that no longer hold
	ModelUnsure Reason = "model_unsure" // a model read the clauses and found no answer in them
	Unverified  Reason = "unverified"   // an answer did not pass the check before leaving
)

// Question is what somebody asks.
type Question struct {
	Text   string
	Reader Reader
	// Before is the question before this one in the same talk and what answered it;
	// a follow-up (那副科级呢) takes its subject from there.
	Before string
	// About is the title of the document that answered it: 第十二条呢 means its clause.
	About string
	// Seen are passages shown already (还有吗): they are not shown again.
	Seen []int64
	Now  time.Time
	// Stream receives the sentences of a model's answer as they come, each checked; nil
	// for none. They are provisional: only the returned Answer is checked as a whole.
	Stream func(part string)
}

// Answer is what is said, and what it stands on.
type Answer struct {
	Outcome Outcome
	Reason  Reason // empty for an answer
	// Understood is the question as it was answered: with the subject a follow-up
	// left out. Equal to the question otherwise.
	Understood string
	// Day is the civil day whose law was asked for.
	Day time.Time
	// Text is the answer: whole clauses, or a model's sentences with [1] marks. It is
	// empty unless Outcome is Answered.
	Text string
	// Essence is the sentence or two that answer, for a phone.
	Essence   string
	Citations []Citation
	Hits      []Hit // what was found, cited or not, best first
	// Differ: the citations are two valid documents that say different things.
	Differ bool
	// Listed: Text is the headings of the citations, one a line, in the order of the text.
	Listed bool
	// Model: a model wrote Text; otherwise it is quoted.
	Model bool
}

// Citation is a quote and where it stands. Quote equals the passage's text from Start
// to End, in characters: it is checked before an answer leaves.
type Citation struct {
	Hit
	Quote string
	Start int
	End   int
	// Lapsed: the text no longer holds (已废止, 已修订); shown only as such.
	Lapsed bool
}

// Draft is one version of a document, read and cut, before it is stored.
type Draft struct {
	Document Document
	Version  Version
	Body     string
	Passages []Passage // Pos, Path, Article, Text, Page, Start, End, Hash
}

// Saved is what became of a draft.
type Saved struct {
	Document, Version int64
	// Known: this text was there already, perhaps under another file name; nothing changed.
	Known bool
	// Replaced is the version that ceased to hold because of this one; 0 for none.
	Replaced int64
}

// Model writes an answer from numbered passages.
type Model interface {
	Name() string
	// Complete answers a prompt; stream receives the parts as they come and may be nil.
	Complete(ctx context.Context, system, user string, stream func(part string)) (string, error)
}

// Embedder turns texts into vectors of Dim numbers, one each, in order.
type Embedder interface {
	Name() string
	Dim() int
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// Switches say what may leave the unit for an endpoint. Everything is off until the
// unit switched it on.
type Switches interface {
	// MayLeave reports which libraries' texts and whether questions may leave.
	MayLeave(ctx context.Context) (libraries map[string]bool, questions bool, err error)
}

// Cache keeps answers by an exact key.
type Cache interface {
	Cached(ctx context.Context, key string) (Answer, bool, error)
	// Keep stores an answer until one of the versions it stands on changes.
	Keep(ctx context.Context, key string, a Answer) error
}

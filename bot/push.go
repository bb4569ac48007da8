package bot

// Push is one thing to say to many people in the same words. Its words hold nobody's
// name; each person gets it at most once per Once.
type Push struct {
	Kind string // reminder, survey: for counting
	Lane Lane
	// Card is what people with cards see, Text what people in 文字版 see: nothing in it
	// is numbered, so it tells which words to answer with.
	Card Card
	Text string
}

// PushTo is one receiver of a push.
type PushTo struct {
	Person int64
	User   UserID
	Mode   Mode
	Once   string
}

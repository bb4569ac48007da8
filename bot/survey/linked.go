package survey

import "time"

// Linked is a survey open to whoever has the link (服务对象问卷), as the page needs it.
type Linked struct {
	Code  string
	Sheet Sheet
	Until time.Time
	// Close seals a ballot until the survey is closed.
	Close func(plain []byte) ([]byte, error)
}

// LinkSurvey is the same survey as its organisers see it.
type LinkSurvey struct {
	ID       int64
	Code     string // in the link; random
	Template string
	Sheet    Sheet
	State    State
	Started  time.Time
	Until    time.Time // inclusive
	By       int64
}

package bot

import "time"

// Session is a signed-in browser of one person, behind the staff pages.
type Session struct {
	UserID  UserID // in the compared spelling
	CSRF    string // what a form must send back
	Expires time.Time
}
